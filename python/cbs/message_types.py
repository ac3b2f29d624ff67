"""What the digits of a message type say about who answers whom."""

from __future__ import annotations

_REQUEST = "0"
_ADVICE = "2"
_INSTRUCTION = "6"
_REPLIES = "1357"
_NETWORK_MANAGEMENT = "8"


def wants_reply(mti: str) -> bool:
    """Whether a message of this type is to be answered: a request, an advice or an instruction.

    The third digit, the function, decides. Who answered a reply would never stop answering.
    """
    return len(mti) == 4 and mti[2] in (_REQUEST, _ADVICE, _INSTRUCTION)


def is_reply(mti: str) -> bool:
    """Whether a message of this type answers another one, an acknowledgement included."""
    return len(mti) == 4 and mti[2] in _REPLIES


def is_network_management_request(mti: str) -> bool:
    """Whether it is a sign-on, a sign-off or an echo test, and not the answer to one."""
    return len(mti) == 4 and mti[1:3] == _NETWORK_MANAGEMENT + _REQUEST


def is_network_management_reply(mti: str) -> bool:
    """Whether it answers a sign-on, a sign-off or an echo test."""
    return len(mti) == 4 and mti[1] == _NETWORK_MANAGEMENT and mti[2] == _REPLIES[0]


def reply_mti(mti: str) -> str:
    """The message type of the reply: "0110" for "0100" and for its repeat "0101"."""
    return f"{mti[:2]}{int(mti[2]) + 1}0"


def repeat_mti(mti: str) -> str:
    """The message type of the same message sent again: "0421" for "0420"."""
    return f"{mti[:3]}1"


def exchange_type(mti: str) -> str:
    """What request, repeat and reply have in common: "010" for "0100", "0101" and "0110"."""
    return f"{mti[:2]}{int(mti[2]) // 2 * 2}"
