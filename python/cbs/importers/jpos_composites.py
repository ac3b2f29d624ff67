"""Packagers inside packagers: what the classes named by `packager` do with a field's content.

Here are those that read one part after the other, or the parts that a bitmap names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cbs.importers import jpos, jpos_tagged
from cbs.importers.documents import as_count
from cbs.importers.draft import Definition, Problems, sensitive_tags
from cbs.importers.jpos_classes import EBCDIC_PAGE, bitmap_coding

if TYPE_CHECKING:
    from cbs.importers.jpos import Entry

Layout = dict[str, Any]
Entries = dict[int, "Entry"]
_KEYS = {
    "id", "length", "name", "class", "pad", "trim", "inclusive", "packager", "emitBitmap",
    "maxValidField", "bitmapField", "firstField", "headerLength", "tagMapper", "tagSize",
    "lenSize", "swapTagAndLen", "token", "validator",
}  # fmt: skip
_TRUE = {"true": True, "false": False}
_BITMAP_BYTES_MAX = 8


def compose(entry: Entry, outer: Definition, problems: Problems) -> Definition | None:
    """A field with what is inside it; None if that is refused."""
    before = len(problems.found)
    element = entry.element
    packager = (element.get("packager") or "").rpartition(".")[2]
    reader = _PACKAGERS.get(packager)
    for key, value in element.attributes.items():
        if key not in _KEYS and value:
            problems.add(f"{entry.path}.{key}", "what it does cannot be expressed")
    if element.get("validator"):
        problems.note(jpos.UNCHECKED)
    if reader is None:
        known = ", ".join(_PACKAGERS)
        text = f"{element.get('packager')!r} is not known, or is a program of somebody's own; "
        problems.add(f"{entry.path}.packager", f"{text}known: {known}")
        return None
    if outer.get("sign"):
        problems.add(entry.path, "a number with a sign has no parts")
        return None
    if packager != "GenericPackager" and as_count(element.get("headerLength") or "0") != 0:
        problems.add(f"{entry.path}.headerLength", "only a GenericPackager has a header inside")
    entries = jpos.read_entries(element, f"{entry.path}.", problems)
    layouts = reader(entry, entries, problems)
    # the filler of a value that has parts would be a part
    outer.pop("fill", None)
    if outer["encoding"] == "bcd":
        layouts = [_as_digits(layout, entry.path, problems) for layout in layouts]
    elif outer["encoding"] == "ebcdic":
        layouts = [_as_ebcdic(layout, entry.path, problems) for layout in layouts]
    if len(problems.found) > before:
        return None
    if not layouts:
        # what is inside is not known, and may be an account number
        return {**outer, "sensitivity": "track"}
    return {**outer, "layouts": layouts}


def positional(
    entry: Entry, entries: Entries, first: int, problems: Problems, *, whole: bool = False
) -> list[Layout]:
    """One part after the other, from the id `first` on."""
    parts = []
    known = [part for number, part in entries.items() if number >= first]
    for part in known:
        # a placeholder has no byte
        if part.class_name == "IF_NOP":
            continue
        if part.class_name == "IF_UNUSED":
            problems.note(f"Nothing is read from {part.path} on: its class refuses to be read.")
            break
        made = _bitmap_as_bytes(part, problems) or jpos.read_definition(part, problems)
        if made is None:
            continue
        if part is known[-1] and part.trimmed and "length" in made and not whole:
            made.pop("length")
            made["rest"] = True
        parts.append(made)
    if not parts:
        problems.add(entry.path, "has nothing inside")
    layout: Layout = {"kind": "positional", "parts": parts}
    return [{**layout, "whole": True} if whole else layout]


def _bitmap_as_bytes(part: Entry, problems: Problems) -> Definition | None:
    """A bitmap that no `emitBitmap` reads is a part like others, of as many bytes as it has."""
    coding = bitmap_coding(part.class_name)
    if coding is None:
        return None
    if not 1 <= part.length <= _BITMAP_BYTES_MAX:
        problems.add(f"{part.path}.length", "a bitmap that is a part has 1 to 8 bytes")
    return {"name": part.label, "encoding": coding, "length": part.length}


def _subfields(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Positional, or with a bitmap in front, as `emitBitmap` says."""
    emits = _emits(entry, problems)
    first = _first(entry, entries, problems)
    if emits is None or first is None:
        return []
    if not emits:
        return positional(entry, entries, first, problems)
    return _with_bitmap(entry, entries, first, problems)


