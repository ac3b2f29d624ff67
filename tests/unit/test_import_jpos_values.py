"""Any value that a class of any length can hold comes back as it was."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.importing import field, packager

from cbs.codec import Codec
from cbs.importers import import_specification
from cbs.importers.jpos_classes import _FIELDS

DIGITS = "0123456789"
PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
LETTERS = {
    "ascii": PRINTABLE,
    "ebcdic": PRINTABLE,
    "latin1": "".join(chr(code) for code in range(0x100)),
}
PADS = st.sampled_from([None, "true", "false"])


def contents(definition: dict[str, Any]) -> st.SearchStrategy[str]:
    """Texts that fill a field, or as much of it as its length counts."""
    encoding = definition["encoding"]
    most = definition.get("length", definition.get("max", 40))
    least = definition.get("length", 0)
    if encoding == "bcd" and definition.get("unit") == "bytes":
        most *= 2
    if definition.get("unit") == "nibbles":
        most //= 2
    if encoding in ("binary", "hex-ascii", "hex-ebcdic"):
        return st.binary(min_size=least, max_size=most).map(bytes.hex)
    if definition.get("sign") == "ascii" or definition.get("class") == "x+n":
        digits = st.text(DIGITS, min_size=max(least - 1, 0), max_size=most - 1)
        return st.builds("".join, st.tuples(st.sampled_from("CD"), digits))
    if encoding == "bcd" or definition.get("sign"):
        if definition.get("count_even"):
            return st.text(DIGITS, max_size=most).filter(lambda text: len(text) % 2 == 0)
        return st.text(DIGITS, min_size=least, max_size=most)
    letters = LETTERS[encoding].replace("|", "")
    return st.text(letters, min_size=least, max_size=most)


@given(
    data=st.data(),
    class_name=st.sampled_from(sorted(_FIELDS)),
    length=st.integers(1, 60),
    pad=PADS,
)
def test_what_a_class_writes_it_reads(
    data: st.DataObject, class_name: str, length: int, pad: str | None
) -> None:
    token = "7c" if class_name.endswith("BINARY") else "|"
    more = {"pad": pad} if pad else {}
    length = min(length, _FIELDS[class_name].count_max or length)
    xml = packager(field(48, class_name, length, token=token, **more))
    text = import_specification("jpos", xml)
    codec = Codec(text, name="imported")
    definition = tomllib.loads(text)["fields"]["48"]
    value = data.draw(contents(definition))
    if definition.get("terminator") and "7c" in definition["terminator"]:
        value = value.replace("7c", "7d")
    octets = codec.encode({"mti": "0100", "48": value})
    decoded = codec.decode(octets)
    assert decoded["48"] == value
    assert codec.encode(decoded) == octets
