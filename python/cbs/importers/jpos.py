"""Imports GenericPackager XML files of jPOS.

Facts of the format are from its document type and from what its classes do on the wire; none of
its code is used or loaded. See docs/reference/importers.md for what is kept.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cbs.importers import jpos_composites
from cbs.importers.documents import as_count
from cbs.importers.draft import (
    LENGTH_MAX,
    Definition,
    Draft,
    Problems,
    UnreadableError,
    named_sensitivity,
)
from cbs.importers.jpos_classes import (
    UNUSED,
    FieldClass,
    bitmap_coding,
    definition,
    field_class,
    why_not,
)
from cbs.importers.jpos_xml import Element, parse

_TYPE_CODINGS = {
    "IFB_NUMERIC": "bcd", "IFA_NUMERIC": "ascii", "IF_CHAR": "ascii", "IFE_NUMERIC": "ebcdic",
    "IFE_CHAR": "ebcdic",
}  # fmt: skip
_PACKAGER_KEYS = {
    "maxValidField", "bitmapField", "thirdBitmapField", "firstField", "emitBitmap", "headerLength",
}  # fmt: skip
# a token means something to the classes of tag sequences alone; others pass over it
_FIELD_KEYS = {"id", "length", "name", "class", "pad", "trim", "token", "inclusive"}
_VALIDATORS = {"isofieldvalidator", "isovalidator"}
_HEX_BYTE = re.compile(r"[0-9A-Fa-f]{2}")
UNCHECKED = "Left out: what validators ask of values. They change no byte."
_BITMAP_BYTES = {8: 1, 16: 2, 24: 3}


class Entry(NamedTuple):
    """One element of the file that stands for a field."""

    number: int
    path: str
    element: Element
    class_name: str
    length: int

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.element.get("name") or f"Field {self.number}"

    @property
    def pad_left(self) -> bool:
        """Whether an odd number's zero is on the left."""
        return self.element.get("pad") == "true"

    @property
    def trimmed(self) -> bool:
        """Whether it is written as it is, and may be cut off by the end of the field around it."""
        return self.element.get("trim") == "true"

    @property
    def holds_fields(self) -> bool:
        """Whether a packager inside it says what it consists of."""
        return self.element.name == "isofieldpackager"


def read(content: bytes, problems: Problems) -> Draft:
    """The draft of what the file describes."""
    root = parse(content)
    if root.name != "isopackager":
        raise UnreadableError(f"the document is no isopackager but {root.name!r}")
    draft = Draft()
    _unknown_keys(root, _PACKAGER_KEYS, "isopackager", problems)
    entries = read_entries(root, "", problems)
    _envelope(root, entries, draft, problems)
    draft.notes.append(
        "Packed digits may be A to F, with D as =, and bytes behind the last element are kept: "
        "this is how the source reads them."
    )
    last = draft.message.get("bitmaps_max", draft.message.get("bitmaps_fixed", 1)) * 64
    for number, entry in entries.items():
        if number < 2 or number in _bitmap_elements(draft, number, problems, entry):
            continue
        if number > last:
            draft.notes.append(f"Left out, beyond the bitmap: {entry.path}, {entry.label}.")
            continue
        made = read_definition(entry, problems)
        if made is not None:
            draft.put(number, made, entry.path)
    draft.notes += problems.notes
    return draft


def read_entries(parent: Element, path: str, problems: Problems) -> dict[int, Entry]:
    """Fields of an element by id. Of those with the same id the last one counts, as there."""
    entries: dict[int, Entry] = {}
    for element in parent.children:
        number = as_count(element.get("id"))
        if element.name in _VALIDATORS:
            problems.note(UNCHECKED)
            continue
        place = f"{path}{element.name}[id={element.get('id')}, line {element.line}]"
        if element.name not in ("isofield", "isofieldpackager"):
            problems.add(place, "only isofield and isofieldpackager can be imported")
            continue
        length = as_count(element.get("length"))
        if number is None or length is None:
            problems.add(place, "needs a number as id and a number as length")
            continue
        problems.count_field(place)
        if number in entries:
            earlier = entries[number].path
            problems.note(f"Of two fields with the same id the last counts, not {earlier}.")
        class_name = (element.get("class") or "").rpartition(".")[2]
        entries[number] = Entry(number, place, element, class_name, length)
    return dict(sorted(entries.items()))


def read_definition(entry: Entry, problems: Problems) -> Definition | None:
    """The field that an entry describes; None if it is refused, or is one that is never used."""
    if entry.class_name in UNUSED:
        return None
    if not check_keys(entry, problems):
        return None
    found = field_class(entry.class_name)
    if found is None:
        text = f"{entry.element.get('class')!r}: {why_not(entry.class_name)}"
        problems.add(f"{entry.path}.class", text)
        return None
    made = sized(entry, found, problems)
    if made is not None and entry.holds_fields:
        return jpos_composites.compose(entry, made, problems)
    return None if made is None else masked(made)


def masked(made: Definition) -> Definition:
    """The same with the sensitivity that its name gives it."""
    sensitivity = named_sensitivity(made["name"])
    return {**made, "sensitivity": sensitivity} if sensitivity else made


def check_keys(entry: Entry, problems: Problems) -> bool:
    """Whether everything that an entry says is known; what is inside a field is looked at later."""
    before = len(problems.found)
    element = entry.element
    if not entry.holds_fields:
        _unknown_keys(element, _FIELD_KEYS, entry.path, problems)
        for child in element.children:
            if child.name in _VALIDATORS:
                problems.note(UNCHECKED)
            else:
                place = f"{entry.path}.{child.name}[line {child.line}]"
                problems.add(place, "an isofield has no fields inside: isofieldpackager has")
    for key in ("pad", "trim", "inclusive"):
        if element.get(key) not in (None, "true", "false"):
            problems.add(f"{entry.path}.{key}", "is true or false")
    return len(problems.found) == before