def _emits(entry: Entry, problems: Problems) -> bool | None:
    emits = _TRUE.get(entry.element.get("emitBitmap") or "true")
    if emits is None:
        problems.add(f"{entry.path}.emitBitmap", "is true or false")
    return emits


def _first(entry: Entry, entries: Entries, problems: Problems) -> int | None:
    """The first id that is read, and written."""
    default = 1
    if set(entries) == {0} or (0 in entries and entries[0].holds_fields):
        default = 0
    elif 1 in entries and bitmap_coding(entries[1].class_name):
        default = 2
    first = as_count(entry.element.get("firstField") or str(default))
    if first is None:
        problems.add(f"{entry.path}.firstField", "must be a number")
    return first


def _with_bitmap(entry: Entry, entries: Entries, first: int, problems: Problems) -> list[Layout]:
    bitmap_id = as_count(entry.element.get("bitmapField") or "1")
    bitmap = None if bitmap_id is None else entries.get(bitmap_id)
    if bitmap is None or bitmap_coding(bitmap.class_name) is None:
        problems.note(
            f"Not looked into: {entry.path}. The source itself can neither read nor write what is "
            f"inside, as its field {bitmap_id} is no bitmap."
        )
        return []
    return _bitmapped(entries, bitmap, first, problems)


def _bitmapped(entries: Entries, bitmap: Entry, first: int, problems: Problems) -> list[Layout]:
    repeats, length = 1, bitmap.length
    if bitmap.class_name == "Base1_BITMAP126":
        length = _BITMAP_BYTES_MAX
    elif length > _BITMAP_BYTES_MAX:
        if length not in (16, 24):
            problems.add(f"{bitmap.path}.length", "more than 8 bytes are 16 or 24")
            return []
        repeats, length = length // _BITMAP_BYTES_MAX, _BITMAP_BYTES_MAX
        if any(number in entries and number >= first for number in (1, 65)[: repeats - 1]):
            if not _stays_short(entries, bitmap, problems):
                return []
            repeats = 1
    elif length < 1:
        problems.add(f"{bitmap.path}.length", "a bitmap has at least one byte")
        return []
    parts: dict[str, Definition] = {}
    for number, part in entries.items():
        if number in (0, bitmap.number) or number < first:
            continue
        made = jpos.read_definition(part, problems)
        if made is not None:
            parts[str(number)] = made
    coding = bitmap_coding(bitmap.class_name)
    layout: Layout = {"kind": "bitmapped", "bitmap": coding, "bitmap_bytes": length}
    if repeats > 1:
        layout["bitmaps_max"] = repeats
    return [{**layout, "parts": parts}]


def _stays_short(entries: Entries, bitmap: Entry, problems: Problems) -> bool:
    """Bit 1 stands for an element when it is written, and for another bitmap when it is read."""
    if any(number > 64 for number in entries) or problems.choices.follow == "read":
        problems.add(
            bitmap.path,
            "bit 1 is written as a field and read as another bitmap, which cannot be expressed",
        )
        return False
    problems.note(
        f"Bit 1 of {bitmap.path} is element 1, as the source writes it. Reading, it takes the bit "
        "for another bitmap too, and so cannot read its own messages that have the element."
    )
    return True


