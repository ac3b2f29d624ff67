"""Octets out of what programs print them as: xxd, hexdump -C, od, Wireshark, C arrays, escapes."""

from __future__ import annotations

import contextlib
import re

_LINE = re.compile(r"\s*(?:0x)?([0-9A-Fa-f]{4,16}):?(?:\s+(\S.*))?\s*")
_GROUPS = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ESCAPES = re.compile(r"""[\sb"'(]*(?:\\x[0-9A-Fa-f]{2}[\s"']*)+[)\s]*""")
_ARRAY = re.compile(r"[\s{\[(]*0x[0-9A-Fa-f]{1,2}(?:\s*,\s*0x[0-9A-Fa-f]{1,2})*[\s,;}\])]*")
_MIDDLE = 8
"""Octets of a line behind which some programs leave a wider gap."""
_FILL_MAX = 1 << 20
"""The most octets that a line of repetition may stand for."""


def octets_of_dump(text: str) -> bytes | None:
    """The octets that `text` shows in one of these forms or as plain hex; None if in none."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        # Offsets are hex text too, so that they must be looked for first.
        dumped = _of_lines(lines)
        if dumped is not None:
            return dumped
    with contextlib.suppress(ValueError):
        return bytes.fromhex(text.strip().removeprefix("0x"))
    if _ESCAPES.fullmatch(text):
        return bytes.fromhex("".join(re.findall(r"\\x(..)", text)))
    if _ARRAY.fullmatch(text):
        return bytes(int(octet, 16) for octet in re.findall(r"0x([0-9A-Fa-f]{1,2})", text))
    return _of_lines(lines)


def _of_lines(lines: list[str]) -> bytes | None:
    """Lines that begin with the offset of their first octet."""
    octets, base, repeats, row = bytearray(), None, False, b""
    for number, line in enumerate(lines):
        if line.strip() == "*":
            repeats = True
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            return None
        offset = int(found[1], 16)
        base = offset if base is None else base
        if repeats and not _repeat(octets, row, offset - base):
            return None
        repeats = False
        if offset - base != len(octets):
            return None
        row = _row(found[2] or "", _width(lines[number + 1 :], offset))
        if not row and found[2]:
            return None
        octets += row
    return bytes(octets) if len(octets) else None


def _repeat(octets: bytearray, row: bytes, length: int) -> bool:
    """Repeat the last row up to `length`, where that is possible."""
    missing = length - len(octets)
    if not row or not 0 <= missing <= _FILL_MAX:
        return False
    octets += (row * (missing // len(row) + 1))[:missing]
    return True


def _width(following: list[str], offset: int) -> int | None:
    """How many octets a line has, as the offset of the next one tells."""
    found = _LINE.fullmatch(following[0]) if following else None
    return int(found[1], 16) - offset if found else None


def _row(text: str, width: int | None) -> bytes:
    """The octets of a line behind its offset; what stands beside them as text is left."""
    digits, place = "", 0
    while width is None or len(digits) < 2 * width:
        found = _GROUPS.match(text, place)
        if found is None:
            break
        digits += found[0]
        gap = re.match(r"\s*", text[found.end() :])
        blanks = len(gap[0]) if gap else 0
        place = found.end() + blanks
        is_middle = len(digits) == 2 * _MIDDLE and blanks == 2
        if width is None and (blanks != 1 and not is_middle):
            break
    return bytes.fromhex(digits[: 2 * width] if width is not None else digits)
