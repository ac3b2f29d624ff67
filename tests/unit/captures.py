"""Packet captures, made by hand: files, link layers, IP, TCP, with everything that goes wrong."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
START_NS = 1_795_000_000_123_456_789
CLIENT, SERVER = ("10.0.0.1", 40001), ("10.0.0.2", 8583)
CLIENT_6, SERVER_6 = ("2001:db8::1", 40001), ("2001:db8::2", 8583)


class Captured(NamedTuple):
    time_ns: int
    octets: bytes
    link_type: int = 1


def tcp(
    source: tuple[str, int],
    destination: tuple[str, int],
    sequence: int,
    acknowledged: int,
    flags: int,
    payload: bytes = b"",
    options: bytes = b"",
) -> bytes:
    head = 20 + len(options)
    return (
        struct.pack(
            ">HHIIBBHHH",
            source[1],
            destination[1],
            sequence % 2**32,
            acknowledged % 2**32,
            head // 4 << 4,
            flags,
            65535,
            0,
            0,
        )
        + options
        + payload
    )


def ipv4(
    source: str, destination: str, content: bytes, *, identity: int = 1, place: int = 0,
    protocol: int = 6, options: bytes = b"",
) -> bytes:  # fmt: skip
    """`place`: flags and offset of a fragment as they stand in the header."""
    head = 20 + len(options)
    ends = [ipaddress.ip_address(it).packed for it in (source, destination)]
    return (
        struct.pack(
            ">BBHHHBBH4s4s", 0x40 | head // 4, 0, head + len(content), identity, place, 64,
            protocol, 0, *ends,
        )
        + options + content
    )  # fmt: skip


def ipv6(source: str, destination: str, content: bytes, *, protocol: int = 6) -> bytes:
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
    return struct.pack(">IHBB", 0x60000000, len(content), protocol, 64) + addresses + content


def ip(source: str, destination: str, content: bytes) -> bytes:
    return (ipv6 if ":" in source else ipv4)(source, destination, content)


def linked(network: bytes, link: str) -> tuple[bytes, int]:
    """An IP packet in a link layer, and that layer's number."""
    kind = b"\x86\xdd" if network[0] >> 4 == 6 else b"\x08\x00"
    return {
        "ethernet": (bytes(12) + kind + network, 1),
        "vlan": (bytes(12) + b"\x81\x00\x00\x07" + kind + network, 1),
        "double vlan": (bytes(12) + b"\x88\xa8\x00\x07\x81\x00\x00\x08" + kind + network, 1),
        "raw": (network, 101),
        "null": (b"\x02\0\0\0" + network, 0),
        "loop": (b"\0\0\0\x02" + network, 108),
        "cooked": (b"\0\0\0\x01\0\x06" + bytes(8) + kind + network, 113),
        "cooked 2": (kind + b"\0\0" + bytes(16) + network, 276),
    }[link]


LINKS = ("ethernet", "vlan", "double vlan", "raw", "null", "loop", "cooked", "cooked 2")


@dataclass
class Wire:
    """A TCP connection that is being captured."""

    client: tuple[str, int] = CLIENT
    server: tuple[str, int] = SERVER
    link: str = "ethernet"
    now_ns: int = START_NS
    packets: list[Captured] = field(default_factory=list)
    sequence: dict[int, int] = field(default_factory=lambda: {0: 4_294_967_290, 1: 5_000})

    def ends(self, side: int) -> tuple[tuple[str, int], tuple[str, int]]:
        return (self.client, self.server) if side == 0 else (self.server, self.client)

    def segment(
        self, side: int, flags: int, payload: bytes = b"", *, at: int | None = None,
        acknowledged: int | None = None,
    ) -> Captured:  # fmt: skip
        """A segment that is not captured yet; `at` is its sequence number."""
        source, destination = self.ends(side)
        sequence = self.sequence[side] if at is None else at
        ack = self.sequence[1 - side] if acknowledged is None else acknowledged
        content = tcp(source, destination, sequence, ack, flags, payload)
        octets, link_type = linked(ip(source[0], destination[0], content), self.link)
        self.now_ns += 1_000_000
        return Captured(self.now_ns, octets, link_type)

    def keep(self, *captured: Captured) -> None:
        self.packets += captured

    def open(self) -> Wire:
        self.keep(self.segment(0, SYN))
        self.sequence[0] += 1
        self.keep(self.segment(1, SYN | ACK))
        self.sequence[1] += 1
        self.keep(self.segment(0, ACK))
        return self

    def prepare(self, side: int, payload: bytes) -> Captured:
        """A data segment that follows the ones before; it may be kept, late, or never."""
        captured = self.segment(side, PSH | ACK, payload)
        self.sequence[side] += len(payload)
        return captured

    def send(self, side: int, payload: bytes, *, size: int = 1460) -> None:
        for place in range(0, len(payload), size):
            self.keep(self.prepare(side, payload[place : place + size]))

    def wait(self, milliseconds: float) -> None:
        self.now_ns += int(milliseconds * 1_000_000) - 1_000_000

    def close(self) -> None:
        for side in (0, 1):
            self.keep(self.segment(side, FIN | ACK))
            self.sequence[side] += 1


def pcap(
    packets: list[Captured], *, order: str = "<", nanoseconds: bool = False, snap: int = 65535
) -> bytes:
    link_type = packets[0].link_type if packets else 1
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    file = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link_type)
    for time_ns, octets, _ in packets:
        fraction = time_ns % 1_000_000_000 // (1 if nanoseconds else 1000)
        kept = octets[:snap]
        file += struct.pack(
            order + "IIII", time_ns // 1_000_000_000, fraction, len(kept), len(octets)
        )
        file += kept
    return file


def block(kind: int, body: bytes, order: str) -> bytes:
    body += bytes(-len(body) % 4)
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order: str) -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def pcapng(packets: list[Captured], *, order: str = "<", resolution: int = 9) -> bytes:
    """With an interface for each link type; `resolution` as the option has it."""
    file = section(order) + block(5, b"what is unknown is passed over", order)
    counts = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    links = sorted({packet.link_type for packet in packets})
    for link_type in links:
        option = struct.pack(order + "HHBxxxHH", 9, 1, resolution, 0, 0)
        file += block(1, struct.pack(order + "HHI", link_type, 0, 0) + option, order)
    for time_ns, octets, link_type in packets:
        count = time_ns * counts // 1_000_000_000
        head = (links.index(link_type), count >> 32, count & 0xFFFFFFFF, len(octets), len(octets))
        file += block(6, struct.pack(order + "IIIII", *head) + octets, order)
    return file
