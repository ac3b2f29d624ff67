"""Properties over generated specifications: whatever a file can say is read as it was written."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cbs._native import lint_specification
from cbs.codec import Codec
from cbs.errors import CodecError

Field = tuple[str, st.SearchStrategy[Any]]
"""The TOML keys of a field, in one line, and the values that it can have."""

PREFIXES = ["binary:1", "binary:2", "bcd:2", "bcd:3", "ascii:2", "ebcdic:3", "hex-ascii:1"]
LATIN = st.characters(codec="latin-1")
ASCII = st.characters(max_codepoint=127)
DIGITS = st.sampled_from("0123456789")
NIBBLES = st.sampled_from("0123456789abcdef")
ENCODINGS: list[tuple[str, st.SearchStrategy[str], int]] = [
    ('encoding = "bcd"', DIGITS, 1),
    ('encoding = "bcd", pad_side = "right", pad_nibble = 15', DIGITS, 1),
    ('encoding = "bcd", letters = true', NIBBLES, 1),
    ('encoding = "bcd", letters = "track"', st.sampled_from("0123456789ABC=EF"), 1),
    ('encoding = "binary"', NIBBLES, 2),
    ('encoding = "binary", unit = "nibbles"', NIBBLES, 1),
    ('encoding = "ascii"', ASCII, 1),
    ('encoding = "ascii", class = "n"', DIGITS, 1),
    ('encoding = "latin1"', LATIN, 1),
    ('encoding = "ebcdic"', LATIN, 1),
    ('encoding = "ebcdic", ebcdic_page = "500"', LATIN, 1),
    ('encoding = "ebcdic", ebcdic_page = "1047", class = "ans"', st.sampled_from("aZ09 -[]^"), 1),
    ('encoding = "ebcdic", ebcdic_page = "moov"', LATIN, 1),
    ('encoding = "ascii", unmapped = "lossless"', st.sampled_from("aZ0\x00\uf780\uf7ff"), 1),
    ('encoding = "hex-ascii"', NIBBLES, 2),
    ('encoding = "hex-ebcdic"', NIBBLES, 2),
]
"""Keys, characters, and how many characters of text one unit of length is."""


def text_of(
    characters: st.SearchStrategy[str], per_unit: int, least: int, most: int
) -> st.SearchStrategy[str]:
    """Texts of `least` to `most` units."""
    units = st.integers(least, most)
    return units.flatmap(
        lambda count: st.lists(
            characters, min_size=count * per_unit, max_size=count * per_unit
        ).map("".join)
    )


@st.composite
def ended_field(draw: st.DrawFn, most: int) -> Field:
    """A value whose end is no matter of its length alone: a terminator, a pad, or a filler."""
    kind = draw(st.sampled_from(["terminator", "pad", "left", "right"]))
    if kind == "terminator":
        encoding = draw(st.sampled_from(["ascii", "latin1", "ebcdic"]))
        keys = f'encoding = "{encoding}", terminator = "1c", max = {most}'
        return keys, text_of(st.sampled_from("aZ09 -"), 1, 0, most)
    if kind == "pad":
        side = draw(st.sampled_from(["left", "right"]))
        keys = 'encoding = "bcd", unit = "bytes", pad_nibble = 15, pad_taken_off = true, '
        keys += f'pad_side = "{side}", prefix = "bcd:2", max = {most}'
        return keys, text_of(DIGITS, 1, 0, most * 2)
    strip = str.lstrip if kind == "left" else str.rstrip
    encoding, characters = draw(
        st.sampled_from([("bcd", "012"), ("ebcdic", "0aZ"), ("latin1", "0\xff")])
    )
    keys = f'encoding = "{encoding}", length = {most}, fill = "{kind}:0", trim = true'
    values = text_of(st.sampled_from(characters), 1, 0, most)
    return keys, values.map(lambda text: strip(text, "0"))


@st.composite
def plain_field(draw: st.DrawFn) -> Field:
    """A value of any encoding, of fixed length or with any length in front."""
    keys, characters, per_unit = draw(st.sampled_from(ENCODINGS))
    most = draw(st.integers(1, 12))
    if draw(st.integers(0, 4)) == 0:
        return draw(ended_field(most))
    if draw(st.booleans()):
        return f"{keys}, length = {most}", text_of(characters, per_unit, most, most)
    prefix = draw(st.sampled_from(PREFIXES))
    least = draw(st.integers(0, most))
    extra = f', prefix = "{prefix}", min = {least}, max = {most}'
    if draw(st.booleans()) and 'unit = "nibbles"' not in keys and '"bcd"' not in keys:
        extra += ", inclusive = true" if "hex-" not in keys and '"binary"' not in keys else ""
    if draw(st.booleans()):
        extra += ", fixed_area = true"
    return keys + extra, text_of(characters, per_unit, least, most)


@st.composite
def varied_field(draw: st.DrawFn, selector: str, value: str) -> Field:
    """A value with an alternative where the value at the path `selector` is `value`, or is not."""
    (own, own_value), (other, other_value) = draw(plain_field()), draw(plain_field())
    counts = draw(st.booleans())
    pattern = value if counts else "none of it"
    when = f'when = {{ path = "{selector}", is = "{pattern}" }}'
    kinds = f"alternatives = [{{ {when}, {other} }}]"
    return f"{kinds}, {own}", other_value if counts else own_value


def named(field: str) -> str:
    return f'{{ name = "x", {field} }}'


@st.composite
def composite_field(draw: st.DrawFn, depth: int = 0) -> Field:
    """A field of bytes or of hex text with parts of any kind, those nested as well."""
    inner = plain_field() if depth >= 2 else st.one_of(plain_field(), composite_field(depth + 1))
    parts = draw(st.lists(inner, min_size=1, max_size=4))
    shape = draw(st.sampled_from(["positional", "bitmapped", "tagged", "tlv"]))
    if shape == "positional" and draw(st.booleans()):
        selector = 'encoding = "ascii", length = 1'
        parts = [(selector, st.just("S")), draw(varied_field(".1", "S")), *parts]
    outer = draw(st.sampled_from(['encoding = "binary"', 'encoding = "hex-ascii"']))
    outer += ', prefix = "binary:2", max = 60000'
    values: dict[str, st.SearchStrategy[Any]] = {}
    if shape == "positional":
        keys = "parts = [" + ", ".join(named(part) for part, _ in parts) + "], whole = true"
        values = {str(place): value for place, (_, value) in enumerate(parts, 1)}
        value = st.fixed_dictionaries(values)
    elif shape == "bitmapped":
        bits = draw(st.lists(st.integers(2, 16), min_size=len(parts), max_size=len(parts),
                             unique=True))  # fmt: skip
        coding = draw(st.sampled_from(["binary", "hex-ascii", "hex-ebcdic"]))
        keys = f'bitmap_bytes = 1, bitmaps_max = 2, bitmap = "{coding}", parts = {{'
        bits = [bit for bit in bits if bit != 9]
        pairs = list(zip(bits, parts, strict=False))
        keys += ", ".join(f"{bit} = {named(part)}" for bit, (part, _) in pairs) + "}"
        values = {str(bit): value for bit, (_, value) in pairs}
        value = st.fixed_dictionaries({}, optional=values)
    elif shape == "tagged":
        order = draw(st.sampled_from(["tag-length", "length-tag"]))
        tags = {f"T{place}": field for place, field in enumerate(parts)}
        keys = f'tag = "ascii:2", length = "bcd:5", order = "{order}", tags = {{'
        keys += ", ".join(f"{tag} = {named(part)}" for tag, (part, _) in tags.items()) + "}"
        unknown = {"U1": text_of(NIBBLES, 2, 0, 9)}
        values = {tag: value for tag, (_, value) in tags.items()} | unknown
        value = st.fixed_dictionaries({}, optional=values)
    else:
        keys = 'tags = { 5A = { name = "x" } }'
        octets = text_of(NIBBLES, 2, 0, 200)
        value = st.fixed_dictionaries({}, optional={"5A": octets, "9F02": octets, "DF8101": octets})
    layout = f'layouts = [{{ kind = "{shape}", {keys} }}]'
    # a composite of which nothing is given has no nested values to be told by
    return f"{outer}, {layout}", value.filter(bool)


@st.composite
def specification(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A whole file, and a message that it can carry."""
    indicator = draw(st.sampled_from(["bcd", "ascii", "ebcdic"]))
    bitmap = draw(st.sampled_from(["binary", "hex-ascii", "hex-ebcdic"]))
    head = f'[message]\ntype_indicator = "{indicator}"\nbitmap = "{bitmap}"\n'
    form = draw(st.sampled_from(["", "bitmaps_fixed = 2\n", "third_bitmap = 65\n"]))
    last = 128 if "fixed" in form else 192
    if draw(st.booleans()):
        head += 'header_bytes = 5\nheader = "6000030000"\n'
    trailing = draw(st.sampled_from(["reject", "keep", "ignore"]))
    numbers = st.integers(2, last).filter(lambda number: number not in (65, 129))
    chosen = draw(st.lists(numbers, min_size=1, max_size=6, unique=True))
    mti = draw(st.text("0123456789", min_size=4, max_size=4))
    lines, message = [], {"mti": mti}
    for number in chosen:
        nothing = st.just(('encoding = "ascii", length = 0', st.just("")))
        kinds = st.one_of(plain_field(), composite_field(), varied_field("mti", mti), nothing)
        keys, value = draw(kinds)
        lines.append(f"{number} = {named(keys)}\n")
        if draw(st.integers(0, 3)):
            message[str(number)] = draw(value)
    return f'{head}{form}trailing = "{trailing}"\n[fields]\n{"".join(lines)}', message


