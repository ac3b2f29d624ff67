"""pyiso8583's dictionaries, out of Python and JSON, without running anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from iso8583 import decode as peer_decode  # type: ignore[import-untyped, unused-ignore]
from iso8583.specs import default_ascii
from tests.unit.importing import loaded, message

from cbs.codec import Codec
from cbs.errors import SpecificationImportError
from cbs.importers import Choices, import_specification


def entry(data: str, length: str, size: int, most: int, **more: Any) -> dict[str, Any]:
    return {"data_enc": data, "len_enc": length, "len_type": size, "max_len": most, **more}


BASE = {
    "h": entry("ascii", "ascii", 0, 0),
    "t": entry("ascii", "ascii", 0, 4),
    "p": entry("b", "ascii", 0, 8),
    "1": entry("b", "ascii", 0, 8),
}


def codec_of(**fields: Any) -> Codec:
    given = {**BASE, **{key.lstrip("f"): it for key, it in fields.items()}}
    return loaded("pyiso8583", json.dumps(given).encode())


WIRE: list[tuple[dict[str, Any], bytes, str]] = [
    (entry("ascii", "ascii", 2, 20), b"03abc", "abc"),
    (entry("latin-1", "b", 2, 20), b"\x00\x03ab\xe9", "ab\xe9"),
    (entry("cp500", "cp500", 3, 20), b"\xf0\xf0\xf1\x4f", "!"),
    (entry("cp037", "bcd", 1, 20), b"\x01\x5a", "!"),
    (entry("b", "ascii", 0, 2), b"\x9f\x01", "9f01"),
    (entry("b", "bcd", 2, 999), b"\x00\x02\x9f\x01", "9f01"),
    (entry("b", "b", 1, 20, len_count="nibbles", left_pad="0"), b"\x03\x01\x23", "123"),
    (entry("b", "b", 1, 20, len_count="nibbles", right_pad="F"), b"\x03\x12\x3f", "123"),
    (entry("b", "ascii", 0, 3, len_count="nibbles", left_pad="0"), b"\x01\x23", "123"),
]


@pytest.mark.parametrize(("given", "wire", "text"), WIRE)
def test_a_field_reads_what_it_writes(given: dict[str, Any], wire: bytes, text: str) -> None:
    codec = codec_of(f48=given)
    assert codec.decode(message(48, wire))["48"] == text
    assert codec.encode({"mti": "0100", "48": text}) == message(48, wire)


def test_the_public_nibble_message_decodes() -> None:
    # tests/test_nibbles.py of pyiso8583 4.0.1: two characters count three nibbles, F behind them
    octets = bytes.fromhex("30323030343030303030303030303030303030303033123f")
    given = {
        **BASE,
        "p": entry("ascii", "ascii", 0, 16),
        "1": entry("ascii", "ascii", 0, 16),
        "2": entry("b", "ascii", 2, 19, len_count="nibbles", right_pad="F"),
    }
    codec = loaded("pyiso8583", json.dumps(given).encode())
    decoded = codec.decode(octets)
    assert decoded.reveal("2") == "123"
    assert codec.encode(decoded) == octets


def test_a_shipped_specification_reads_what_the_peer_reads() -> None:
    codec = loaded("pyiso8583", repr(default_ascii).encode())
    octets = b"0100" + b"7000000000000000" + b"164567890123456783" + b"000000" + b"000000001000"
    peer, _ = peer_decode(octets, default_ascii)
    decoded = codec.decode(octets)
    assert {key: decoded.reveal(key) for key in ("2", "3", "4")} == {
        key: peer[key] for key in ("2", "3", "4")
    }


def test_python_is_parsed_and_never_run() -> None:
    content = f"""import os
os.mkdir("ran")
spec = {BASE!r}
spec["48"] = {entry("ascii", "ascii", 2, 20)!r}
spec["48"]["max_len"] = 30
"""
    text = import_specification("pyiso8583", content.encode())
    assert '48 = { name = "Field 48"' in text and "max = 30" in text
    assert not Path("ran").exists()
    with pytest.raises(SpecificationImportError, match=r"line 6: changes or uses spec"):
        import_specification("pyiso8583", (content + "spec.update(other)\n").encode())
    with pytest.raises(SpecificationImportError, match="no dictionary of literals"):
        import_specification("pyiso8583", b"spec = {'t': open('x')}")


def test_one_of_several_dictionaries_is_asked_for_by_its_name() -> None:
    content = f"a = {BASE!r}\nb = {BASE!r}\n".encode()
    with pytest.raises(SpecificationImportError, match=r"the file has: a, b"):
        import_specification("pyiso8583", content)
    assert import_specification("pyiso8583", content, choices=Choices(name="b"))


REFUSED = [
    ({"48": entry("utf-16", "ascii", 2, 9)}, "48.data_enc"),
    ({"48": entry("ascii", "utf-16", 2, 9)}, "48.len_enc"),
    ({"48": entry("ascii", "ascii", 2, 9, len_count="nibbles")}, "48.len_count"),
    ({"48": entry("b", "b", 1, 9, len_count="nibbles", left_pad="X")}, "48.left_pad"),
    ({"48": entry("ascii", "ascii", 2, 0)}, "48.max_len"),
    ({"48": entry("ascii", "ascii", 9, 9)}, "48 (fields.48.prefix)"),
    ({"48": {**entry("ascii", "ascii", 2, 9), "other": 1}}, "48.other"),
    ({"48": {"data_enc": "ascii"}}, "48.len_type"),
    ({"193": entry("ascii", "ascii", 2, 9)}, "193"),
    ({"02": entry("ascii", "ascii", 2, 9)}, "02"),
    ({"t": entry("utf-16", "ascii", 0, 4)}, "t.data_enc"),
    ({"p": entry("utf-16", "ascii", 0, 8)}, "p.data_enc"),
    ({"1": entry("ascii", "ascii", 0, 16)}, "1.data_enc"),
    ({"48": entry("utf-8", "ascii", 2, 9)}, "48.data_enc"),
    ({"48": entry("cp273", "ascii", 2, 9)}, "48.data_enc"),
    ({"48": entry("b", "ascii", 0, 3, len_count="nibbles")}, "48.max_len"),
    ({"48": entry("ascii", "ascii", 0, 65_536)}, "48.max_len"),
    ({"48": entry("ascii", "ascii", 2, "9")}, "48.max_len"),
    ({"48": entry("b", "bcd", 4, 9)}, "48 (fields.48.prefix)"),
    ({"48": []}, "48"),
    ({"h": entry("ascii", "ascii", 2, 8)}, "h.len_type"),
]


@pytest.mark.parametrize(("fields", "path"), REFUSED)
def test_what_cannot_be_expressed_is_refused_with_its_path(fields: Any, path: str) -> None:
    with pytest.raises(SpecificationImportError) as refused:
        import_specification("pyiso8583", json.dumps({**BASE, **fields}).encode())
    assert path in [place for place, _ in refused.value.problems], refused.value.problems
