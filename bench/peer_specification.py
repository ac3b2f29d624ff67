"""The wire specification of the bench's message, written for pyiso8583.

The peer reads and writes the very same bytes: packed decimals, EBCDIC texts, lengths counted in
digits or bytes as each data element has it. What it cannot do is look inside data elements 55, 60,
62, 63: it gives them as hex, where this project also reads their parts.
"""

from __future__ import annotations

from typing import Any, Final

_FieldSpecification = dict[str, Any]


def _packed(digits: int, description: str) -> _FieldSpecification:
    """Fixed packed decimals; an odd number of digits has a zero in front."""
    return {
        "data_enc": "b",
        "len_enc": "b",
        "len_type": 0,
        "max_len": digits,
        "len_count": "nibbles",
        "left_pad": "0",
        "desc": description,
    }


def _packed_variable(digits_max: int, description: str) -> _FieldSpecification:
    return {**_packed(digits_max, description), "len_type": 1}


def _text(length: int, description: str) -> _FieldSpecification:
    return {
        "data_enc": "cp037",
        "len_enc": "b",
        "len_type": 0,
        "max_len": length,
        "desc": description,
    }


def _binary_variable(length_max_bytes: int, description: str) -> _FieldSpecification:
    return {
        "data_enc": "b",
        "len_enc": "b",
        "len_type": 1,
        "max_len": length_max_bytes,
        "desc": description,
    }


_BITMAP: Final = {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 8, "desc": "Bitmap"}

PEER_SPECIFICATION: Final[dict[str, _FieldSpecification]] = {
    "h": {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 0, "desc": "Header"},
    "t": {"data_enc": "b", "len_enc": "b", "len_type": 0, "max_len": 2, "desc": "MTI"},
    "p": _BITMAP,
    "1": _BITMAP,
    "2": _packed_variable(19, "Primary account number"),
    "3": _packed(6, "Processing code"),
    "4": _packed(12, "Amount"),
    "7": _packed(10, "Transmission date and time"),
    "11": _packed(6, "System trace audit number"),
    "12": _packed(6, "Local time"),
    "13": _packed(4, "Local date"),
    "14": _packed(4, "Expiry"),
    "18": _packed(4, "Merchant category code"),
    "19": _packed(3, "Acquirer country"),
    "22": _packed(4, "POS entry mode"),
    "23": _packed(3, "Card sequence number"),
    "25": _packed(2, "POS condition code"),
    "32": _packed_variable(11, "Acquirer"),
    "35": _packed_variable(37, "Track 2"),
    "37": _text(12, "Retrieval reference number"),
    "41": _text(8, "Terminal"),
    "42": _text(15, "Merchant"),
    "43": _text(40, "Merchant name and place"),
    "49": _packed(3, "Currency"),
    "55": _binary_variable(255, "Chip data"),
    "60": _binary_variable(6, "Additional POS information"),
    "62": _binary_variable(59, "Custom payment service fields"),
    "63": _binary_variable(255, "Network fields"),
}
