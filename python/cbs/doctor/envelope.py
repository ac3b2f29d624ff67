"""Where messages may begin in a dump, and which framings and headers would explain that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cbs.codec import Frame, Framer, frame_bytes, holds_message
from cbs.doctor.evidence import Evidence
from cbs.errors import FrameError

FRAMES_MAX = 8
"""Messages of one dump that are read; more would only say the same again."""

STARTS_MAX = 24
"""Places without a known envelope at which a message is looked for."""

OFFSET_MAX = 512
"""The furthest such place: what lies in front is longer than any headers of a packet."""

HEADER_BYTES_MAX = 64
"""The longest header of unknown kind that is tried."""

FIXED_MAX = 8
"""Headers of unknown kind that are tried in front of one message."""

_LENGTH_MAX = 65_535

_PRIOR = {
    "vmlh": 0.0, "zero2len2": -1.0, "len2": 1.0, "len2-inclusive": -0.5, "len2-le": -2.0,
    "len2-le-inclusive": -3.0, "len1": -4.0, "len1-inclusive": -4.5, "len3": -4.0,
    "len3-inclusive": -4.5, "len4": -0.5, "len4-inclusive": -1.0, "len4-le": -2.0,
    "len4-le-inclusive": -3.0, "ascii2": -4.0, "ascii3": -2.0, "ascii4": 0.0,
    "ascii4-inclusive": -0.5, "ascii5": -2.0, "ascii6": -2.0, "ascii6-inclusive": -2.5,
    "ebcdic4": -1.0, "ebcdic4-inclusive": -1.5, "bcd2": -0.5, "bcd2-inclusive": -1.0,
    "bcd3": -3.0, "bcd4": -3.0, "hex4": -1.0, "hex4-inclusive": -1.5, "hex8": -3.0,
    "none": 0.0,
}  # fmt: skip
"""Framings that are tried, and how much more usual than others they are."""

_TRAILERS = ("", "+03", "+trailer:1", "+trailer:2", "+trailer:4")
_USUAL = [name for name, prior in _PRIOR.items() if prior >= -1 and name != "none"]
"""Those that are looked for behind bytes of something else."""

_PREFIX_BYTES = {"vmlh": 4, "zero2len2": 4, "none": 0}

_BCD_TYPE = re.compile(rb"[\x01-\x08\x11-\x18\x21-\x28\x81-\x88\x91-\x98][\x00-\x95]", re.DOTALL)
_ASCII_TYPE = re.compile(rb"[0-289][1-8][0-9][0-5][0-9A-Fa-f\x00-\xff]", re.DOTALL)
_EBCDIC_TYPE = re.compile(rb"[\xf0-\xf2\xf8\xf9][\xf1-\xf8][\xf0-\xf9][\xf0-\xf5]", re.DOTALL)


class Piece(NamedTuple):
    """The body of one message and where it lies in the dump."""

    body: bytes
    offset: int
    kind: str
    cut_off: bool = False


class Envelope(NamedTuple):
    """One way to cut a dump: its options, the bodies, and what speaks for it."""

    framing: str
    header: str
    skip: int
    """Bytes in front of the first frame that it does not explain."""
    pieces: tuple[Piece, ...]
    frames: int
    polls: int
    rest: int
    """Bytes behind the last complete frame."""
    evidence: tuple[Evidence, ...]


def looks_like_start(octets: bytes, offset: int) -> bool:
    """Whether a message type of some coding stands at `offset`, with a bitmap behind it."""
    piece = octets[offset : offset + 12]
    if _BCD_TYPE.match(piece):
        return piece[1] & 0x0F <= 5 and _is_bitmap(piece[2:10])
    if _ASCII_TYPE.match(piece) or _EBCDIC_TYPE.match(piece):
        return _is_bitmap(piece[4:12])
    return False


def _is_bitmap(octets: bytes) -> bool:
    """Whether these may be the first eight bytes of a bitmap, as bytes or as hex text."""
    return len(octets) >= 4 and any(octets)


def envelopes(octets: bytes) -> Iterator[Envelope]:
    """Every way to cut `octets` that gives at least one message, none of them twice."""
    yield _whole(octets, 0, "none")
    yield from _headed(octets, 0)
    tried = set()
    for framing in _PRIOR:
        if framing != "none":
            tried.add((framing, 0))
            yield from _framed(octets, 0, framing)
    starts = [
        offset
        for offset in range(1, min(len(octets) - 4, OFFSET_MAX))
        if looks_like_start(octets, offset)
    ][:STARTS_MAX]
    for start in starts:
        yield _whole(octets, start, "none")
        for framing in _USUAL:
            for header_bytes in _header_sizes(octets, start):
                skip = start - header_bytes - _prefix_bytes(framing)
                if skip > 0 and (framing, skip) not in tried:
                    tried.add((framing, skip))
                    yield from _framed(octets, skip, framing)


def _prefix_bytes(framing: str) -> int:
    name = framing.split("-")[0]
    size = _PREFIX_BYTES.get(name)
    return int(name[-1]) if size is None else size


def _header_sizes(octets: bytes, start: int) -> Iterator[int]:
    """Lengths of known headers that may end at `start`."""
    yield 0
    if start >= 22 and octets[start - 22 : start - 20] == b"\x16\x01":
        yield 22
    if start >= 5 and octets[start - 5] in b"\x60\x68":
        yield 5


def _whole(octets: bytes, skip: int, header: str, header_bytes: int = 0) -> Envelope:
    """The rest of the dump as one message without a frame."""
    evidence = list(_skipped(skip)) + list(_header_evidence(header, skip))
    start = skip + header_bytes
    piece = Piece(octets[start:], start, "message")
    return Envelope("none", header, skip, (piece,), 1, 0, 0, tuple(evidence))


def _headed(octets: bytes, skip: int) -> Iterator[Envelope]:
    """One message behind a header, without a frame."""
    for header, size in _headers(octets[skip:]):
        if header != "none":
            yield _whole(octets, skip, header, size)


def _headers(content: bytes) -> Iterator[tuple[str, int]]:
    """Headers that may open `content`, with their lengths, those that explain most first."""
    yield "none", 0
    if content[:2] in (b"\x16\x01", b"\x16\x02") or _is_reject(content):
        yield "visa22", content[0] if content[0] >= 22 else 22
    if content[:1] in (b"\x60", b"\x68") and looks_like_start(content, 5):
        yield "tpdu", 5
        return
    own = content[0] if content else 0
    if 2 <= own <= HEADER_BYTES_MAX and own != 22 and looks_like_start(content, own):
        yield "self", own
    elif 1 <= own < HEADER_BYTES_MAX and looks_like_start(content, own + 1):
        yield "self-exclusive", own + 1
    if not looks_like_start(content, 0):
        sizes = range(1, HEADER_BYTES_MAX + 1)
        starts = [size for size in sizes if looks_like_start(content, size)]
        yield from ((f"fixed:{size}", size) for size in starts[:FIXED_MAX])


def _is_reject(content: bytes) -> bool:
    """Whether it opens with the header of a reject, behind which the original's header stands."""
    return content[1:2] == b"\x02" and 26 <= content[0] < 64


