"""Imports the JSON and YAML specifications of moov's iso8583, in both generations of their words.

Lengths are in the unit of the encoding. Where the source reads and writes a field differently, or
takes a table of its own, it is refused: see docs/howto/import-a-specification.md.
"""

from __future__ import annotations

import re
from typing import Any

from cbs.importers import moov_composites
from cbs.importers.documents import as_count, as_flag, decode_text, load
from cbs.importers.draft import (
    DEPTH_MAX,
    LENGTH_MAX,
    Definition,
    Draft,
    Problems,
    UnreadableError,
)

ENCODINGS = {
    "asciiEncoder": "ASCII", "bcdEncoder": "BCD", "lBCDEncoder": "LBCD", "ebcdicEncoder": "EBCDIC",
    "ebcdic1047Encoder": "EBCDIC1047", "binaryEncoder": "Binary",
    "hexToASCIIEncoder": "HexToASCII", "hexEncoder": "HexToASCII",
    "asciiToHexEncoder": "ASCIIToHex", "berTLVEncoderTag": "BerTLVTag",
}  # fmt: skip
"""Words of the older generation, and what the newer one calls the same."""
_PADDERS = {"leftPadder": "Left", "rightPadder": "Right", "nonePadder": "None"}
_PREFIX = re.compile(r"(ASCII|BCD|Hex|EBCDIC|Binary)\.(L{1,4}|[Ff]ixed)")
_PREFIX_CODINGS = {
    "ASCII": "ascii", "BCD": "bcd", "Hex": "hex-ascii", "EBCDIC": "ebcdic", "Binary": "binary",
}  # fmt: skip
_TYPES = (
    "String", "Numeric", "Binary", "Hex", "Bitmap", "Composite", "Track1", "Track2", "Track3",
)  # fmt: skip
_KEYS = {
    "type", "length", "description", "enc", "prefix", "padding", "tag", "subfields", "bitmap",
    "disableAutoExpand", "disableautoexpand",
}  # fmt: skip
_TEXTS = ("ascii", "latin1", "ebcdic")