def sized(entry: Entry, found: FieldClass, problems: Problems) -> Definition | None:
    """The keys of a field of a class with the length that the entry gives."""
    length = entry.length
    if length > LENGTH_MAX and found.prefix is not None and not (found.count_max or 0) < length:
        problems.note(
            f"Cut to {LENGTH_MAX} bytes, the longest message: the length of {entry.path}."
        )
        length = LENGTH_MAX
    made, fault = definition(entry.class_name, found, length, entry.pad_left, entry.label)
    if fault is None and not found.rest and made.get("max", length) > LENGTH_MAX:
        made["max"] = LENGTH_MAX
    if fault is None and made.get("length", 0) > LENGTH_MAX:
        fault = f"a fixed length has at most {LENGTH_MAX} bytes"
    if fault:
        problems.add(f"{entry.path}.length", fault)
        return None
    if found.terminator is not None:
        terminator = _terminator(entry, made, problems)
        if terminator is None:
            return None
        made["terminator"] = terminator
    if entry.trimmed and "length" in made:
        made.pop("fill", None)
    if entry.element.get("inclusive") == "true":
        if not str(made.get("prefix")).startswith("binary:") or made["encoding"] != "binary":
            text = "only bytes with a binary length can count the length itself"
            problems.add(f"{entry.path}.inclusive", text)
            return None
        made["inclusive"] = True
    return made


def _terminator(entry: Entry, made: Definition, problems: Problems) -> str | None:
    """The byte that ends a value, in hex: a token of one character, or of two hex digits."""
    token = entry.element.get("token")
    if token is None and made["terminator"]:
        return str(made["terminator"])
    if made["encoding"] == "binary" and token and _HEX_BYTE.fullmatch(token):
        return token.lower()
    if made["encoding"] != "binary" and token and len(token) == 1 and ord(token) < 256:
        return f"{ord(token):02x}"
    wanted = "two hex digits" if made["encoding"] == "binary" else "one character"
    problems.add(f"{entry.path}.token", f"is needed, and {wanted}: the byte that ends the value")
    return None


def _envelope(root: Element, entries: dict[int, Entry], draft: Draft, problems: Problems) -> None:
    type_entry, bitmap_entry = entries.get(0), entries.get(as_count(root.get("bitmapField")) or 1)
    coding = type_entry and _TYPE_CODINGS.get(type_entry.class_name)
    if type_entry is None or coding is None or type_entry.length != 4:
        place = type_entry.path if type_entry else "isopackager"
        known = ", ".join(_TYPE_CODINGS)
        problems.add(place, f"field 0, the message type, must have length 4 and be of {known}")
    draft.message["type_indicator"] = coding or "bcd"
    bitmap = bitmap_entry and bitmap_coding(bitmap_entry.class_name)
    count = _BITMAP_BYTES.get(bitmap_entry.length) if bitmap_entry else None
    if bitmap_entry is None or bitmap is None or count is None or bitmap_entry.number != 1:
        place = bitmap_entry.path if bitmap_entry else "isopackager"
        text = "field 1, the bitmap, must be of a bitmap class, with length 8, 16, 24"
        problems.add(place, f"{text}; a file without one, as of X9.2, is for another packager")
    draft.message["bitmap"] = bitmap or "binary"
    third = as_count(root.get("thirdBitmapField"))
    if root.get("emitBitmap") == "false":
        problems.add("isopackager.emitBitmap", "a message without a bitmap cannot be expressed")
    if as_count(root.get("firstField") or "2") != 2:
        problems.add("isopackager.firstField", "the first data element is 2")
    if root.get("thirdBitmapField") is not None and third not in range(2, 129):
        problems.add("isopackager.thirdBitmapField", "a third bitmap lies in data element 2 to 128")
    if third and count == 2 and _has_third(entries, third, bitmap):
        draft.message |= {"bitmaps_max": 3, "third_bitmap": third}
    elif count == 1:
        # of eight bytes only, the first bit stands for nothing
        draft.message["bitmaps_fixed"] = 1
    else:
        draft.message["bitmaps_max"] = count or 2
    header = as_count(root.get("headerLength") or "0")
    if header is None:
        problems.add("isopackager.headerLength", "must be a number")
    elif header:
        draft.message["header_bytes"] = header
    draft.message["trailing"] = "keep"


def _has_third(entries: dict[int, Entry], third: int, bitmap: str | None) -> bool:
    entry = entries.get(third)
    return entry is not None and bitmap_coding(entry.class_name) == bitmap and entry.length == 8


def _bitmap_elements(
    draft: Draft, number: int, problems: Problems, entry: Entry
) -> tuple[int, ...]:
    """The elements that are bitmaps, and so have no definition of their own."""
    if draft.message.get("third_bitmap") == number:
        return (number,)
    if draft.message.get("bitmaps_max") == 3 and "third_bitmap" not in draft.message:
        if number == 65:
            draft.notes.append(f"Left out, the bit of the third bitmap: {entry.path}.")
        return (65,)
    if bitmap_coding(entry.class_name):
        problems.add(entry.path, "a bitmap here needs thirdBitmapField, and length 8")
        return (number,)
    return ()


def _unknown_keys(element: Element, known: set[str], path: str, problems: Problems) -> None:
    for key, value in element.attributes.items():
        if key not in known and value:
            problems.add(f"{path}.{key}", "what it does cannot be expressed")
