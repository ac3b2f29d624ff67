"""Packagers inside packagers whose fields carry tags of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbs.importers import jpos, jpos_composites
from cbs.importers.documents import as_count
from cbs.importers.draft import Definition, Problems
from cbs.importers.jpos_classes import EBCDIC_PAGE, FieldClass, TagClass, sequence_class, tag_class

if TYPE_CHECKING:
    from cbs.importers.jpos import Entry

Layout = dict[str, Any]
Entries = dict[int, "Entry"]
_TAG_SIZES = {"TTDecimalTagMapper": 2, "TTTDecimalTagMapper": 3}
_TAG_SIZE_MAX = 16
_LENGTH_SIZE_MAX = 6
_LETTERS = {"IFMC_TCC", "IFEMC_TCC"}
_ANY_TAG = "##########"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def writes_tags(entries: Entries) -> bool:
    """Whether classes in it write tags."""
    return bool(_tag_classes(entries))


def euro(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Tags and lengths, behind a field 0: a letter that may be missing, or a field that may not."""
    kinds = _kinds(entries, problems)
    if kinds is None:
        return []
    # those that have their length in front are found by it, so that any tag is read
    layout = _by_class(entry, kinds, problems, keeps=_first_kind(kinds).counts_tag)
    head = entries.get(0)
    if head is None or layout is None:
        return [layout] if layout else []
    lead = _lead(head, problems)
    if lead is None:
        return []
    with_lead = {**layout, "lead": lead}
    return [with_lead, layout] if head.class_name in _LETTERS else [with_lead]


