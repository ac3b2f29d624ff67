"""Imports the JSON and YAML specifications of moov's iso8583, in both generations of their words.

What each word becomes, and what is refused and why, is in docs/reference/importers.md.
"""

from __future__ import annotations

from typing import Any

from cbs.importers.documents import as_count, decode_text, load
from cbs.importers.draft import Definition, Draft, Problems, UnreadableError
from cbs.importers.moov_fields import Reader
from cbs.importers.moov_words import encoding

_TYPE_CODINGS = {
    "ASCII": "ascii", "Binary": "ascii", "BCD": "bcd", "LBCD": "bcd", "EBCDIC": "ebcdic",
    "EBCDIC1047": "ebcdic", "HexToASCII": "hex-ascii",
}  # fmt: skip
"""What four characters of a message type are in each encoding."""


def read(content: bytes, problems: Problems) -> Draft:
    """The draft of what the file describes."""
    try:
        text = decode_text(content)
    except UnreadableError:
        # Files of the first generation have dashes of other tables: their own reason is the better.
        if not _is_first_generation(content):
            raise
        raise UnreadableError(_FIRST_GENERATION, "elements") from None
    document, fields = _document(text)
    draft = Draft()
    name = document.get("name")
    if isinstance(name, str) and name:
        problems.note(f"The file's own name for it: {name}.")
    for key in document:
        if key not in ("name", "fields"):
            problems.add(str(key)[:40], "no such key in this format")
    numbered = _numbered(fields, problems)
    reader = Reader(problems)
    _envelope(reader, numbered, draft)
    for number, (path, given) in numbered.items():
        if number < 2:
            continue
        made = reader.field(given, path, 0)
        if made is None:
            continue
        if number in (65, 129) and "bitmaps_max" in draft.message:
            problems.note(f"Field {number} is left out: its bit announces a bitmap.")
            continue
        draft.put(number, made, path)
    if reader.halved:
        halved = ", ".join(path.removeprefix("fields.") for path in reader.halved)
        problems.note(
            "Hex.Fixed is read with half the length with which it is written. These fields have "
            f"the length that is read: {halved}."
        )
    draft.notes += problems.notes
    return draft


_FIRST_GENERATION = (
    "is of the first generation, with Describe, which the source does not read any more"
)


def _is_first_generation(content: bytes) -> bool:
    """Whether a file that is no UTF-8 has the keys of the first generation all the same."""
    try:
        document = load(content.decode("utf-8-sig", "replace"))
    except UnreadableError:
        return False
    return isinstance(document, dict) and "elements" in document and not document.get("fields")


def _document(text: str) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The whole of the file, and the fields in it."""
    if not text.strip():
        raise UnreadableError("is empty")
    document = load(text)
    fields = document.get("fields") if isinstance(document, dict) else None
    if isinstance(fields, dict) and fields:
        return document, fields
    if isinstance(document, dict) and "elements" in document:
        raise UnreadableError(_FIRST_GENERATION, "elements")
    problem = "has no fields: a specification is a mapping with a name and fields"
    raise UnreadableError(problem)


def _numbered(fields: dict[Any, Any], problems: Problems) -> dict[int, tuple[str, Any]]:
    numbered: dict[int, tuple[str, Any]] = {}
    for key, given in fields.items():
        number = as_count(str(key).removeprefix("Field"))
        path = f"fields.{str(key)[:40]}"
        if number is None:
            problems.add(path, "must be the number of a data element")
        elif number in numbered:
            problems.add(path, f"is the same element as {numbered[number][0]}")
        else:
            numbered[number] = (path, given)
    return dict(sorted(numbered.items()))


def _envelope(reader: Reader, numbered: dict[int, tuple[str, Any]], draft: Draft) -> None:
    for number, what in ((0, "the message type"), (1, "the bitmap")):
        if number not in numbered:
            problem = f"field {number}, {what}, must be there: a part of a specification is none"
            reader.problems.add("fields", problem)
    draft.message["type_indicator"] = "ascii"
    if 0 in numbered:
        path, given = numbered[0]
        draft.message["type_indicator"] = _type_indicator(reader, given, path)
    draft.message |= {"bitmap": "binary", "bitmaps_max": 3}
    if 1 in numbered:
        path, given = numbered[1]
        del draft.message["bitmaps_max"]
        draft.message |= _bitmap(reader, given, path)
    # the source takes no notice of what is behind the last element
    draft.message["trailing"] = "keep"


def _type_indicator(reader: Reader, given: Any, path: str) -> str:
    keys = reader.keys(given, path)
    if keys is None:
        return "ascii"
    enc = str(encoding(keys.get("enc")))
    extent = reader.extent(keys, path)
    reader.halved.clear()
    if extent is None:
        return "ascii"
    octets = extent == {"length": 2}
    if octets and (enc == "ASCIIToHex" or (keys.get("type"), enc) == ("Hex", "Binary")):
        return "bcd"
    if enc not in _TYPE_CODINGS:
        known = ", ".join(_TYPE_CODINGS)
        reader.problems.add(f"{path}.enc", f"{enc!r} is none of {known}, those of a message type")
    elif extent != {"length": 4}:
        reader.problems.add(path, "the message type has a fixed length of 4")
    return _TYPE_CODINGS.get(enc, "ascii")


def _bitmap(reader: Reader, given: Any, path: str) -> Definition:
    """A bitmap of 16 bytes is both at once; one of 8 says by its first bit that another follows."""
    fallback: Definition = {"bitmap": "binary", "bitmaps_max": 3}
    made = reader.bitmap(given, path)
    if made is None:
        return fallback
    coding, length, alone = made
    if length not in (0, 8, 16, 24):
        problem = "bitmaps in front of the data have 8, 16 or 24 bytes"
        reader.problems.add(f"{path}.length", problem)
        return fallback
    if length > 8 or alone:
        return {"bitmap": coding, "bitmaps_fixed": max(length, 8) // 8}
    return {"bitmap": coding, "bitmaps_max": 3}
