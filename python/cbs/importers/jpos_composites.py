"""Packagers inside packagers: what the classes named by `packager` do with a field's content."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cbs.importers import jpos
from cbs.importers.documents import as_count
from cbs.importers.draft import Definition, Problems, sensitive_tags
from cbs.importers.jpos_classes import EBCDIC_PAGE, TagClass, bitmap_coding, tag_class

if TYPE_CHECKING:
    from cbs.importers.jpos import Entry

Layout = dict[str, Any]
_KEYS = {
    "id", "length", "name", "class", "pad", "trim", "packager", "emitBitmap", "maxValidField",
    "bitmapField", "firstField", "headerLength", "tagMapper", "tagSize", "lenSize",
    "swapTagAndLen",
}  # fmt: skip
_TAG_SIZES = {"TTDecimalTagMapper": 2, "TTTDecimalTagMapper": 3}
_TRUE = {"true": True, "false": False}


def compose(entry: Entry, outer: Definition, problems: Problems) -> Definition | None:
    """A field with what is inside it; None if that is refused."""
    before = len(problems.found)
    element = entry.element
    packager = (element.get("packager") or "").rpartition(".")[2]
    reader = _PACKAGERS.get(packager)
    for key, value in element.attributes.items():
        if key not in _KEYS and value:
            problems.add(f"{entry.path}.{key}", "what it does cannot be expressed")
    if reader is None:
        known = ", ".join(_PACKAGERS)
        text = f"{element.get('packager')!r} cannot be expressed; known: {known}"
        problems.add(f"{entry.path}.packager", text)
        return None
    if outer["encoding"] == "bcd" or outer.get("sign"):
        problems.add(entry.path, "packed digits with a packager inside cannot be expressed")
        return None
    if as_count(element.get("headerLength") or "0") != 0:
        problems.add(f"{entry.path}.headerLength", "a header inside a field cannot be expressed")
    entries = jpos.read_entries(element, f"{entry.path}.", problems)
    layouts = reader(entry, entries, problems)
    # the filler of a value that has parts would be a part
    outer.pop("fill", None)
    if packager in _HEX_PACKAGERS:
        _as_hex(entry, outer, _HEX_PACKAGERS[packager], problems)
    elif outer["encoding"] == "ebcdic":
        layouts = [_as_ebcdic(layout, entry.path, problems) for layout in layouts]
    if len(problems.found) > before:
        return None
    return {**outer, "layouts": layouts} if layouts else outer


def _subfields(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    """Positional, or with a bitmap in front, as `emitBitmap` says."""
    emits = _TRUE.get(entry.element.get("emitBitmap") or "true")
    bitmap_id = as_count(entry.element.get("bitmapField") or "1")
    if emits is None or bitmap_id is None:
        problems.add(entry.path, "emitBitmap is true or false, bitmapField a number")
        return []
    default_first = 2 if 1 in entries and bitmap_coding(entries[1].class_name) else 1
    first = as_count(entry.element.get("firstField") or str(default_first))
    if first is None:
        problems.add(f"{entry.path}.firstField", "must be a number")
        return []
    if not emits:
        return _positional(entry, entries, first, problems)
    if bitmap_id not in entries:
        problems.add(f"{entry.path}.bitmapField", f"there is no field {bitmap_id}, the bitmap")
        return []
    return _bitmapped(entries, bitmap_id, first, problems)


def _message(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    """A whole packager in a field: like subfields, but its field 0 comes first of all."""
    head = entries.get(0)
    if head is not None and not bitmap_coding(head.class_name):
        emits = entry.element.get("emitBitmap") != "false"
        if emits or entry.element.get("firstField") != "0":
            problems.add(head.path, "a message type inside a field cannot be expressed")
            return []
    layouts = _subfields(entry, entries, problems)
    return [
        {**layout, "whole": True} if layout["kind"] == "positional" else layout
        for layout in layouts
    ]


def _base1(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    """A bitmap if field 0 is one; positional otherwise."""
    if 0 in entries and bitmap_coding(entries[0].class_name):
        return _bitmapped(entries, 0, 1, problems)
    return _positional(entry, entries, 0, problems)


def _positional(
    entry: Entry, entries: dict[int, Entry], first: int, problems: Problems
) -> list[Layout]:
    parts = []
    for number, part in entries.items():
        # what lies in front of the first field is never read, and a placeholder has no byte
        if number < first or part.class_name == "IF_NOP":
            continue
        made = jpos.read_definition(part, problems)
        if made is not None:
            parts.append(made)
    if not parts:
        problems.add(entry.path, "has nothing inside")
    return [{"kind": "positional", "parts": parts}]


def _bitmapped(
    entries: dict[int, Entry], bitmap_id: int, first: int, problems: Problems
) -> list[Layout]:
    bitmap = entries[bitmap_id]
    coding = bitmap_coding(bitmap.class_name)
    if coding is None or bitmap.length < 1:
        problems.add(bitmap.path, "the bitmap must be of a bitmap class")
        return []
    repeats = 1
    length = bitmap.length
    if bitmap.class_name == "Base1_BITMAP126":
        length = 8
    elif length > 8:
        if length not in (16, 24):
            problems.add(f"{bitmap.path}.length", "more than 8 bytes are 16 or 24")
            return []
        repeats, length = length // 8, 8
        if any(number in entries and number >= first for number in (1, 65)[: repeats - 1]):
            if problems.choices.follow != "write" or any(number > 64 for number in entries):
                text = "bit 1 is written as a field and read as another bitmap: say which counts"
                problems.add(bitmap.path, text)
                return []
            repeats = 1
    parts: dict[str, Definition] = {}
    for number, part in entries.items():
        if number in (0, bitmap_id) or number < first:
            continue
        made = jpos.read_definition(part, problems)
        if made is not None:
            parts[str(number)] = made
    layout: Layout = {"kind": "bitmapped", "bitmap": coding, "bitmap_bytes": length}
    if repeats > 1:
        layout["bitmaps_max"] = repeats
    return [{**layout, "parts": parts}]


def _tagged_ascii(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    return _tagged(entry, entries, "ascii:2", problems)


def _tagged_ebcdic(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    return _tagged(entry, entries, "ebcdic:2", problems)


def _tagged(entry: Entry, entries: dict[int, Entry], tag: str, problems: Problems) -> list[Layout]:
    """Tags of two characters in front of lengths; field 0 is a letter that may be in front."""
    lead = None
    tags: dict[str, Definition] = {}
    for number, part in entries.items():
        if number == 0 and part.class_name in ("IFMC_TCC", "IFEMC_TCC"):
            keys: Definition = {"encoding": "latin1"}
            if part.class_name == "IFEMC_TCC":
                keys = {"encoding": "ebcdic", "ebcdic_page": EBCDIC_PAGE}
            lead = {"name": part.label, **keys, "length": part.length, "class": "a"}
            continue
        found = tag_class(part.class_name)
        if found is None or found.tag != tag or found.counts_tag or number > 99:
            problems.add(f"{part.path}.class", f"is none with {tag} in front of its length")
            continue
        made = {"name": part.label, **found.keys, "prefix": found.length, "max": part.length}
        tags[f"{number:02}"] = made
    layout: Layout = {"kind": "tagged", "tag": tag, "unknown": "reject", "tags": tags}
    if lead is None:
        return [layout]
    return [{**layout, "lead": lead}, layout]


def _length_first(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    """Lengths in front of tags, all of one class."""
    kinds = [tag_class(part.class_name) for part in entries.values()]
    known = kinds[0] if kinds else None
    if known is None or not known.counts_tag or any(kind != known for kind in kinds):
        problems.add(entry.path, "only fields of one class, IFEP_... or IFELPE_..., are known here")
        return []
    return [_uniform(known, entries, problems)]


def _sequence(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    """One field after the other, or tags where the classes write them."""
    if any(tag_class(part.class_name) for part in entries.values()):
        return _length_first(entry, entries, problems)
    return _positional(entry, entries, 0, problems)


def _uniform(known: TagClass, entries: dict[int, Entry], problems: Problems) -> Layout:
    size = int(known.tag.rpartition(":")[2])
    tags = {}
    for number, part in entries.items():
        if len(str(number)) > size:
            problems.add(part.path, f"a tag has {size} digits")
        tags[f"{number:0{size}}"] = {"name": part.label, **known.keys}
    layout: Layout = {"kind": "tagged", "tag": known.tag, "length": known.length}
    if known.order != "tag-length":
        layout["order"] = known.order
    if known.counts_tag:
        layout["length_counts_tag"] = True
    return {**layout, "unknown": "reject", "tags": tags}


def _generic_tags(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    """Tags and lengths of ASCII digits whose sizes the file gives."""
    element = entry.element
    mapper = (element.get("tagMapper") or "").rpartition(".")[2]
    size = as_count(element.get("tagSize") or str(_TAG_SIZES.get(mapper, "")))
    digits = as_count(element.get("lenSize"))
    if mapper not in _TAG_SIZES or size != _TAG_SIZES[mapper] or digits is None:
        known = ", ".join(_TAG_SIZES)
        problems.add(f"{entry.path}.tagMapper", f"needs one of {known}, its tagSize, and lenSize")
        return []
    order = "length-tag" if element.get("swapTagAndLen") == "true" else "tag-length"
    known_tag = TagClass({"encoding": "latin1"}, f"ascii:{size}", f"ascii:{digits}", order)
    for part in entries.values():
        found = tag_class(part.class_name)
        if found is None or (found.tag, found.length) != (known_tag.tag, known_tag.length):
            problems.add(f"{part.path}.class", "has another tag or length than the packager")
    return [_uniform(known_tag, entries, problems)]


def _datasets(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    for part in entries.values():
        problems.add(part.path, "fields inside data sets cannot be imported")
    # ids above 70 may be something else than tags: what is not tags stays as it is
    rest = {"name": "Data of another format", "encoding": "binary", "rest": True}
    return [
        {"kind": "datasets", "tags": sensitive_tags()},
        {"kind": "positional", "parts": [{**rest, "sensitivity": "track"}]},
    ]


def _ber(entry: Entry, entries: dict[int, Entry], problems: Problems) -> list[Layout]:
    for part in entries.values():
        problems.add(part.path, "fields inside BER-TLV cannot be imported")
    return [{"kind": "tlv", "tags": sensitive_tags()}]


def _as_hex(entry: Entry, outer: Definition, coding: str, problems: Problems) -> None:
    """The outer class counts characters of hex text; what is inside lies in the bytes."""
    wanted = "latin1" if coding == "hex-ascii" else "ebcdic"
    if outer["encoding"] not in (wanted, "binary"):
        problems.add(f"{entry.path}.class", f"is no field of hex text ({coding})")
    outer.pop("ebcdic_page", None)
    outer |= {"encoding": coding, "unit": "chars"}


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


_PACKAGERS: dict[str, Callable[[Entry, dict[int, Entry], Problems], list[Layout]]] = {
    "GenericSubFieldPackager": _subfields,
    "GenericPackager": _message,
    "Base1SubFieldPackager": _base1,
    "EuroSubFieldPackager": _tagged_ascii,
    "MasterCardEBCDICSubFieldPackager": _tagged_ebcdic,
    "GICCSubFieldPackager": _length_first,
    "CTCSubFieldPackager": _sequence,
    "CTCSubElementPackager": _sequence,
    "GenericTaggedFieldsPackager": _generic_tags,
    "DatasetPackager": _datasets,
    "ICCDataPackager": _ber,
    "BERTLVBinaryPackager": _ber,
    "BERTLVAsciiHexPackager": _ber,
    "BERTLVEbcdicHexPackager": _ber,
}
_HEX_PACKAGERS = {
    "BERTLVAsciiHexPackager": "hex-ascii",
    "BERTLVEbcdicHexPackager": "hex-ebcdic",
}
