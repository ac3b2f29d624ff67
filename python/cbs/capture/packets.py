"""TCP segments out of packets: link layers, VLAN tags, IPv4 and IPv6, fragments put together.

Checksums are not looked at: where a network card computes them, captures show wrong ones.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, OrderedDict
from typing import NamedTuple

from cbs.capture.files import Packet

DATAGRAMS_MAX = 256
"""Datagrams in fragments that are waited for at a time."""

FRAGMENTS_MAX = 2048
"""Fragments of one datagram; the smallest that routers make give fewer."""

FRAGMENT_BYTES_MAX = 1 << 17
"""Bytes in them, those that overlap counted twice."""

_IPV4, _IPV6 = 0x0800, 0x86DD
_VLAN_TAGS = {0x8100, 0x88A8, 0x9100}
_RAW = {12, 14, 101, 228, 229}
_NULL, _ETHERNET, _LOOP, _COOKED, _COOKED_2 = 0, 1, 108, 113, 276
_TCP, _FRAGMENT, _AUTHENTICATION = 6, 44, 51
_EXTENSIONS = {0, 43, 60, 135, _AUTHENTICATION}

FIN, SYN, RST, ACK = 1, 2, 4, 16


class Endpoint(NamedTuple):
    """An address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Segment(NamedTuple):
    """One TCP segment."""

    time_ns: int
    source: Endpoint
    destination: Endpoint
    sequence: int
    acknowledged: int
    flags: int
    payload: bytes
    missing: int
    """Bytes of the payload that the capture did not keep."""


class _Datagram(NamedTuple):
    source: bytes
    destination: bytes
    protocol: int
    content: bytes
    length: int
    """Of the content on the wire."""


class SegmentReader:
    """Turns packets into segments; keeps fragments until they are whole."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self.ignored: Counter[str] = Counter()
        """Packets that hold no TCP segment, by the reason."""
        self._fragments: OrderedDict[tuple[object, ...], _Pieces] = OrderedDict()

    def read(self, packet: Packet) -> Segment | None:
        """The packet's segment; None if it has none, or not all of it yet."""
        datagram = self._datagram(packet)
        if datagram is None:
            return None
        if datagram.protocol != _TCP:
            self.ignored["not TCP"] += 1
            return None
        return self._segment(packet.time_ns, datagram)

    @property
    def fragments_incomplete(self) -> int:
        """Datagrams of which a fragment is missing so far."""
        return len(self._fragments)

    def _datagram(self, packet: Packet) -> _Datagram | None:
        content, is_ip = _network_layer(packet)
        if not is_ip or not content:
            self.ignored["not IP" if is_ip is False else f"link type {packet.link_type}"] += 1
            return None
        version = content[0] >> 4
        if version == 4 and len(content) >= 20:
            return self._version_4(content)
        if version == 6 and len(content) >= 40:
            return self._version_6(content)
        self.ignored["broken IP header"] += 1
        return None

    def _version_4(self, octets: bytes) -> _Datagram | None:
        head, total = (octets[0] & 0x0F) * 4, int.from_bytes(octets[2:4], "big")
        # Cards that cut segments themselves leave the length at zero.
        total = total or len(octets)
        if head < 20 or total < head:
            self.ignored["broken IP header"] += 1
            return None
        place = int.from_bytes(octets[6:8], "big")
        source, destination, protocol = octets[12:16], octets[16:20], octets[9]
        datagram = _Datagram(source, destination, protocol, octets[head:total], total - head)
        if place & 0x3FFF == 0:
            return datagram
        key = (source, destination, protocol, octets[4:6])
        return self._fragment(key, datagram, (place & 0x1FFF) * 8, bool(place & 0x2000))

    def _version_6(self, octets: bytes) -> _Datagram | None:
        length = int.from_bytes(octets[4:6], "big") or len(octets) - 40
        source, destination, protocol = octets[8:24], octets[24:40], octets[6]
        content, place = octets[40 : 40 + length], 0
        while protocol in _EXTENSIONS and place + 8 <= len(content):
            size = content[place + 1]
            step = (size + 2) * 4 if protocol == _AUTHENTICATION else (size + 1) * 8
            protocol, place = content[place], place + step
        datagram = _Datagram(source, destination, protocol, content[place:], length - place)
        if protocol != _FRAGMENT or len(datagram.content) < 8:
            return datagram
        head = datagram.content[:8]
        where = int.from_bytes(head[2:4], "big")
        inner = _Datagram(source, destination, head[0], datagram.content[8:], datagram.length - 8)
        return self._fragment((source, destination, head[4:8]), inner, where & 0xFFF8, where & 1)

    def _fragment(
        self, key: tuple[object, ...], datagram: _Datagram, offset: int, more: bool | int
    ) -> _Datagram | None:
        pieces = self._fragments.setdefault(key, _Pieces())
        is_new = pieces.add(offset, datagram.content, is_last=not more)
        content = pieces.whole() if is_new else None
        if content is not None:
            del self._fragments[key]
            return datagram._replace(content=content, length=len(content))
        if len(self._fragments) > DATAGRAMS_MAX:
            self._fragments.popitem(last=False)
            self.ignored["fragments of an incomplete datagram"] += 1
        return None

    def _segment(self, time_ns: int, datagram: _Datagram) -> Segment | None:
        octets = datagram.content
        head = (octets[12] >> 4) * 4 if len(octets) >= 20 else 0
        if head < 20 or head > datagram.length:
            self.ignored["broken TCP header"] += 1
            return None
        payload = octets[head:]
        source, destination = _host(datagram.source), _host(datagram.destination)
        return Segment(
            time_ns,
            Endpoint(source, int.from_bytes(octets[0:2], "big")),
            Endpoint(destination, int.from_bytes(octets[2:4], "big")),
            int.from_bytes(octets[4:8], "big"),
            int.from_bytes(octets[8:12], "big"),
            octets[13],
            payload,
            max(datagram.length - head - len(payload), 0),
        )


