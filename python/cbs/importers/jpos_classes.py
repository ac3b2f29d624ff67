"""The classes that a packager file names, as tables: how each lies on the wire.

A class is an interpreter, a prefixer and a padder. Its name says which, so that no class is ever
loaded: the names that this format can express are listed, all others are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cbs.importers.draft import Definition

EBCDIC_PAGE = "1047"
"""Its EBCDIC is the page of Latin-1 open systems."""
_EBCDIC: Definition = {"encoding": "ebcdic", "ebcdic_page": EBCDIC_PAGE}
_TEXT: Definition = {"encoding": "latin1"}
_DIGITS: Definition = {"encoding": "ascii"}
_RAW: Definition = {"encoding": "binary"}
_HEX: Definition = {"encoding": "hex-ascii"}
# packed digits are read with A to F, D being the separator of tracks
_PACKED: Definition = {"encoding": "bcd", "letters": "track"}
# a last nibble F is no digit, and so no other nibble is but those of track 2
_BYTES_OF_DIGITS: Definition = {
    "encoding": "bcd", "letters": "track", "class": "z", "unit": "bytes",
    "pad_side": "right", "pad_nibble": 15, "pad_taken_off": True,
}  # fmt: skip


@dataclass(frozen=True)
class FieldClass:
    """What a class does, but for the length that the file gives."""

    keys: Definition
    prefix: str | None = None
    """As the key of a specification; None for a fixed length."""
    count_max: int | None = None
    """The longest length that the class lets a file give."""
    odd: str | None = None
    """Packed digits: what an odd number's pad on the right is ("0" or "F") unless `pad` says left;
    "left" where it is on the left always."""
    fill: str | None = None
    nibbles: bool = False
    """The count is one of half-bytes, twice the length."""
    rest: bool = False
    """It takes whatever is left of the field around it."""
    bytes_of_digits: bool = False
    """The count is one of bytes, half the length."""
    terminator: str | None = None
    """The token that ends it where the file gives none, as a terminator of a specification; empty
    where the file must give one."""


@dataclass(frozen=True)
class TagClass:
    """A value with a tag of its own in front of it, inside a composite."""

    keys: Definition
    tag: str
    length: str
    order: str = "tag-length"
    counts_tag: bool = False


def field_class(name: str) -> FieldClass | None:
    """What a class of this name does; None where it cannot be expressed or is not known."""
    return _FIELDS.get(name)


def tag_class(name: str) -> TagClass | None:
    """The same for classes that write tags."""
    return _TAGS.get(name)


def sequence_class(name: str) -> FieldClass | None:
    """What follows the tag that a class of a tag sequence writes; None for any other class."""
    family, _, kind = name.partition("_")
    base = {"IFTA": "IFA", "IFTB": "IFB"}.get(family)
    return _FIELDS.get(f"{base}_{kind}") if base else None


def bitmap_coding(name: str) -> str | None:
    """How a bitmap of this class is written; None if it is no bitmap."""
    return _BITMAPS.get(name)


UNUSED = frozenset({"IF_UNUSED"})
"""Classes that refuse any message that has their field: the same as no definition."""

_BITMAP = "a bitmap here needs thirdBitmapField, and length 8"
WHY_NOT = {
    "IF_TBASE": "stands for nothing by itself",
    "IFA_BITMAP": _BITMAP,
    "IFB_BITMAP": _BITMAP,
    "IFE_BITMAP": _BITMAP,
}
"""What stands in the way of classes that are known."""


def why_not(name: str) -> str:
    """Why a class of this name gives no field."""
    if name in WHY_NOT:
        return WHY_NOT[name]
    if name in _TAGS or name.startswith(("IFTA_", "IFTB_")):
        return "writes a tag, which only a packager of tags has around it"
    if name in ("IFMC_TCC", "IFEMC_TCC"):
        return "is a letter in front of tags, field 0 of a packager of tags"
    return "the source has no class of this name, or it is one of somebody's own"


def definition(
    name: str, found: FieldClass, length: int, pad_left: bool, label: str
) -> tuple[Definition, str | None]:
    """The keys of a field of a class, and what is wrong with its length, if anything.

    A length of 0 is how the source says that a counted length has no limit but its prefix.
    """
    if name == "IF_NOP":
        return {"name": label, **found.keys, "length": 0}, None
    if length == 0 and found.count_max is not None and "fixed_area" not in found.keys:
        length = found.count_max // 2 if found.nibbles else found.count_max
    keys: dict[str, Any] = {"name": label, **found.keys}
    if found.odd and (found.odd == "left" or pad_left):
        keys["pad_side"] = "left"
    elif found.odd:
        keys["pad_side"] = "right"
        if found.odd == "F":
            keys["pad_nibble"] = 15
    if found.rest:
        keys["rest"] = True
        return keys, None
    if found.terminator is not None:
        keys["terminator"] = found.terminator
        keys["max"] = length
    elif found.prefix is None:
        keys["length"] = length
    else:
        keys["prefix"] = found.prefix
        keys["max"] = _max(found, length)
    if found.fill and length:
        keys["fill"] = found.fill
    fault = None
    if length < 1 and (found.prefix or found.terminator is not None):
        fault = f"a length of {length} holds nothing"
    elif found.count_max is not None and length > found.count_max:
        fault = f"{name} takes a length of at most {found.count_max}, not {length}: the source"
        fault += " does not load this file either"
    return keys, fault


def _max(found: FieldClass, length: int) -> int:
    if found.keys.get("count_even"):
        return length + (length & 1)
    if found.bytes_of_digits:
        return (length + 1) // 2
    if found.nibbles and found.count_max is not None:
        # twice the length, as far as the prefix can count that
        return min(2 * length, found.count_max - (found.count_max & 1))
    return length


def _fields() -> dict[str, FieldClass]:
    amount = {"class": "x+n"}
    table = {
        "IFA_NUMERIC": FieldClass(_DIGITS, fill="left:0"),
        "IFE_NUMERIC": FieldClass(_EBCDIC, fill="left:0"),
        "IFA_AMOUNT2003": FieldClass(_DIGITS, fill="left:0"),
        "IF_CHAR": FieldClass(_TEXT, fill="right: "),
        "IFE_CHAR": FieldClass(_EBCDIC, fill="right: "),
        "IF_ECHAR": FieldClass(_EBCDIC, fill="right: "),
        "IF_NOP": FieldClass(_TEXT),
        "IF_TCHAR": FieldClass(_TEXT, terminator=""),
        "IF_FSTCHAR": FieldClass(_TEXT, terminator="5c"),
        "IF_FSTBINARY": FieldClass(_RAW, terminator="ff"),
        "IFEB_LLNUM": FieldClass(_BYTES_OF_DIGITS, "ebcdic:2", 99, bytes_of_digits=True),
        "IFEB_LLLNUM": FieldClass(_BYTES_OF_DIGITS, "ebcdic:3", 999, bytes_of_digits=True),
        "IF_FCHAR": FieldClass(_TEXT, rest=True),
        "IF_FBINARY": FieldClass(_RAW, rest=True),
        "IFB_LHBINARY": FieldClass(_RAW, "binary:1", 255),
        "IFB_NUMERIC": FieldClass(_PACKED, odd="0", fill="left:0"),
        "IFB_AMOUNT2003": FieldClass(_PACKED, odd="0", fill="left:0"),
        "IFB_FNUMERIC": FieldClass(_PACKED, odd="F", fill="left:0"),
        "IFB_HEX": FieldClass({**_PACKED, "letters": "upper"}, odd="F", fill="left:0"),
        "IFA_AMOUNT": FieldClass({**_DIGITS, **amount}, fill="left:0"),
        "IFE_AMOUNT": FieldClass({**_EBCDIC, **amount}, fill="left:0"),
        "IFB_AMOUNT": FieldClass({"encoding": "bcd", "sign": "ascii"}, odd="0", fill="left:0"),
        "IFE_SIGNED_NUMERIC": FieldClass({"encoding": "ebcdic", "sign": "zoned"}),
        "IFB_BINARY": FieldClass(_RAW),
        "IFA_BINARY": FieldClass(_HEX),
        "IFE_BINARY": FieldClass({"encoding": "hex-ebcdic"}),
        "IFA_LLBNUM": FieldClass({**_PACKED, "count_even": True}, "ascii:2", 99, odd="0"),
        "IFB_LLHEX": FieldClass({**_RAW, "unit": "nibbles"}, "bcd:2", 99, nibbles=True),
        "IFB_LLLHEX": FieldClass({**_RAW, "unit": "nibbles"}, "bcd:3", 999, nibbles=True),
        "IFB_LLHFBINARY": FieldClass({**_RAW, "fixed_area": True}, "binary:1", 255),
        "IFA_FLLCHAR": FieldClass({**_TEXT, "fixed_area": True}, "ascii:2", 99, fill="right: "),
        "IFA_FLLNUM": FieldClass({**_DIGITS, "fixed_area": True}, "ascii:2", 99, fill="right: "),
        "IFEA_LLCHAR": FieldClass(_TEXT, "ebcdic:2", 99),
        "IFAE_LLCHAR": FieldClass(_EBCDIC, "ascii:2", 99),
        "IFE_LLLEBINARY": FieldClass(_EBCDIC, "ebcdic:3", 999),
    }
    table |= _counted("IFA", "ascii", {"CHAR": _TEXT, "BINARY": _RAW}, 6)
    table |= _counted("IFA", "ascii", {"NUM": _DIGITS, "ABINARY": _HEX}, 3, least=2)
    table |= _counted("IFB", "bcd", {"CHAR": _TEXT, "BINARY": _RAW}, 4, least=2)
    table |= _counted("IFB", "bcd", {"CHAR": _TEXT}, 6, least=6)
    table |= _counted("IFB", "bcd", {"NUM": _PACKED}, 3, least=2, odd="0")
    table |= _counted("IFB_F", "bcd", {"NUM": _PACKED}, 3, least=2, odd="F")
    table |= _counted("IFE", "ebcdic", {"CHAR": _EBCDIC, "BINARY": _RAW}, 4)
    table |= _counted("IFE", "ebcdic", {"NUM": _EBCDIC}, 3)
    for size, letters in ((1, "LL"), (2, "LLL")):
        prefix, most = f"binary:{size}", 256**size - 1
        inside = {"CHAR": _TEXT, "ECHAR": _EBCDIC, "BINARY": _RAW}
        for kind, keys in inside.items():
            table[f"IFB_{letters}H{kind}"] = FieldClass(keys, prefix, most)
        table[f"IFB_{letters}HNUM"] = FieldClass(_PACKED, prefix, most, odd="0")
    return table


def _counted(
    family: str,
    coding: str,
    kinds: dict[str, Definition],
    most: int,
    *,
    least: int = 1,
    odd: str | None = None,
) -> dict[str, FieldClass]:
    """The classes of one family whose names have as many L as their lengths have digits."""
    separator = "" if "_" in family else "_"
    return {
        f"{family}{separator}{'L' * size}{kind}": FieldClass(
            keys, f"{coding}:{size}", 10**size - 1, odd
        )
        for size in range(least, most + 1)
        for kind, keys in kinds.items()
    }


def _tags() -> dict[str, TagClass]:
    table = {
        "IFEP_LLCHAR": TagClass(_TEXT, "ascii:2", "ascii:2", "length-tag", True),
        "IFEP_LLLCHAR": TagClass(_TEXT, "ebcdic:2", "ebcdic:3", "length-tag", True),
        "IFEP_LLLBINARY": TagClass(_RAW, "ebcdic:2", "ebcdic:3", "length-tag", True),
        "IFELPE_LLLCHAR": TagClass(_EBCDIC, "ebcdic:2", "ebcdic:3", "length-tag", True),
        "IFIPM_LLLCHAR": TagClass(_TEXT, "ascii:4", "ascii:3"),
        "IFEPE_LLBINARY": TagClass(_RAW, "ebcdic:2", "ebcdic:2"),
        # the tag is written in ASCII, unlike its length and its value
        "IFEMC_LLCHAR": TagClass(_EBCDIC, "ascii:2", "ebcdic:2"),
        "IFEMC_LLLCHAR": TagClass(_EBCDIC, "ebcdic:4", "ebcdic:3"),
        "IFA_TTTLLLCHAR": TagClass(_TEXT, "ascii:3", "ascii:3"),
    }
    for size in (2, 3):
        letters = "L" * size
        table[f"IFMC_{letters}CHAR"] = TagClass(_TEXT, "ascii:2", f"ascii:{size}")
        table[f"IFMC_{letters}BINARY"] = TagClass(_RAW, "ascii:2", f"ascii:{size}")
        table[f"IFEPE_{letters}CHAR"] = TagClass(_EBCDIC, f"ebcdic:{size}", f"ebcdic:{size}")
    for size in range(1, 5):
        letters = "L" * size
        table[f"IFA_TT{letters}CHAR"] = TagClass(_TEXT, "ascii:2", f"ascii:{size}")
        table[f"IFA_TT{letters}BINARY"] = TagClass(_RAW, "ascii:2", f"ascii:{size}")
    return table


_FIELDS = _fields()
_TAGS = _tags()
_BITMAPS = {
    "IFB_BITMAP": "binary",
    "IFA_BITMAP": "hex-ascii",
    "IFE_BITMAP": "hex-ebcdic",
    "Base1_BITMAP126": "binary",
}