def gicc(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Lengths in front of tags, behind a field 0 that is there if a blank of ASCII is."""
    kinds = _kinds(entries, problems)
    layout = None if kinds is None else _by_class(entry, kinds, problems, keeps=True)
    if layout is None:
        return []
    head = entries.get(0)
    lead = None if head is None else _lead(head, problems)
    return [layout] if lead is None else [layout, {**layout, "lead": lead}]


def length_first(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Tags of one kind and nothing else."""
    kinds = _kinds(entries, problems, head=False)
    layout = None if kinds is None else _by_class(entry, kinds, problems, keeps=False)
    return [] if layout is None else [layout]


def _kinds(
    entries: Entries, problems: Problems, *, head: bool = True
) -> list[tuple[Entry, TagClass]] | None:
    """Every field but field 0 with how it writes its tag; None if one does not."""
    kinds = []
    for number, part in entries.items():
        if head and number == 0:
            continue
        found = tag_class(part.class_name)
        if found is None:
            text = f"{part.element.get('class')!r} writes no tag, which its packager needs"
            problems.add(f"{part.path}.class", text)
        else:
            kinds.append((part, found))
    return kinds if kinds and len(kinds) == len(entries) - (head and 0 in entries) else None


def _first_kind(kinds: list[tuple[Entry, TagClass]]) -> TagClass:
    return kinds[0][1]


def _by_class(
    entry: Entry, kinds: list[tuple[Entry, TagClass]], problems: Problems, *, keeps: bool
) -> Layout | None:
    """Tags as their classes write them, which must go together."""
    first = _first_kind(kinds)
    uneven = False
    for part, kind in kinds:
        if (kind.tag, kind.order, kind.counts_tag) != (first.tag, first.order, first.counts_tag):
            text = f"{part.class_name} writes its tag otherwise than {kinds[0][0].class_name}"
            problems.add(f"{part.path}.class", text)
            return None
        uneven = uneven or kind.length != first.length
    if uneven and first.order != "tag-length":
        problems.add(entry.path, "lengths of several sizes in front of tags cannot be expressed")
        return None
    # where a tag is in front, each has a limit of its own, and then a length of its own too
    own = first.order == "tag-length" and not keeps
    tags: dict[str, Definition] = {}
    size = int(first.tag.rpartition(":")[2])
    for part, kind in kinds:
        if len(str(part.number)) > size:
            problems.add(part.path, f"a tag has {size} digits")
        # no byte may stand in it, so that it is never written
        if part.length == 0 and not own:
            continue
        made: Definition = {"name": part.label, **kind.keys}
        if own:
            made |= {"prefix": kind.length, "max": part.length or _most(kind.length)}
        tags[f"{part.number:0{size}}"] = _inside(part, made, problems)
    layout: Layout = {"kind": "tagged", "tag": first.tag}
    if not own:
        layout["length"] = first.length
    if first.order != "tag-length":
        layout["order"] = first.order
    if first.counts_tag:
        layout["length_counts_tag"] = True
    return {**layout, "unknown": "keep" if keeps else "reject", "tags": tags}


def _most(length: str) -> int:
    digits = int(length.rpartition(":")[2])
    return int("9" * digits)


def _inside(part: Entry, made: Definition, problems: Problems) -> Definition:
    """The same with the fields inside, where the part has some."""
    if not part.holds_fields:
        return jpos.masked(made) if made else made
    composed = jpos_composites.compose(part, made, problems)
    return made if composed is None else composed


def _lead(head: Entry, problems: Problems) -> Definition | None:
    """The field in front of the first tag."""
    if head.class_name in _LETTERS:
        keys: Definition = {"encoding": "latin1"}
        if head.class_name == "IFEMC_TCC":
            keys = {"encoding": "ebcdic", "ebcdic_page": EBCDIC_PAGE}
        return {"name": head.label, **keys, "length": max(head.length, 1), "class": "a"}
    return jpos.read_definition(head, problems)


def numbered(entries: Entries, problems: Problems) -> list[Layout]:
    """Two digits of the id in front of each field, which says itself how long it is."""
    tags = {}
    for number, part in entries.items():
        made = jpos.read_definition(part, problems)
        if number > 99:
            problems.add(part.path, "a tag has 2 digits")
        if made is not None:
            tags[f"{number:02}"] = made
    return [{"kind": "tagged", "tag": "ascii:2", "unknown": "reject", "tags": tags}]


def generic_tags(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Tags and lengths of ASCII digits whose sizes the file gives."""
    frame = _frame(entry, entries, problems)
    if frame is None:
        return []
    tag_size, length_size = frame
    element = entry.element
    mapper = (element.get("tagMapper") or "").rpartition(".")[2]
    layout: Layout = {"kind": "tagged", "tag": f"ascii:{tag_size}"}
    layout["length"] = f"ascii:{length_size}"
    if element.get("swapTagAndLen") == "true":
        layout["order"] = "length-tag"
    if mapper not in _TAG_SIZES:
        problems.note(
            f"The tags inside {entry.path} have no names: which field a tag stands for, "
            f"a program says ({mapper})."
        )
        return [{**layout, "unknown": "keep"}]
    tags: dict[str, Definition] = {}
    for number, part in entries.items():
        found = tag_class(part.class_name)
        tag = _decimal_tag(number, tag_size)
        if found is None or (found.tag, found.length) != (layout["tag"], layout["length"]):
            problems.add(f"{part.path}.class", "has another tag or length than the packager")
        elif tag is None:
            problems.add(part.path, f"there is no tag of {tag_size} characters for it")
        else:
            tags[tag] = _inside(part, {"name": part.label, **found.keys}, problems)
    return [{**layout, "unknown": "keep", "tags": tags}]


def _frame(entry: Entry, entries: Entries, problems: Problems) -> tuple[int, int] | None:
    """Characters of a tag and of a length: as the file says, or as its classes write them."""
    element = entry.element
    sizes = [as_count(element.get(key)) for key in ("tagSize", "lenSize")]
    if element.get("tagSize") is None and element.get("lenSize") is None:
        kinds = {(found.tag, found.length) for found in _tag_classes(entries)}
        if len(kinds) == 1:
            sizes = [int(coding.rpartition(":")[2]) for coding in kinds.pop()]
    tag_size, length_size = sizes
    mapper = (element.get("tagMapper") or "").rpartition(".")[2]
    wanted = _TAG_SIZES.get(mapper, tag_size)
    if not mapper:
        problems.add(f"{entry.path}.tagMapper", "is needed")
    elif tag_size is None or tag_size != wanted or not 1 <= tag_size <= _TAG_SIZE_MAX:
        known = f"{wanted} with {mapper}" if mapper in _TAG_SIZES else f"1 to {_TAG_SIZE_MAX}"
        problems.add(f"{entry.path}.tagSize", f"is needed, and {known}")
    elif length_size is None or not 1 <= length_size <= _LENGTH_SIZE_MAX:
        problems.add(f"{entry.path}.lenSize", f"is needed, and 1 to {_LENGTH_SIZE_MAX}")
    else:
        return tag_size, length_size
    return None


def _tag_classes(entries: Entries) -> list[TagClass]:
    return [found for part in entries.values() if (found := tag_class(part.class_name))]


def _decimal_tag(number: int, size: int) -> str | None:
    """Digits; behind the last number that they can be, digits and letters."""
    if number < 10**size:
        return f"{number:0{size}}"
    rest, tag = number - 10**size, ""
    while rest:
        rest, digit = divmod(rest, 36)
        tag = _DIGITS[digit] + tag
    tag = tag.rjust(size, "0")
    return tag if len(tag) == size and not tag.isdigit() else None


def tag_sequence(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """Tags whose texts are tokens, in any order, behind fields without."""
    return _sequence_of_tags(entry, entries, problems, coding="ascii", digits=1)


def binary_tag_sequence(entry: Entry, entries: Entries, problems: Problems) -> list[Layout]:
    """The same, with tags of bytes that are written in hex."""
    return _sequence_of_tags(entry, entries, problems, coding="binary", digits=2)


def _sequence_of_tags(
    entry: Entry, entries: Entries, problems: Problems, *, coding: str, digits: int
) -> list[Layout]:
    size = len(entry.element.get("token") or "") // digits
    if size < 1:
        problems.add(f"{entry.path}.token", "is needed: it is as long as the tags are")
        return []
    front, tagged = _split(entries)
    known, default = _tokens(tagged, size * digits, problems)
    if not tagged:
        problems.add(entry.path, "has no field with a tag")
        return []
    uniform = default is None or all(kind.prefix == default.prefix for _, kind in known.values())
    if not uniform:
        text = "the length of unknown tags differs from that of known ones, which cannot be told"
        problems.add(entry.path, text)
        return []
    tags: dict[str, Definition] = {}
    for token, (part, kind) in known.items():
        made: Definition = jpos.sized(part, kind, problems) or {}
        if default is not None:
            made = {key: value for key, value in made.items() if key not in ("prefix", "max")}
        tags[token.upper()] = _inside(part, made, problems)
    layout: Layout = {"kind": "tagged", "tag": f"{coding}:{size}"}
    if default is not None:
        layout["length"] = default.prefix
    layout |= {"unknown": "reject" if default is None else "keep", "tags": tags}
    leads = [lead for part in front if (lead := jpos.read_definition(part, problems))]
    if not leads:
        return [layout]
    if len(leads) == 1:
        return [{**layout, "lead": leads[0]}]
    rest = {"name": "Tags", "encoding": "latin1", "rest": True, "layouts": [layout]}
    return [{"kind": "positional", "parts": [*leads, rest]}]


def _split(entries: Entries) -> tuple[list[Entry], list[Entry]]:
    """The fields in front of the first tag, and those with tags."""
    parts = list(entries.values())
    first = next(
        (place for place, part in enumerate(parts) if sequence_class(part.class_name)), len(parts)
    )
    return parts[:first], parts[first:]


def _tokens(
    parts: list[Entry], size: int, problems: Problems
) -> tuple[dict[str, tuple[Entry, FieldClass]], FieldClass | None]:
    """Fields by token, and how a tag lies that has none; the last of the same token counts."""
    known: dict[str, tuple[Entry, FieldClass]] = {}
    default: FieldClass | None = None
    for part in parts:
        kind = sequence_class(part.class_name)
        token = part.element.get("token") or ""
        if kind is None:
            problems.add(f"{part.path}.class", "writes no tag, behind one that does")
        elif token and _ANY_TAG.startswith(token):
            default = kind
        elif len(token) != size:
            problems.add(f"{part.path}.token", f"has {size} characters, as the packager's")
        else:
            known[token] = (part, kind)
    return known, default