def _framed(octets: bytes, skip: int, framing: str) -> Iterator[Envelope]:
    """The frames from `skip` on, under every header that may open the first message."""
    if framing == "vmlh" and octets[skip + 2 : skip + 3] != b"\0":
        return
    for trailer in _TRAILERS if _PRIOR[framing] >= -1 else ("",):
        cut = _cut(octets[skip:], framing + trailer, None)
        if cut is None:
            continue
        frames, rest = cut
        messages = [frame for frame in frames if holds_message(frame)]
        if trailer and (rest or not messages):
            continue
        if not messages:
            piece = None if skip else _cut_off(octets, skip, framing, frames, rest)
            if piece is not None:
                yield from piece
            continue
        for header, _ in _headers(messages[0].body):
            if header == "none":
                yield _envelope(framing + trailer, header, skip, frames, rest)
                continue
            if rest and header.startswith("fixed"):
                continue  # two things unexplained at once explain nothing
            headed = _cut(octets[skip:], framing + trailer, header)
            if headed is not None:
                yield _envelope(framing + trailer, header, skip, *headed)
        if not rest:
            return


def _cut(content: bytes, framing: str, header: str | None) -> tuple[list[Frame], int] | None:
    """The frames, and how many bytes are left; None if the first length makes no sense."""
    framer = Framer(framing, header=header, frame_length_max=_LENGTH_MAX)
    try:
        frames = framer.feed(content)
        return frames, framer.pending_bytes
    except FrameError as error:
        if not error.frames:
            return None
        return error.frames, len(content) - sum(map(frame_bytes, error.frames))