def _message(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """A whole packager in a field: like subfields, with a header and a message type in front."""
    emits = _emits(entry, problems)
    first = _first(entry, entries, problems)
    header = as_count(entry.element.get("headerLength") or "0")
    if header is None:
        problems.add(f"{entry.path}.headerLength", "must be a number")
    if emits is None or first is None or header is None:
        return []
    front: list[Definition] = []
    if header:
        front.append({"name": "Header", "encoding": "binary", "length": header})
    head = entries.get(0)
    if head is not None and not bitmap_coding(head.class_name) and (emits or first > 0):
        made = jpos.read_definition(head, problems)
        front += [made] if made else []
    if emits:
        inside = _with_bitmap(entry, entries, max(first, 1), problems)
    else:
        inside = positional(entry, entries, first, problems, whole=True)
    if not front or not inside:
        return inside
    if not emits:
        return [{**layout, "parts": [*front, *layout["parts"]]} for layout in inside]
    rest = {"name": "Elements", "encoding": "binary", "rest": True, "layouts": inside}
    return [{"kind": "positional", "parts": [*front, rest]}]


def _base1(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """A bitmap if field 0 is one; positional otherwise."""
    if 0 in entries and bitmap_coding(entries[0].class_name):
        return _bitmapped(entries, entries[0], 1, problems)
    return positional(entry, entries, 0, problems)


def _sequence(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """One field after the other, or tags where the classes write them."""
    if jpos_tagged.writes_tags(entries):
        return jpos_tagged.length_first(entry, entries, problems)
    return positional(entry, entries, 0, problems)


def _elements(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Written with two digits of the id in front of each, and read without them."""
    if jpos_tagged.writes_tags(entries):
        return jpos_tagged.length_first(entry, entries, problems)
    follow = problems.choices.follow
    written = jpos_tagged.numbered(entries, problems) if follow != "read" else []
    if follow == "write":
        return written
    return written + positional(entry, entries, 0, problems)


def _datasets(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Ids up to 70 hold BER-TLV, those above parts by the bits of a bitmap."""
    layout: Layout = {"kind": "datasets", "tlv_max": "70", "tags": sensitive_tags()}
    parts = {}
    for number, part in entries.items():
        made = jpos.read_definition(part, problems) if number else None
        if made is not None:
            parts[str(number)] = made
    if parts:
        layout["bitmap_parts"] = parts
    # what the source itself cannot read stays as it is
    rest = {"name": "Data of another format", "encoding": "binary", "rest": True}
    plain: Layout = {"kind": "positional", "parts": [{**rest, "sensitivity": "track"}]}
    return [layout, plain]


def _ber(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    if entries:
        problems.note(f"Fields inside {entry.path} are not looked at: its tags name themselves.")
    return [{"kind": "tlv", "tags": sensitive_tags()}]


def _hex_text(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    text = "the lengths inside count characters of hex text, which cannot be expressed"
    problems.add(f"{entry.path}.packager", text)
    return []


def _as_digits(layout: Layout, path: str, problems: Problems) -> Layout:
    """In packed digits the classes inside see the digits as text: on the wire they are packed."""
    parts = []
    for part in layout.get("parts") or []:
        plain = isinstance(part, dict) and part.get("encoding") in ("latin1", "ascii")
        if layout["kind"] != "positional" or not plain or not {"length", "rest"} & part.keys():
            text = "only parts of fixed lengths that are text can lie in packed digits"
            problems.add(path, text)
            return layout
        filled = {"fill": "left:0"} if part.get("fill") == "left:0" else {}
        kept = {key: part[key] for key in ("name", "length", "rest", "sensitivity") if key in part}
        parts.append({**kept, "encoding": "bcd", "letters": "track", **filled})
    return {**layout, "parts": parts}


def _as_ebcdic(layout: Layout, path: str, problems: Problems) -> Layout:
    """In an EBCDIC field the classes inside see ASCII: on the wire it is all EBCDIC."""
    changed: Layout = {}
    for key, value in layout.items():
        if isinstance(value, dict):
            changed[key] = _as_ebcdic(value, path, problems)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            changed[key] = [_as_ebcdic(item, path, problems) for item in value]
        elif key == "encoding" and value in ("latin1", "ascii"):
            changed |= {"encoding": "ebcdic", "ebcdic_page": EBCDIC_PAGE}
        elif key == "bitmap" and value == "hex-ascii":
            changed[key] = "hex-ebcdic"
        elif key in ("tag", "length", "prefix") and str(value).startswith("ascii:"):
            changed[key] = f"ebcdic:{str(value).partition(':')[2]}"
        elif (key in ("encoding", "bitmap") and value != "hex-ascii") or (
            key in ("tag", "length", "prefix") and isinstance(value, str)
        ):
            problems.add(path, f"{value} inside a text of EBCDIC cannot be expressed")
        else:
            changed[key] = "hex-ebcdic" if value == "hex-ascii" else value
    return changed


_PACKAGERS: dict[str, Callable[[Entry, Entries, Problems], list[Layout]]] = {
    "GenericSubFieldPackager": _subfields,
    "GenericPackager": _message,
    "Base1SubFieldPackager": _base1,
    "EuroSubFieldPackager": jpos_tagged.euro,
    "MasterCardEBCDICSubFieldPackager": jpos_tagged.euro,
    "GICCSubFieldPackager": jpos_tagged.gicc,
    "CTCSubFieldPackager": _sequence,
    "CTCSubElementPackager": _elements,
    "GenericTaggedFieldsPackager": jpos_tagged.generic_tags,
    "TaggedSequencePackager": jpos_tagged.tag_sequence,
    "BinaryHexTaggedSequencePackager": jpos_tagged.binary_tag_sequence,
    "DatasetPackager": _datasets,
    "ICCDataPackager": _ber,
    "BERTLVBinaryPackager": _ber,
    "BERTLVAsciiHexPackager": _hex_text,
    "BERTLVEbcdicHexPackager": _hex_text,
}