class Reader:
    """Reads definitions of fields; what cannot be mapped goes into `problems`."""

    def __init__(self, problems: Problems) -> None:
        """Nothing read so far."""
        self.choices = problems.choices
        self.problems = problems

    def field(self, given: Any, path: str, depth: int, *, ber: bool = False) -> Definition | None:
        """A field, part or tag; `ber`: its length is that of BER-TLV around it."""
        if not self.is_definition(given, path, depth):
            return None
        kind = given.get("type")
        if kind not in _TYPES or kind == "Bitmap":
            known = ", ".join(word for word in _TYPES if word != "Bitmap")
            self.problems.add(f"{path}.type", f"{kind!r} is none of {known}")
            return None
        if kind == "Composite" or given.get("subfields"):
            return moov_composites.composite(self, given, path, depth, ber=ber)
        for key in ("tag", "bitmap", "subfields"):
            if given.get(key):
                self.problems.add(f"{path}.{key}", "only a Composite has it")
        return self._primitive(given, kind, path, ber=ber)

    def is_definition(self, given: Any, path: str, depth: int) -> bool:
        """Whether something is a definition at all; its keys must be known ones."""
        self.problems.count_field(path)
        if not isinstance(given, dict):
            self.problems.add(path, "must be a mapping")
            return False
        if depth > DEPTH_MAX:
            self.problems.add(path, "is nested too deeply")
            return False
        for key in given:
            if key not in _KEYS:
                self.problems.add(f"{path}.{key}", "no such key in this format")
        return True

    def _primitive(
        self, given: dict[str, Any], kind: str, path: str, *, ber: bool
    ) -> Definition | None:
        name = self.label(given, path)
        coding = self.coding(given.get("enc"), kind, f"{path}.enc")
        extent = {"rest": True} if ber else self.extent(given, path)
        if coding is None or extent is None:
            return None
        if ber and (
            given.get("prefix") != "BerTLV"
            or "unit" in coding
            or coding["encoding"] in ("bcd", "hex-ascii")
        ):
            problem = "a BER-TLV length counts bytes: prefix BerTLV, and an encoding of whole bytes"
            self.problems.add(f"{path}.prefix", problem)
            return None
        made: Definition = {"name": name, **coding, **extent}
        self._padding(given.get("padding"), made, f"{path}.padding")
        if kind.startswith("Track"):
            made["sensitivity"] = "track"
        plain = made.get("fill") in (None, "left:0")
        if kind == "Numeric" and made["encoding"] in _TEXTS and plain:
            made["class"] = "n"
        return made

    def label(self, given: dict[str, Any], path: str) -> str:
        """What a person calls it."""
        description = given.get("description")
        if description is not None and not isinstance(description, str):
            self.problems.add(f"{path}.description", "must be a text")
        return str(description or f"Field {path.rpartition('.')[2]}")

    def coding(self, word: Any, kind: str, path: str) -> Definition | None:
        """The keys that an encoding means for a type of field."""
        enc = ENCODINGS.get(word, word) if isinstance(word, str) else word
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
            return self._ebcdic(kind, path)
        if enc == "ASCIIToHex" and self.choices.follow:
            # read, the length is one of bytes; written, one of hex characters
            unit = "bytes" if self.choices.follow == "read" else "nibbles"
            return {"encoding": "binary", "unit": unit}
        if enc == "ASCIIToHex":
            problem = (
                "is written with a length in hex characters and read with one in bytes: say which "
                "counts, or use the Hex type with Binary"
            )
        else:
            problem = f"{word!r} is none of {', '.join(simple)}, EBCDIC"
        self.problems.add(path, problem)
        return None

    def _ebcdic(self, kind: str, path: str) -> Definition | None:
        page = self.choices.ebcdic_page
        if page is None and kind != "Numeric":
            problem = (
                "EBCDIC is a table of the source's own here, which is no page; say which page "
                "these texts are in (500 differs in | alone, of the characters of ASCII)"
            )
            self.problems.add(path, problem)
            return None
        # digits are the same in every page
        return {"encoding": "ebcdic", **({"ebcdic_page": page} if page else {})}

    def extent(self, given: dict[str, Any], path: str) -> Definition | None:
        """How long it is: `length`, or `prefix` and `max`."""
        length = as_count(given.get("length", 0))
        if length is None or not 1 <= length <= LENGTH_MAX:
            problem = f"must be a number from 1 to {LENGTH_MAX}"
            self.problems.add(f"{path}.length", problem)
            return None
        word = given.get("prefix")
        if word == "None.Fixed":
            return {"length": length}
        found = _PREFIX.fullmatch(word) if isinstance(word, str) else None
        if found is None:
            known = ", ".join(_PREFIX_CODINGS)
            problem = f"{word!r} is no prefix: {known}, with .Fixed or .L to .LLLL"
            self.problems.add(f"{path}.prefix", problem)
            return None
        family, size = found.groups()
        if size.lower() == "fixed":
            return {"length": length}
        return {"prefix": f"{_PREFIX_CODINGS[family]}:{len(size)}", "max": length}

    def _padding(self, given: Any, made: Definition, path: str) -> None:
        padding = self.padding(given, path)
        if padding is None:
            return
        side, character = padding
        if "length" not in made:
            self.problems.add(path, "filling up a variable length cannot be expressed")
        elif made["encoding"] in ("binary", "hex-ascii"):
            self.problems.add(path, "filling up bytes cannot be expressed")
        else:
            made["fill"] = f"{side}:{character}"

    def padding(self, given: Any, path: str) -> tuple[str, str] | None:
        """Side and character; None for no padding, or for one that is refused."""
        if given is None:
            return None
        kind = given.get("type") if isinstance(given, dict) else None
        old = isinstance(kind, str) and kind in _PADDERS
        side = _PADDERS.get(kind, kind) if isinstance(kind, str) else None
        if side == "None":
            return None
        if side not in ("Left", "Right") or not set(given) <= {"type", "pad"}:
            self.problems.add(path, "must have a type, Left, Right or None, and a pad")
            return None
        pad = given.get("pad")
        if old and not (isinstance(pad, str) and len(pad) == 1):
            # the older generation gives the number of the character
            number = as_count(pad)
            pad = chr(number) if number is not None and number < 128 else None
        if not isinstance(pad, str) or len(pad) != 1:
            self.problems.add(f"{path}.pad", "must be one character")
            return None
        return str(side).lower(), pad


