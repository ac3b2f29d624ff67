"""The words of moov's specifications, in both generations, and how keys are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cmp_to_key
from itertools import combinations
from typing import Any

ENCODINGS = {
    "asciiEncoder": "ASCII", "bcdEncoder": "BCD", "lBCDEncoder": "LBCD", "ebcdicEncoder": "EBCDIC",
    "ebcdic1047Encoder": "EBCDIC1047", "binaryEncoder": "Binary",
    "hexToASCIIEncoder": "HexToASCII", "hexEncoder": "HexToASCII",
    "asciiToHexEncoder": "ASCIIToHex", "berTLVEncoderTag": "BerTLVTag",
}  # fmt: skip
"""Words of the older generation, and what the newer one calls the same."""
PADDERS = {"leftPadder": "Left", "rightPadder": "Right", "nonePadder": "None"}
TYPES = (
    "String", "Numeric", "Binary", "Hex", "Bitmap", "Composite", "Track1", "Track2", "Track3",
)  # fmt: skip
FIELD_KEYS = (
    "type", "length", "description", "enc", "prefix", "padding", "tag", "subfields", "bitmap",
    "disableAutoExpand",
)  # fmt: skip
TAG_KEYS = (
    "length", "enc", "padding", "sort", "skipUnknownTLVTags", "storeUnknownTLVTags",
    "prefUnknownTLV",
)  # fmt: skip
PADDING_KEYS = ("type", "pad")
SORTS = ("StringsByInt", "StringsByHex")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_OCTETS = re.compile(r"(?:[0-9A-Fa-f]{2}){1,7}")


def encoding(word: Any) -> Any:
    """The newer generation's word for an encoding; anything else stays as it is."""
    return ENCODINGS.get(word, word) if isinstance(word, str) else word


def keys_of(
    given: Mapping[Any, Any], known: tuple[str, ...]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The mapping under the known spelling of its keys, and problems by key.

    The source finds a key of a JSON object whatever the case of its letters.
    """
    spellings = {word.lower(): word for word in known}
    found: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for key, value in given.items():
        word = spellings.get(str(key).lower())
        if word is None:
            problems.append((str(key)[:40], "no such key in this format"))
        elif word in found:
            problems.append((str(key)[:40], "the key comes twice"))
        else:
            found[word] = value
    return found, problems


def in_order(keys: list[str], sort: str) -> list[str] | None:
    """The keys in the order in which the source writes them; None where it has none.

    Its comparison takes numbers where both keys are numbers and texts otherwise, so that there can
    be circles, and equals.
    """

    def number(key: str) -> int | None:
        if sort == "StringsByInt":
            return int(key) if _WHOLE.fullmatch(key) else None
        return int(key, 16) if _OCTETS.fullmatch(key) else None

    def before(left: str, right: str) -> bool:
        numbers = number(left), number(right)
        if numbers[0] is None or numbers[1] is None:
            return left < right
        return numbers[0] < numbers[1]

    def compared(left: str, right: str) -> int:
        return int(before(right, left)) - int(before(left, right))

    ordered = sorted(keys, key=cmp_to_key(compared))
    pairs = combinations(ordered, 2)
    clear = all(before(earlier, later) for earlier, later in pairs)
    return ordered if clear else None
