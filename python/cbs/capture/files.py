"""Packets out of capture files: pcap and pcapng, in either byte order, read as a stream.

Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from cbs.errors import CaptureError

PACKET_BYTES_MAX = 1 << 20
"""The longest packet or block that is read; a longer one is a sign of a broken file."""

_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 1000, 0), b"\xd4\xc3\xb2\xa1": ("<", 1000, 0),
    b"\xa1\xb2\x3c\x4d": (">", 1, 0), b"\x4d\x3c\xb2\xa1": ("<", 1, 0),
    # one old program's records have eight bytes more
    b"\xa1\xb2\xcd\x34": (">", 1000, 8), b"\x34\xcd\xb2\xa1": ("<", 1000, 8),
}  # fmt: skip
"""First bytes: byte order, nanoseconds in one count of the fraction, further bytes of a record."""

_PCAPNG = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_RESOLUTION, _TIME_OFFSET = 9, 14
_TIME_NS_END = 253_402_300_800 * 1_000_000_000
"""The year 10000: a time from there on, or before 1970, is none that a packet was captured at."""


class Packet(NamedTuple):
    """One packet as it was captured."""

    time_ns: int
    """Since 1970; 0 where the file does not say."""
    link_type: int
    octets: bytes
    length: int
    """On the wire; more than `octets` where the capture kept only the beginning."""


class _Interface(NamedTuple):
    link_type: int
    snap_length: int
    counts_in_a_second: int
    offset_s: int


class CaptureFile:
    """A capture file, read packet by packet. Raises `CaptureError` if it is none."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the first bytes, which say what it is."""
        self._file = file
        self.bytes_read = 0
        self.problem: str | None = None
        """Why reading ended before the file's end, once it has."""
        magic = file.read(4)
        self.bytes_read = len(magic)
        self._is_next_generation = magic == _PCAPNG
        if not self._is_next_generation and magic not in _PCAP:
            if not magic:
                raise CaptureError("no packet capture: the file is empty")
            found = magic.hex()
            raise CaptureError(f"no packet capture: it begins with {found}, not as pcap or pcapng")
        self._magic = magic

    def __iter__(self) -> Iterator[Packet]:
        """Every packet; ends at the first fault, which is then in `problem`."""
        try:
            yield from self._blocks() if self._is_next_generation else self._records()
        except (_BrokenError, struct.error, EOFError, OSError, zlib.error) as error:
            self.problem = f"the file is broken or cut off at byte {self.bytes_read}: {error}"

    def _take(self, count: int, what: str) -> bytes:
        if count > PACKET_BYTES_MAX:
            raise _BrokenError(f"{what} of {count} bytes cannot be")
        octets = self._file.read(count)
        self.bytes_read += len(octets)
        if len(octets) < count:
            raise _BrokenError(f"{what} lacks {count - len(octets)} of {count} bytes")
        return octets

    def _at_end(self) -> bytes:
        """The first bytes of what follows; none at the end of the file."""
        octets = self._file.read(4)
        self.bytes_read += len(octets)
        if 0 < len(octets) < 4:
            raise _BrokenError(f"{len(octets)} bytes are left over")
        return octets

    def _records(self) -> Iterator[Packet]:
        order, unit_ns, further = _PCAP[self._magic]
        header = self._take(20, "the file's header")
        link_type = struct.unpack(order + "I", header[16:])[0] & 0x0FFFFFFF
        while first := self._at_end():
            record = first + self._take(12 + further, "a packet's header")
            seconds, fraction, kept, length = struct.unpack(order + "IIII", record[:16])
            octets = self._take(kept, "a packet")
            yield Packet(
                seconds * 1_000_000_000 + fraction * unit_ns, link_type, octets, max(length, kept)
            )

    def _blocks(self) -> Iterator[Packet]:
        order, interfaces = "<", list[_Interface]()
        first = self._magic
        while first:
            size = self._take(4, "a block's header")
            if first == _PCAPNG:
                mark = self._take(4, "a section's header")
                order = "<" if mark == b"\x4d\x3c\x2b\x1a" else ">"
                if mark not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
                    raise _BrokenError("a section has no byte order")
                interfaces = []
            already = 12 if first == _PCAPNG else 8
            kind, length = struct.unpack(order + "II", first + size)
            if length < already + 4 or length % 4:
                raise _BrokenError(f"a block of {length} bytes cannot be")
            body = self._take(length - already, "a block")[:-4]
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif kind in (_PACKET, _OLD_PACKET, _SIMPLE_PACKET):
                yield _packet(kind, body, order, interfaces)
            first = self._at_end()


class _BrokenError(Exception):
    """The file cannot be read any further."""


def _interface(body: bytes, order: str) -> _Interface:
    link_type, _, snap_length = struct.unpack(order + "HHI", body[:8])
    counts, offset_s, place = 1_000_000, 0, 8
    while place + 4 <= len(body):
        code, length = struct.unpack(order + "HH", body[place : place + 4])
        value = body[place + 4 : place + 4 + length]
        if code == _RESOLUTION and value:
            # The first bit chooses between powers of two and of ten.
            exponent = min(value[0] & 0x7F, 60)
            counts = 2**exponent if value[0] & 0x80 else 10**exponent
        elif code == _TIME_OFFSET and length == 8:
            offset_s = struct.unpack(order + "q", value)[0]
        elif code == 0:
            break
        place += 4 + length + -length % 4
    return _Interface(link_type, snap_length, counts, offset_s)


def _packet(kind: int, body: bytes, order: str, interfaces: list[_Interface]) -> Packet:
    if kind == _SIMPLE_PACKET:
        number, count, start = 0, 0, 4
        length = struct.unpack(order + "I", body[:4])[0]
        kept = min(length, len(body) - 4)
    else:
        head = "IIIII" if kind == _PACKET else "HHIIII"
        start = struct.calcsize(order + head)
        number, *_, high, low, kept, length = struct.unpack(order + head, body[:start])
        count = high << 32 | low
    if number >= len(interfaces):
        raise _BrokenError(f"a packet names interface {number}, which the file does not describe")
    interface = interfaces[number]
    if kind == _SIMPLE_PACKET and interface.snap_length:
        kept = min(kept, interface.snap_length)
    if start + kept > len(body):
        raise _BrokenError("a packet is longer than its block")
    time_ns = count * 1_000_000_000 // interface.counts_in_a_second
    if kind != _SIMPLE_PACKET:
        time_ns += interface.offset_s * 1_000_000_000
    if not 0 <= time_ns < _TIME_NS_END:
        time_ns = 0
    octets = body[start : start + kept]
    return Packet(time_ns, interface.link_type, octets, max(length, kept))
