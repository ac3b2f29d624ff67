"""What bytes are that are no ISO 8583, as far as their first ones tell."""

from __future__ import annotations

import re

_MAGIC = (
    (b"\x7fELF", "a program (ELF)"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data; unpack it first"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"SSH-", "an SSH greeting"),
    (b"\xa1\xb2\xc3\xd4", "a packet capture; read it with cbs pcap"),
    (b"\xd4\xc3\xb2\xa1", "a packet capture; read it with cbs pcap"),
    (b"\xa1\xb2\x3c\x4d", "a packet capture; read it with cbs pcap"),
    (b"\x4d\x3c\xb2\xa1", "a packet capture; read it with cbs pcap"),
    (b"\x0a\x0d\x0d\x0a", "a packet capture; read it with cbs pcap"),
    (b"<?xml", "an XML document"),
    (b"PRI * HTTP/2", "an HTTP/2 connection"),
)
_HTTP = re.compile(
    rb"(GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT) [^\r\n]* HTTP/|HTTP/1\.[01] "
)
_JSON = re.compile(rb"\s*[\[{]\s*[\"\[{\]}]")
_PATTERN_BYTES_MIN = 64
_PERIOD_MAX = 8
_TLS_KINDS = {20: "change of cipher", 21: "alert", 22: "handshake", 23: "encrypted data"}


def what_else(octets: bytes) -> str | None:
    """What the bytes look like, as the end of "this looks like ..."; None if like nothing known."""
    for magic, meaning in _MAGIC:
        if octets.startswith(magic):
            return meaning
    if _HTTP.match(octets):
        return "an HTTP message"
    if _JSON.match(octets):
        return "JSON"
    return _tls(octets) or _pattern(octets) or _text(octets)


def is_certain(octets: bytes) -> bool:
    """Whether the first bytes are those of another format, whatever the rest may look like."""
    return (
        any(octets.startswith(magic) for magic, _ in _MAGIC if len(magic) > 3)
        or _HTTP.match(octets) is not None
        or _tls(octets) is not None
        or _pattern(octets) is not None
    )


def _pattern(octets: bytes) -> str | None:
    """A few bytes over and over, longer than any filler inside a message."""
    if len(octets) < _PATTERN_BYTES_MIN:
        return None
    for period in range(1, _PERIOD_MAX + 1):
        if octets[period:] == octets[:-period]:
            return f"{octets[:period].hex()} over and over"
    return None


def _tls(octets: bytes) -> str | None:
    """A TLS record: kind, version 3.0 to 3.4, a length, and what a handshake begins with."""
    if len(octets) < 6 or octets[0] not in _TLS_KINDS or octets[1] != 3 or octets[2] > 4:
        return None
    length = int.from_bytes(octets[3:5], "big")
    if not 0 < length <= 16_640:
        return None
    if octets[0] == 22 and octets[5] not in (1, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20):
        return None
    return f"a TLS record ({_TLS_KINDS[octets[0]]}): capture it before it is encrypted"


def _text(octets: bytes) -> str | None:
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
    odd = sum(not (character.isprintable() or character in "\r\n\t") for character in text)
    letters = sum(character.isalpha() for character in text)
    if odd or not letters:
        return None
    if re.fullmatch(r"[A-Za-z0-9+/\s]{16,}={0,2}\s*", text) and not text.isdigit():
        return "text, perhaps base64; turn it into bytes first"
    return "plain text"
