"""Octets are read out of what other programs print them as."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbs.cli.hexdump import octets_of_dump

OCTETS = bytes.fromhex("08008220000000000000040000000000000005271920310020130001") + b"beef 00|0"


@pytest.mark.parametrize(
    "command", [["xxd"], ["xxd", "-c", "24"], ["hexdump", "-C"], ["od", "-A", "x", "-t", "x1"]]
)
@pytest.mark.parametrize("octets", [OCTETS, bytes(300) + OCTETS, OCTETS[:16], OCTETS[:3]])
def test_what_programs_print_is_read(command: list[str], octets: bytes) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    shown = subprocess.run(command, input=octets, capture_output=True, check=True).stdout
    assert octets_of_dump(shown.decode()) == octets


def xxd(octets: bytes) -> str:
    lines = []
    for offset in range(0, len(octets), 16):
        row = octets[offset : offset + 16]
        text = "".join(chr(it) if 32 <= it < 127 else "." for it in row)
        lines.append(f"{offset:08x}: {row.hex(' ', -2):<39}  {text}")
    return "\n".join(lines)


def canonical(octets: bytes) -> str:
    lines = []
    for offset in range(0, len(octets), 16):
        row = octets[offset : offset + 16]
        text = "".join(chr(it) if 32 <= it < 127 else "." for it in row)
        pairs = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
        lines.append(f"{offset:08x}  {pairs:<48}  |{text}|")
    return "\n".join([*lines, f"{len(octets):08x}"])


@given(st.binary(min_size=1, max_size=100))
def test_the_text_beside_the_octets_is_never_taken_for_octets(octets: bytes) -> None:
    assert octets_of_dump(xxd(octets)) == octets
    assert octets_of_dump(canonical(octets)) == octets


@pytest.mark.parametrize(
    "text",
    [
        "0x0800aa",
        "08 00\naa\n",
        "0x08, 0x00,\n0xaa",
        "{0x8, 0x00, 0xAA};",
        r"b'\x08\x00\xaa'",
        "0000   08 00 aa   ...",
    ],
)
def test_other_ways_of_writing_octets_are_read(text: str) -> None:
    assert octets_of_dump(text) == b"\x08\x00\xaa"


@pytest.mark.parametrize(
    "text",
    ["", "GET / HTTP/1.1", "*", "00000000: 0800\n00000003: 11", "00000000: zz", "0x0800, hello"],
)
def test_what_is_no_dump_is_left_alone(text: str) -> None:
    assert not octets_of_dump(text)
