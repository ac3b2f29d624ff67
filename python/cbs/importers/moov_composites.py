"""Composites: parts one after the other, behind a bitmap, or behind tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbs.importers import moov
from cbs.importers.documents import as_count, as_flag
from cbs.importers.draft import Definition, sensitive_tags

if TYPE_CHECKING:
    from cbs.importers.moov import Reader

Layout = dict[str, Any]
_TAG_KEYS = {
    "length", "enc", "padding", "sort", "skipUnknownTLVTags", "storeUnknownTLVTags",
    "prefUnknownTLV",
}  # fmt: skip
_TAG_CODINGS = {
    "ASCII": "ascii", "EBCDIC": "ebcdic", "EBCDIC1047": "ebcdic", "BCD": "bcd",
    "ASCIIToHex": "binary",
}  # fmt: skip


def composite(
    reader: Reader, given: dict[str, Any], path: str, depth: int, *, ber: bool
) -> Definition | None:
    """A field with subfields; its own length counts bytes."""
    problems = reader.problems
    before = len(problems.found)
    subfields, tag, bitmap = given.get("subfields"), given.get("tag"), given.get("bitmap")
    if given.get("type") != "Composite" or not isinstance(subfields, dict) or not subfields:
        problems.add(path, "a field with subfields is a Composite, and has a mapping of them")
        return None
    if (tag is None) == (bitmap is None):
        problems.add(path, "a Composite has either a tag or a bitmap")
        return None
    if given.get("enc") or given.get("padding"):
        problems.add(path, "a Composite has no enc and no padding of its own")
    extent: Definition | None = {"rest": True}
    if not ber:
        extent = reader.extent(given, path)
    elif given.get("prefix") != "BerTLV":
        problems.add(f"{path}.prefix", "a tag of BER-TLV has the prefix BerTLV")
    if bitmap is not None:
        layout = _by_bitmap(reader, given, path, depth)
    elif isinstance(tag, dict):
        layout = _by_tag(reader, tag, given, path, depth)
    else:
        problems.add(f"{path}.tag", "must be a mapping")
        return None
    if extent is None or layout is None or len(problems.found) > before:
        return None
    made: Definition = {"name": reader.label(given, path), "encoding": _around(layout)}
    return {**made, **extent, "layouts": [layout]}


def _around(layout: Layout) -> str:
    """Text if everything inside is ASCII, so that it reads as such; bytes otherwise."""
    inside = layout.get("parts", layout.get("tags"))
    parts = list(inside.values()) if isinstance(inside, dict) else inside or []
    texts = all(part.get("encoding") in ("ascii", "latin1", "hex-ascii") for part in parts)
    counts = all(str(part.get("prefix", "ascii:1")).startswith("ascii:") for part in parts)
    plain = layout["kind"] == "positional" or str(layout.get("tag", "")).startswith("ascii:")
    return "latin1" if texts and counts and plain else "binary"


def _by_bitmap(reader: Reader, given: dict[str, Any], path: str, depth: int) -> Layout | None:
    bitmap = given["bitmap"]
    made = moov.bitmap_keys(reader, bitmap, f"{path}.bitmap")
    if made is None:
        return None
    coding, length = made
    parts: dict[str, Definition] = {}
    for key, part in _sorted(reader, given["subfields"], path):
        definition = reader.field(part, f"{path}.subfields.{key}", depth + 1)
        if definition is not None:
            parts[key] = definition
    if not as_flag(moov.auto_expand_off(bitmap)) and "1" in parts:
        problem = "bit 1 would announce another bitmap: it needs disableAutoExpand"
        reader.problems.add(f"{path}.subfields.1", problem)
    return {"kind": "bitmapped", "bitmap": coding, "bitmap_bytes": length, "parts": parts}


def _by_tag(
    reader: Reader, tag: dict[str, Any], given: dict[str, Any], path: str, depth: int
) -> Layout | None:
    for key in tag:
        if key not in _TAG_KEYS:
            reader.problems.add(f"{path}.tag.{key}", "no such key in this format")
    word = tag.get("enc")
    enc = moov.ENCODINGS.get(word, word) if isinstance(word, str) else word
    if not enc:
        return _positional(reader, tag, given, path, depth)
    if enc == "BerTLVTag":
        return _ber(reader, given, path, depth)
    coding = _TAG_CODINGS.get(str(enc))
    length = as_count(tag.get("length"))
    if coding is None or length is None or not 1 <= length <= 16:
        known = ", ".join([*_TAG_CODINGS, "BerTLVTag"])
        problem = f"needs an enc of {known}, and a length from 1 to 16"
        reader.problems.add(f"{path}.tag", problem)
        return None
    return _tagged(reader, tag, given, path, depth, (coding, length))


def _positional(
    reader: Reader, tag: dict[str, Any], given: dict[str, Any], path: str, depth: int
) -> Layout | None:
    """No tags on the wire: `sort` says in which order the parts come."""
    if tag.get("length"):
        reader.problems.add(f"{path}.tag.enc", "missing: a tag with a length needs it")
    sort = tag.get("sort")
    base = {"StringsByInt": 10, "StringsByHex": 16}.get(sort if isinstance(sort, str) else "")
    if base is None:
        reader.problems.add(f"{path}.tag.sort", "must be StringsByInt or StringsByHex")
        return None
    parts = []
    for key, part in _sorted(reader, given["subfields"], path, base):
        definition = reader.field(part, f"{path}.subfields.{key}", depth + 1)
        if definition is not None:
            parts.append(definition)
    return {"kind": "positional", "parts": parts}


def _sorted(
    reader: Reader, subfields: dict[str, Any], path: str, base: int = 10
) -> list[tuple[str, Any]]:
    """Subfields in the order of their numbers."""
    numbered: dict[int, tuple[str, Any]] = {}
    for key, part in subfields.items():
        plain = key.isascii() and key.isalnum() and len(key) <= 8
        try:
            number = int(key, base) if plain else None
        except ValueError:
            number = None
        if number is None or number in numbered:
            problem = f"must be a number of base {base}, unlike all others"
            reader.problems.add(f"{path}.subfields.{key}", problem)
        else:
            numbered[number] = (key if base != 10 else str(number), part)
    return [numbered[number] for number in sorted(numbered)]


def _ber(reader: Reader, given: dict[str, Any], path: str, depth: int) -> Layout:
    tags = sensitive_tags()
    for key, part in given["subfields"].items():
        definition = reader.field(part, f"{path}.subfields.{key}", depth + 1, ber=True)
        if definition is not None:
            known = tags.get(key.upper(), {})
            kept = {it: known[it] for it in known if it == "sensitivity"}
            tags[key.upper()] = {**definition, **kept}
    return {"kind": "tlv", "tags": tags}


def _tagged(
    reader: Reader,
    tag: dict[str, Any],
    given: dict[str, Any],
    path: str,
    depth: int,
    coding: tuple[str, int],
) -> Layout | None:
    kind, length = coding
    # tags of bytes are named by two hex digits each
    width = 2 * length if kind == "binary" else length
    padding = reader.padding(tag.get("padding"), f"{path}.tag.padding")
    tags: dict[str, Definition] = {}
    for key, part in given["subfields"].items():
        place = f"{path}.subfields.{key}"
        full = key
        if padding is not None:
            side, character = padding
            full = key.rjust(width, character) if side == "left" else key.ljust(width, character)
        if full.upper() in tags or full != full.upper():
            reader.problems.add(place, "tags are capital letters and digits, each one once")
        definition = reader.field(part, place, depth + 1)
        if definition is not None:
            tags[full.upper()] = definition
    layout: Layout = {"kind": "tagged", "tag": f"{kind}:{length}"}
    skips = as_flag(tag.get("skipUnknownTLVTags", False))
    if skips is None:
        reader.problems.add(f"{path}.tag.skipUnknownTLVTags", "is true or false")
    if not skips:
        return {**layout, "unknown": "reject", "tags": tags}
    return _skipping(reader, tag, path, layout, tags)


def _skipping(
    reader: Reader, tag: dict[str, Any], path: str, layout: Layout, tags: dict[str, Definition]
) -> Layout | None:
    """Unknown tags can be passed over where every length is written in the same way."""
    common = reader.extent({"length": 1, "prefix": tag.get("prefUnknownTLV")}, f"{path}.tag")
    if common is None:
        return None
    prefix = common.get("prefix")
    whole = ("ascii", "latin1", "ebcdic", "binary")
    if prefix is None or any(
        made.get("prefix") != prefix or made["encoding"] not in whole for made in tags.values()
    ):
        problem = "every tag must have this prefix, and an encoding of whole bytes"
        reader.problems.add(f"{path}.tag.prefUnknownTLV", problem)
        return None
    plain = {
        key: {it: value for it, value in made.items() if it not in ("prefix", "max")}
        for key, made in tags.items()
    }
    return {**layout, "length": prefix, "unknown": "keep", "tags": plain}
