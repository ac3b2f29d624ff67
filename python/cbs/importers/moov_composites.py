"""Composites of moov: parts one after the other, behind a bitmap, or behind tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cbs.importers.documents import as_count, as_flag
from cbs.importers.draft import Definition, sensitive_tags
from cbs.importers.moov_words import SORTS, TAG_KEYS, encoding, in_order

if TYPE_CHECKING:
    from cbs.importers.moov_fields import Reader

Layout = dict[str, Any]
_TAG_CODINGS = {
    "ASCII": "ascii", "Binary": "ascii", "EBCDIC": "ebcdic", "EBCDIC1047": "ebcdic", "BCD": "bcd",
    "LBCD": "bcd", "ASCIIToHex": "binary",
}  # fmt: skip
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_TAG = re.compile(r"[0-9A-Z]+")
_BER_TAG = re.compile(r"(?:[0-9A-F]{2}){1,4}")
_WHOLE_BYTES = ("ascii", "latin1", "ebcdic", "binary")


def composite(
    reader: Reader, keys: dict[str, Any], path: str, depth: int, *, ber: bool
) -> Definition | None:
    """A field with subfields; its own length counts bytes. An enc of its own is passed over."""
    problems = reader.problems
    subfields, tag, bitmap = keys.get("subfields"), keys.get("tag"), keys.get("bitmap")
    if keys.get("type") != "Composite" or not isinstance(subfields, dict) or not subfields:
        problems.add(path, "a field with subfields is a Composite, and has a mapping of them")
        return None
    if (tag is None) == (bitmap is None):
        problems.add(path, "a Composite has either a tag or a bitmap")
        return None
    with reader.whole() as refused:
        if reader.padding(keys.get("padding"), f"{path}.padding") is not None:
            problems.add(f"{path}.padding", "a Composite has no padding of its own")
        extent: Definition | None = {"rest": True}
        if not ber:
            extent = reader.extent(keys, path)
        elif keys.get("prefix") != "BerTLV":
            problems.add(f"{path}.prefix", "a tag of BER-TLV has the prefix BerTLV")
        by_bitmap = bitmap is not None
        layout = (_by_bitmap if by_bitmap else _by_tag)(reader, keys, path, depth)
    if extent is None or layout is None or refused:
        return None
    made: Definition = {"name": reader.label(keys, path), "encoding": _around(layout)}
    return {**made, **extent, "layouts": [layout]}


def _around(layout: Layout) -> str:
    """Text if everything inside is ASCII, so that it reads as such; bytes otherwise."""
    inside = layout.get("parts", layout.get("tags"))
    parts = list(inside.values()) if isinstance(inside, dict) else inside or []
    texts = all(part.get("encoding") in ("ascii", "latin1", "hex-ascii") for part in parts)
    counts = all(str(part.get("prefix", "ascii:1")).startswith("ascii:") for part in parts)
    plain = layout["kind"] == "positional" or str(layout.get("tag", "")).startswith("ascii:")
    return "latin1" if texts and counts and plain else "binary"


def _by_bitmap(reader: Reader, keys: dict[str, Any], path: str, depth: int) -> Layout | None:
    made = reader.bitmap(keys["bitmap"], f"{path}.bitmap", nested=True)
    if made is None:
        return None
    coding, length, alone = made
    length = length or 8
    if not alone:
        problem = "must be true: the source takes no bitmap in a Composite that could grow"
        reader.problems.add(f"{path}.bitmap.disableAutoExpand", problem)
    parts: dict[str, Definition] = {}
    for key in sorted(keys["subfields"], key=lambda key: (len(key), key)):
        place = f"{path}.subfields.{key[:40]}"
        if not _NUMBER.fullmatch(key) or int(key) > 8 * length:
            reader.problems.add(place, f"bits are 1 to {8 * length}")
            continue
        definition = reader.field(keys["subfields"][key], place, depth + 1)
        if definition is not None:
            parts[key] = definition
    return {"kind": "bitmapped", "bitmap": coding, "bitmap_bytes": length, "parts": parts}


def _by_tag(reader: Reader, keys: dict[str, Any], path: str, depth: int) -> Layout | None:
    tag = reader.mapping(keys["tag"], TAG_KEYS, f"{path}.tag")
    if tag is None:
        return None
    sort = tag.get("sort")
    if sort not in SORTS:
        reader.problems.add(f"{path}.tag.sort", f"must be {' or '.join(SORTS)}")
        return None
    order = in_order([str(key) for key in keys["subfields"]], sort)
    if order is None:
        problem = f"{sort} puts the keys of these subfields in no order"
        reader.problems.add(f"{path}.tag.sort", problem)
        return None
    parts: dict[str, Any] = {key: keys["subfields"][key] for key in order}
    enc = encoding(tag.get("enc"))
    if not enc:
        return _positional(reader, tag, parts, path, depth)
    if enc == "BerTLVTag":
        return _ber(reader, parts, path, depth)
    return _tagged(reader, {**tag, "enc": enc}, parts, path, depth)


def _positional(
    reader: Reader, tag: dict[str, Any], parts: dict[str, Any], path: str, depth: int
) -> Layout | None:
    """No tags on the wire: `sort` says in which order the parts come."""
    if tag.get("length"):
        reader.problems.add(f"{path}.tag.enc", "missing: a tag with a length needs it")
    made = [
        reader.field(part, f"{path}.subfields.{key[:40]}", depth + 1) for key, part in parts.items()
    ]
    return {"kind": "positional", "parts": [part for part in made if part is not None]}


def _ber(reader: Reader, parts: dict[str, Any], path: str, depth: int) -> Layout:
    """Unknown tags are kept, whether or not the source would skip or refuse them."""
    tags = sensitive_tags()
    for key, part in parts.items():
        place = f"{path}.subfields.{key[:40]}"
        # the source names the tags that it reads by capital letters
        if not _BER_TAG.fullmatch(key):
            reader.problems.add(place, "a tag is one to four bytes in hex, in capital letters")
            continue
        definition = reader.field(part, place, depth + 1, ber=True)
        if definition is not None:
            known = tags.get(key, {})
            kept = {it: known[it] for it in known if it == "sensitivity"}
            tags[key] = {**definition, **kept}
    return {"kind": "tlv", "tags": tags}


def _tagged(
    reader: Reader, tag: dict[str, Any], parts: dict[str, Any], path: str, depth: int
) -> Layout | None:
    enc, length = str(tag["enc"]), as_count(tag.get("length"))
    coding = _TAG_CODINGS.get(enc)
    if coding is None:
        known = ", ".join([*_TAG_CODINGS, "BerTLVTag"])
        reader.problems.add(f"{path}.tag.enc", f"{enc!r} is none of {known}, those of a tag")
        return None
    if length is None or not 1 <= length <= 16:
        reader.problems.add(f"{path}.tag.length", "must be a number from 1 to 16")
        return None
    padding = reader.padding(tag.get("padding"), f"{path}.tag.padding")
    tags: dict[str, Definition] = {}
    for key, part in parts.items():
        place = f"{path}.subfields.{key[:40]}"
        full = _on_the_wire(key, enc, length, padding)
        if full is None or full in tags:
            problem = "is no tag of this length in digits and capital letters, unlike all others"
            reader.problems.add(place, problem)
        definition = reader.field(part, place, depth + 1)
        if definition is not None and full is not None:
            tags[full] = definition
    size = length + length % 2 if coding == "bcd" else length
    layout: Layout = {"kind": "tagged", "tag": f"{coding}:{size}"}
    skips = as_flag(tag.get("skipUnknownTLVTags", False))
    if skips is None:
        reader.problems.add(f"{path}.tag.skipUnknownTLVTags", "is true or false")
    if not skips or not tag.get("prefUnknownTLV"):
        # without a prefix for them, the source refuses unknown tags of this kind all the same
        return {**layout, "unknown": "reject", "tags": tags}
    return _skipping(reader, tag, path, layout, tags)


def _on_the_wire(key: str, enc: str, length: int, padding: tuple[str, str] | None) -> str | None:
    """A tag as it stands in the data, its padding included; None where it has another length."""
    full = key
    if padding is not None:
        side, character = padding
        full = key.rjust(length, character) if side == "left" else key.ljust(length, character)
    width = 2 * length if enc == "ASCIIToHex" else length
    if len(full) != width or not _TAG.fullmatch(full):
        return None
    if enc in ("BCD", "LBCD"):
        half = "0" * (length % 2)
        return (half + full if enc == "BCD" else full + half) if full.isdigit() else None
    return full


def _skipping(
    reader: Reader, tag: dict[str, Any], path: str, layout: Layout, tags: dict[str, Definition]
) -> Layout | None:
    """Unknown tags can be passed over where every length is written in the same way."""
    place = f"{path}.tag.prefUnknownTLV"
    wanted = {"length": 65_535, "prefix": tag.get("prefUnknownTLV")}
    common = reader.extent(wanted, f"{path}.tag.prefUnknownTLV")
    if common is None:
        return None
    prefix = common.get("prefix")
    if prefix is None or any(
        made.get("prefix") != prefix or made["encoding"] not in _WHOLE_BYTES or "fill" in made
        for made in tags.values()
    ):
        problem = "every tag must have this prefix, an encoding of whole bytes and no padding"
        reader.problems.add(place, problem)
        return None
    plain = {
        key: {it: value for it, value in made.items() if it not in ("prefix", "max")}
        for key, made in tags.items()
    }
    return {**layout, "length": prefix, "unknown": "keep", "tags": plain}