def read(content: bytes, problems: Problems) -> Draft:
    """The draft of what the file describes."""
    document = load(decode_text(content))
    fields = document.get("fields") if isinstance(document, dict) else None
    if not isinstance(fields, dict) or not fields:
        raise UnreadableError("has no fields")
    draft = Draft()
    name = document.get("name")
    if isinstance(name, str) and name:
        draft.notes.append(f"The file's own name for it: {name}.")
    for key in document:
        if key not in ("name", "fields"):
            problems.add(str(key), "no such key in this format")
    numbered = _numbered(fields, problems)
    reader = Reader(problems)
    _envelope(reader, numbered, draft)
    for number, (path, given) in numbered.items():
        if number < 2:
            continue
        made = reader.field(given, path, 0)
        if made is not None:
            draft.put(number, made, path)
    if any("hex-ascii" in made.values() for made in draft.fields.values()):
        draft.notes.append("Fields in hex text have their length in bytes, as the source reads it.")
    return draft


def _numbered(fields: dict[Any, Any], problems: Problems) -> dict[int, tuple[str, Any]]:
    numbered: dict[int, tuple[str, Any]] = {}
    for key, given in fields.items():
        number = as_count(str(key).removeprefix("Field"))
        path = f"fields.{key}"
        if number is None:
            problems.add(path, "must be the number of a data element")
        elif number in numbered:
            problems.add(path, f"is the same element as {numbered[number][0]}")
        else:
            numbered[number] = (path, given)
    return dict(sorted(numbered.items()))


def _envelope(reader: Reader, numbered: dict[int, tuple[str, Any]], draft: Draft) -> None:
    problems = reader.problems
    path, given = numbered.get(0, ("fields", None))
    codings = {"ASCII": "ascii", "BCD": "bcd", "EBCDIC": "ebcdic", "EBCDIC1047": "ebcdic"}
    word = given.get("enc") if isinstance(given, dict) else None
    coding = codings.get(str(ENCODINGS.get(str(word), word)))
    if given is None or coding is None:
        known = ", ".join(codings)
        problems.add(path, f"field 0, the message type, must be there, with enc {known}")
    elif reader.is_definition(given, path, 0) and reader.extent(given, path) != {"length": 4}:
        problems.add(path, "the message type has a fixed length of 4")
    draft.message["type_indicator"] = coding or "ascii"
    path, given = numbered.get(1, ("fields", None))
    draft.message |= _bitmap(reader, given, path)


def _bitmap(reader: Reader, given: Any, path: str) -> Definition:
    """A bitmap of 16 bytes is both at once; one of 8 says by its first bit that another follows."""
    fallback: Definition = {"bitmap": "binary", "bitmaps_max": 3}
    made = bitmap_keys(reader, given, path)
    if made is None:
        return fallback
    coding, length = made
    if length not in (8, 16, 24):
        reader.problems.add(f"{path}.length", "bitmaps in front of the data have 8, 16 or 24 bytes")
        return fallback
    if length > 8 or as_flag(auto_expand_off(given)):
        return {"bitmap": coding, "bitmaps_fixed": length // 8}
    return {"bitmap": coding, "bitmaps_max": 3}


def auto_expand_off(given: dict[str, Any]) -> Any:
    """`disableAutoExpand`, in either spelling."""
    return given.get("disableAutoExpand", given.get("disableautoexpand", False))


def bitmap_keys(reader: Reader, given: Any, path: str) -> tuple[str, int] | None:
    """Coding and bytes of a definition of type Bitmap; None if it is refused."""
    problems = reader.problems
    if not reader.is_definition(given, path, 0):
        return None
    codings = {"Binary": "binary", "HexToASCII": "hex-ascii"}
    word = given.get("enc")
    coding = codings.get(str(ENCODINGS.get(str(word), word)))
    if given.get("type") != "Bitmap" or coding is None:
        problems.add(path, f"must be of type Bitmap, with enc {', '.join(codings)}")
        return None
    if as_flag(auto_expand_off(given)) is None:
        problems.add(f"{path}.disableAutoExpand", "is true or false")
    length = as_count(given.get("length", 0))
    # the prefix says nothing, but a counted one would stand in front
    extent = reader.extent({**given, "length": length or 8}, path)
    if extent is None or length is None or "prefix" in extent:
        problems.add(path, "a bitmap has a fixed length")
        return None
    return coding, length or 8