class _Pieces:
    """The fragments of one datagram so far."""

    def __init__(self) -> None:
        self._pieces: dict[int, bytes] = {}
        self._held_bytes = 0
        self._length: int | None = None

    def add(self, offset: int, content: bytes, *, is_last: bool) -> bool:
        """Whether it says more than what was there. More than a datagram can be is passed over."""
        # Of two fragments for one place the first counts, as most receivers have it.
        if offset in self._pieces or len(self._pieces) >= FRAGMENTS_MAX:
            return False
        if self._held_bytes + len(content) > FRAGMENT_BYTES_MAX:
            return False
        self._pieces[offset] = content
        self._held_bytes += len(content)
        if is_last:
            self._length = offset + len(content)
        return True

    def whole(self) -> bytes | None:
        if self._length is None or self._held_bytes < self._length:
            return None
        content = bytearray()
        for offset, piece in sorted(self._pieces.items()):
            if offset > len(content):
                return None
            content += piece[len(content) - offset :]
        return bytes(content[: self._length]) if len(content) >= self._length else None


def _network_layer(packet: Packet) -> tuple[bytes, bool | None]:
    """What lies behind the link layer, and whether it is IP; None for an unknown link layer."""
    octets, link = packet.octets, packet.link_type
    if link in _RAW:
        return octets, True
    if link in (_NULL, _LOOP):
        # The address family, which differs between systems; the version tells as much.
        return octets[4:], (octets[4:5] and octets[4] >> 4 in (4, 6)) or False
    if link == _ETHERNET:
        place = 12
    elif link == _COOKED:
        place = 14
    elif link == _COOKED_2:
        kind = int.from_bytes(octets[0:2], "big")
        return octets[20:], kind in (_IPV4, _IPV6)
    else:
        return b"", None
    kind = int.from_bytes(octets[place : place + 2], "big")
    while kind in _VLAN_TAGS and place + 6 <= len(octets):
        place += 4
        kind = int.from_bytes(octets[place : place + 2], "big")
    return octets[place + 2 :], kind in (_IPV4, _IPV6)


def _host(octets: bytes) -> str:
    return str(ipaddress.ip_address(octets))
