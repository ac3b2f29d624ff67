"""Fields of moov's specifications: encodings, lengths, padding.

The source reads `length` in the unit of the encoding. Where it reads and writes a length
differently, reading counts unless a person says otherwise: see docs/reference/importers.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cbs.importers import moov_composites
from cbs.importers.documents import as_count, as_flag
from cbs.importers.draft import (
    DEPTH_MAX,
    LENGTH_MAX,
    Definition,
    Problems,
    named_sensitivity,
)
from cbs.importers.moov_words import FIELD_KEYS, PADDERS, PADDING_KEYS, TYPES, encoding, keys_of

_PREFIX = re.compile(r"(ASCII|BCD|Hex|EBCDIC|Binary)\.(L{1,4}|[Ff]ixed)")
_PREFIX_CODINGS = {
    "ASCII": "ascii", "BCD": "bcd", "Hex": "hex-ascii", "EBCDIC": "ebcdic", "Binary": "binary",
}  # fmt: skip
_TEXTS = ("ascii", "latin1", "ebcdic")
BITMAP_CODINGS = {"Binary": "binary", "HexToASCII": "hex-ascii"}


class Reader:
    """Reads definitions of fields; what cannot be mapped goes into `problems`."""

    def __init__(self, problems: Problems) -> None:
        """Nothing read so far."""
        self.choices = problems.choices
        self.problems = problems
        self.halved: list[str] = []
        """Fields that the source writes with twice the length with which it reads them."""

    def field(self, given: Any, path: str, depth: int, *, ber: bool = False) -> Definition | None:
        """A field, part or tag; `ber`: its length is that of BER-TLV around it."""
        keys = self.keys(given, path, depth)
        if keys is None:
            return None
        kind = keys.get("type")
        if kind not in TYPES or kind == "Bitmap":
            known = ", ".join(word for word in TYPES if word != "Bitmap")
            self.problems.add(f"{path}.type", f"{kind!r} is none of {known}")
            return None
        if kind == "Composite" or keys.get("subfields"):
            return moov_composites.composite(self, keys, path, depth, ber=ber)
        for key in ("tag", "bitmap", "subfields"):
            if keys.get(key):
                self.problems.add(f"{path}.{key}", "only a Composite has it")
        return self._primitive(keys, kind, path, ber=ber)

    def keys(self, given: Any, path: str, depth: int = 0) -> dict[str, Any] | None:
        """The keys of a definition as they are known; None where it is none."""
        self.problems.count_field(path)
        if depth > DEPTH_MAX:
            self.problems.add(path, "is nested too deeply")
            return None
        return self.mapping(given, FIELD_KEYS, path)

    def mapping(self, given: Any, known: tuple[str, ...], path: str) -> dict[str, Any] | None:
        """The keys of any mapping as they are known; None where it is none."""
        if not isinstance(given, dict):
            self.problems.add(path, "must be a mapping")
            return None
        keys, problems = keys_of(given, known)
        for key, problem in problems:
            self.problems.add(f"{path}.{key}", problem)
        return keys

    @contextmanager
    def whole(self) -> Iterator[list[bool]]:
        """A list that is empty at the end if nothing was refused meanwhile."""
        before = len(self.problems.found)
        refused: list[bool] = []
        yield refused
        refused.extend([True] * (len(self.problems.found) - before))

    def _primitive(
        self, keys: dict[str, Any], kind: str, path: str, *, ber: bool
    ) -> Definition | None:
        name = self.label(keys, path)
        coding = self.coding(keys, kind, path)
        extent = self._inside_tag(keys, coding, path) if ber else self.extent(keys, path)
        if coding is None or extent is None:
            return None
        if not ber and "rest" in extent and coding["encoding"] in ("bcd", "hex-ascii"):
            problem = (
                "takes the bytes that are left for digits or pairs, and does not read them all"
            )
            self.problems.add(f"{path}.prefix", f"None.Fixed {problem}")
        made: Definition = {"name": name, **coding, **extent}
        self._padding(keys, made, path)
        sensitivity = "track" if kind.startswith("Track") else named_sensitivity(name)
        if sensitivity is not None:
            made["sensitivity"] = sensitivity
        plain = made.get("fill") in (None, "left:0")
        if kind == "Numeric" and made["encoding"] in _TEXTS and plain:
            made["class"] = "n"
        return made

    def label(self, keys: dict[str, Any], path: str) -> str:
        """What a person calls it."""
        description = keys.get("description")
        if description is not None and not isinstance(description, str):
            self.problems.add(f"{path}.description", "must be a text")
        return str(description or f"Field {path.rpartition('.')[2]}")

    def coding(self, keys: dict[str, Any], kind: str, path: str) -> Definition | None:
        """The keys that an encoding means for a type of field."""
        word = keys.get("enc")
        enc = encoding(word)
        raw = kind in ("Binary", "Hex")
        simple: dict[str, Definition] = {
            "ASCII": {"encoding": "ascii"},
            "BCD": {"encoding": "bcd"},
            "LBCD": {"encoding": "bcd", "pad_side": "right"},
            "EBCDIC1047": {"encoding": "ebcdic", "ebcdic_page": "1047"},
            "Binary": {"encoding": "binary" if raw else "latin1"},
            "HexToASCII": {"encoding": "hex-ascii"},
        }
        if isinstance(enc, str) and enc in simple:
            return simple[enc]
        if enc == "EBCDIC":
            # a table of the source's own, unless a person knows better
            return {"encoding": "ebcdic", "ebcdic_page": self.choices.ebcdic_page or "moov"}
        if enc == "ASCIIToHex":
            return self._octets(keys, f"{path}.enc")
        self.problems.add(f"{path}.enc", f"{word!r} is none of {', '.join(simple)}, EBCDIC")
        return None

    def _octets(self, keys: dict[str, Any], path: str) -> Definition | None:
        """Hex characters as bytes: Hex.Fixed alone is read as it is written."""
        if keys.get("prefix") in ("Hex.Fixed", "Hex.fixed", "None.Fixed"):
            return {"encoding": "binary"}
        if self.choices.follow == "read":
            return {"encoding": "binary"}
        if self.choices.follow == "write":
            return {"encoding": "binary", "unit": "nibbles"}
        problem = (
            "is written with a length in hex characters and read with one in bytes: say which "
            "counts (--follow), or use the Hex type with Binary"
        )
        self.problems.add(path, problem)
        return None

    def extent(self, keys: dict[str, Any], path: str) -> Definition | None:
        """How long it is: `length`, `prefix` and `max`, or all that is left."""
        word = keys.get("prefix")
        if word == "None.Fixed":
            return {"rest": True}
        length = as_count(keys.get("length", 0))
        if length is None or not 1 <= length <= LENGTH_MAX:
            problem = f"must be a number from 1 to {LENGTH_MAX}"
            self.problems.add(f"{path}.length", problem)
            return None
        found = _PREFIX.fullmatch(word) if isinstance(word, str) else None
        if found is None:
            known = ", ".join(_PREFIX_CODINGS)
            problem = f"{word!r} is no prefix: {known}, with .Fixed or .L to .LLLL, or None.Fixed"
            if word == "BerTLV":
                problem = "BerTLV is the prefix of a tag under a tag with enc BerTLVTag alone"
            self.problems.add(f"{path}.prefix", problem)
            return None
        family, size = found.groups()
        if size.lower() == "fixed":
            return {"length": self._fixed(keys, family, length, path)}
        base = 256 if family in ("Binary", "Hex") else 10
        # what its digits cannot count is never met, whatever the length says
        most = min(length, base ** len(size) - 1)
        return {"prefix": f"{_PREFIX_CODINGS[family]}:{len(size)}", "max": most}

    def _fixed(self, keys: dict[str, Any], family: str, length: int, path: str) -> int:
        if family != "Hex" or encoding(keys.get("enc")) == "ASCIIToHex":
            return length
        if self.choices.follow == "write":
            return 2 * length
        self.halved.append(path)
        return length

    def _inside_tag(
        self, keys: dict[str, Any], coding: Definition | None, path: str
    ) -> Definition | None:
        """All that the BER-TLV length around it leaves."""
        if coding is None:
            return None
        if keys.get("prefix") != "BerTLV":
            problem = "the tags of BER-TLV carry a length of their own: the prefix must be BerTLV"
            self.problems.add(f"{path}.prefix", problem)
            return None
        if "unit" in coding or coding["encoding"] in ("bcd", "hex-ascii"):
            problem = (
                "the length of a tag would be one of characters, not of the bytes that follow, "
                "which is no BER-TLV: use the Hex type with Binary"
            )
            self.problems.add(f"{path}.enc", problem)
            return None
        return {"rest": True}

    def _padding(self, keys: dict[str, Any], made: Definition, path: str) -> None:
        """`fill`; none where the source's padding never comes to anything."""
        padding = self.padding(keys.get("padding"), f"{path}.padding")
        if padding is None:
            return
        side, character = padding
        octets = encoding(keys.get("enc")) == "ASCIIToHex"
        if made.get("rest"):
            if as_count(keys.get("length", 0)):
                problem = "filling up what has no length in the data cannot be expressed"
                self.problems.add(f"{path}.padding", problem)
        elif octets and made.get("unit") != "nibbles":
            # written in full or not at all
            if "prefix" in made or keys.get("prefix") not in ("Hex.Fixed", "Hex.fixed"):
                problem = "fills up hex characters, but the length is read in bytes"
                self.problems.add(f"{path}.padding", problem)
        elif octets and character not in "0123456789abcdefABCDEF":
            self.problems.add(f"{path}.padding.pad", "is no hex digit")
        elif made["encoding"] in ("binary", "hex-ascii") and not octets:
            made["fill"] = f"{side}:{ord(character):02x}"
        else:
            made["fill"] = f"{side}:{character}"

    def padding(self, given: Any, path: str) -> tuple[str, str] | None:
        """Side and character; None for no padding, or for one that is refused."""
        if given is None:
            return None
        keys = self.mapping(given, PADDING_KEYS, path)
        if keys is None:
            return None
        kind, pad = keys.get("type"), keys.get("pad")
        old = isinstance(kind, str) and kind in PADDERS
        side = PADDERS.get(kind, kind) if isinstance(kind, str) else None
        if side == "None":
            return None
        if side not in ("Left", "Right"):
            self.problems.add(f"{path}.type", "must be Left, Right or None")
            return None
        if old and not (isinstance(pad, str) and len(pad) == 1):
            # the older generation gives the number of the character
            number = as_count(pad)
            pad = chr(number) if number is not None and number < 128 else None
        if not isinstance(pad, str) or len(pad) != 1 or not pad.isascii():
            self.problems.add(f"{path}.pad", "must be one character of ASCII")
            return None
        return str(side).lower(), pad

    def bitmap(
        self, given: Any, path: str, *, nested: bool = False
    ) -> tuple[str, int, bool] | None:
        """Coding, bytes (0: none given) and whether it is always one; None if it is refused."""
        keys = self.keys(given, path)
        if keys is None:
            return None
        word = keys.get("enc")
        coding = BITMAP_CODINGS.get(str(encoding(word)))
        if keys.get("type") != "Bitmap" and not (nested and "type" not in keys):
            self.problems.add(f"{path}.type", "must be Bitmap")
            return None
        if coding is None:
            problem = f"{word!r} is none of {', '.join(BITMAP_CODINGS)}, those of a bitmap"
            self.problems.add(f"{path}.enc", problem)
            return None
        alone = as_flag(keys.get("disableAutoExpand", False))
        if alone is None:
            self.problems.add(f"{path}.disableAutoExpand", "is true or false")
        length = as_count(keys.get("length", 0))
        word = keys.get("prefix")
        found = _PREFIX.fullmatch(word) if isinstance(word, str) else None
        if length is None:
            self.problems.add(f"{path}.length", "must be a number of bytes")
            return None
        if found is None or found[2].lower() != "fixed":
            self.problems.add(f"{path}.prefix", f"{word!r} is no fixed length, as a bitmap has")
            return None
        return coding, length, bool(alone)