def inside(document: dict[str, Any], number: str, wanted: Any) -> Any:
    """What a decoded message shows where `wanted` was given."""
    if isinstance(wanted, str):
        return document.get(number)
    shown = document.get("subfields", {}).get(number, {})
    return without_marks(shown)


def without_marks(shown: Any) -> Any:
    if not isinstance(shown, dict):
        return shown
    return {key: without_marks(value) for key, value in shown.items() if key[0] != "_"}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(specification())
def test_what_is_encoded_decodes_to_the_same_values(drawn: tuple[str, dict[str, Any]]) -> None:
    text, fields = drawn
    assert [row for row in lint_specification(text) if row[0] == "error"] == []
    codec = Codec(text, name="generated")
    body = codec.encode(fields)
    message = codec.decode(body)
    document = json.loads(message.to_json(reveal=True))
    for number, value in fields.items():
        if number != "mti":
            assert inside(document, number, value) == value, number
    assert message.mti == fields["mti"]
    assert codec.encode(message) == body
    assert codec.encode(document) == body


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    specification(),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5),
    st.binary(max_size=8),
)
def test_what_decodes_encodes_to_the_same_bytes(
    drawn: tuple[str, dict[str, Any]], changes: list[tuple[int, int]], tail: bytes
) -> None:
    text, fields = drawn
    codec = Codec(text, name="generated")
    octets = bytearray(codec.encode(fields) + tail)
    for place, value in changes:
        octets[place % len(octets)] = value
    try:
        message = codec.decode(bytes(octets))
    except CodecError as error:
        assert error.path or "end of the message" in str(error)
        return
    again = codec.encode(message)
    assert bytes(octets).startswith(again)
    assert again == bytes(octets) or 'trailing = "ignore"' in text
    document = json.loads(message.to_json(reveal=True))
    assert json.loads(codec.decode(codec.encode(document)).to_json(reveal=True)) == document