def _cut_off(
    octets: bytes, skip: int, framing: str, frames: list[Frame], rest: int
) -> Iterator[Envelope] | None:
    """The beginning of a frame whose end is missing, if a message begins behind its length."""
    start = len(octets) - rest + _prefix_bytes(framing)
    content = octets[start:]
    wanted = _missing(octets[start - _prefix_bytes(framing) : start], framing, len(content))
    if rest > 2048 or wanted is None or wanted > 2048:
        return None
    return _cut_off_headers(skip, framing, frames, content, start, wanted)


def _cut_off_headers(
    skip: int, framing: str, frames: list[Frame], content: bytes, start: int, wanted: int
) -> Iterator[Envelope]:
    evidence = [*_skipped(skip), Evidence(_PRIOR[framing], "")]
    text = f"the length in front says that {wanted} more bytes follow: the dump is cut off"
    for header, size in _headers(content):
        if size < len(content):
            piece = Piece(content[size:], start + size, "message", cut_off=True)
            told = [*evidence, *_header_evidence(header, start), Evidence(1, text, start)]
            polls = sum(frame.kind == "poll" for frame in frames)
            yield Envelope(framing, header, skip, (piece,), 0, polls, 0, tuple(told))


def _missing(prefix: bytes, framing: str, there: int) -> int | None:
    """How many bytes a frame still lacks of which only the first `there` are known."""
    low, high = there + 1, there + 2049
    framer = Framer(framing, frame_length_max=_LENGTH_MAX)
    try:
        framer.feed(prefix)
        # The framer tells when the frame is complete; the length is found by halving.
        if not Framer(framing, frame_length_max=_LENGTH_MAX).feed(prefix + bytes(high)):
            return None
        while low < high:
            middle = (low + high) // 2
            fed = Framer(framing, frame_length_max=_LENGTH_MAX).feed(prefix + bytes(middle))
            low, high = (low, middle) if fed else (middle + 1, high)
    except FrameError:
        return None
    return low - there


def _envelope(framing: str, header: str, skip: int, frames: list[Frame], rest: int) -> Envelope:
    pieces: list[Piece] = []
    offset, polls = skip, 0
    for frame in frames:
        body = offset + len(frame.prefix) + len(frame.header or b"")
        if holds_message(frame):
            if len(pieces) < FRAMES_MAX:
                pieces.append(Piece(frame.body, body, frame.kind))
        else:
            polls += 1
        offset += frame_bytes(frame)
    messages = len(frames) - polls
    evidence = [*_skipped(skip), *_frame_evidence(framing, messages, rest, skip, offset)]
    if polls:
        evidence.append(Evidence(-3, f"{polls} frames hold no message", skip))
    if pieces:
        evidence += _header_evidence(header, skip + len(frames[0].prefix))
    return Envelope(framing, header, skip, tuple(pieces), messages, polls, rest, tuple(evidence))


def _skipped(skip: int) -> Iterator[Evidence]:
    if skip:
        text = f"{skip} bytes in front of it are not explained"
        yield Evidence(-8 - min(skip, 100) / 50, text, 0)


def _frame_evidence(
    framing: str, frames: int, rest: int, skip: int, end: int
) -> Iterator[Evidence]:
    name, _, trailer = framing.partition("+")
    weight = _PRIOR[name] + min(_prefix_bytes(name) * 5, 10)
    if trailer:
        weight -= 1 if trailer == "03" else 5 + float(trailer[-1])
    if rest:
        text = f"{frames} frames fit their length, then {rest} bytes are left"
        yield Evidence(weight - 7 if frames == 1 else weight, text, end)
    else:
        each = "the frame's length is" if frames == 1 else f"the lengths of {frames} frames are"
        yield Evidence(weight + 4 * min(frames - 1, 3), f"{each} exactly what follows", skip)


def _header_evidence(header: str, offset: int) -> Iterator[Evidence]:
    if header == "visa22":
        yield Evidence(10, "a 22-byte header stands in front of the message", offset)
    elif header == "tpdu":
        yield Evidence(5, "a TPDU stands in front of the message", offset)
    elif header.startswith("self"):
        yield Evidence(1, "a header that counts itself stands in front of the message", offset)
    elif header.startswith("fixed"):
        size = int(header[6:])
        text = f"{size} bytes of unknown meaning stand in front of the message"
        yield Evidence(-5 - size / 16, text, offset)
