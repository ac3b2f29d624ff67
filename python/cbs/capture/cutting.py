"""Messages out of the bytes of one direction, and the way back into step after a hole."""

from __future__ import annotations

from typing import NamedTuple

from cbs.capture.streams import Chunk
from cbs.codec import Codec, Frame, Framer, Message, frame_bytes, holds_message
from cbs.doctor.evidence import MESSAGE_TYPE
from cbs.errors import DecodeError, FrameError

FRAME_LENGTH_MAX = 32_768
"""The longest frame; a longer one is taken for a lost step."""

SEARCHED_MAX = 16_384
"""Bytes that are kept while a frame's beginning is looked for."""


class Choice(NamedTuple):
    """How a conversation is read."""

    codec: Codec
    framing: str
    header: str | None
    sureness: float | None
    """That this is right, where it was found out; None where it was told."""

    def framer(self) -> Framer:
        """A framer at the beginning of a frame."""
        return Framer(self.framing, header=self.header, frame_length_max=FRAME_LENGTH_MAX)


class Cut(NamedTuple):
    """A frame, or a place where frames are missing."""

    time_ns: int
    kind: str
    """That of the frame, or "lost" (the capture has no bytes), "skipped" (in no frame), "fault"."""
    octets: int
    frame: Frame | None = None
    message: Message | None = None
    problem: str = ""
    """What is wrong with the frame or its message; without card data."""


class Cutter:
    """Cuts one direction into frames and decodes them."""

    def __init__(self, choice: Choice, *, starts_late: bool) -> None:
        """`starts_late`: the first byte may lie in the middle of a frame."""
        self._choice = choice
        self._buffer = b""
        self._is_lost = starts_late

    def feed(self, chunk: Chunk) -> list[Cut]:
        """What `chunk` completes."""
        if chunk.lost:
            cuts = self._drop(chunk.time_ns, len(self._buffer))
            self._is_lost = True
            return [*cuts, Cut(chunk.time_ns, "lost", chunk.lost)]
        self._buffer += chunk.octets
        cuts = self._find(chunk.time_ns) if self._is_lost else []
        if not self._is_lost:
            cuts += self._cut(chunk.time_ns)
        return cuts

    def finish(self, time_ns: int) -> list[Cut]:
        """The piece of a frame that is left at the end."""
        return self._drop(time_ns, len(self._buffer))

    def _cut(self, time_ns: int) -> list[Cut]:
        framer = self._choice.framer()
        try:
            frames = framer.feed(self._buffer)
            rest = framer.pending_bytes
        except FrameError as error:
            cuts = [self._read(frame, time_ns) for frame in error.frames]
            self._buffer = self._buffer[sum(map(frame_bytes, error.frames)) :]
            cuts.append(Cut(time_ns, "fault", 0, problem=str(error)))
            # The first byte is the beginning of no frame, as was just seen.
            cuts += self._drop(time_ns, 1)
            self._is_lost = True
            cuts += self._find(time_ns)
            return cuts + ([] if self._is_lost else self._cut(time_ns))
        self._buffer = self._buffer[len(self._buffer) - rest :]
        return [self._read(frame, time_ns) for frame in frames]

    def _read(self, frame: Frame, time_ns: int) -> Cut:
        if not holds_message(frame):
            return Cut(time_ns, frame.kind, frame_bytes(frame), frame)
        try:
            message = self._choice.codec.decode(frame.body)
        except DecodeError as error:
            partial = error.partial
            readable = partial is not None and partial.mti != "0000"
            message_read = partial if readable else None
            return Cut(time_ns, frame.kind, frame_bytes(frame), frame, message_read, str(error))
        return Cut(time_ns, frame.kind, frame_bytes(frame), frame, message)

    def _find(self, time_ns: int) -> list[Cut]:
        """Drop what stands in front of the next frame that holds a message."""
        for offset in range(len(self._buffer)):
            if self._begins_at(offset):
                self._is_lost = False
                return self._drop(time_ns, offset)
        return self._drop(time_ns, len(self._buffer) - SEARCHED_MAX)

    def _begins_at(self, offset: int) -> bool:
        framer = self._choice.framer()
        try:
            frames = framer.feed(self._buffer[offset : offset + FRAME_LENGTH_MAX])
        except FrameError as error:
            frames = error.frames
        if not frames or frames[0].kind != "message":
            return False
        try:
            return bool(MESSAGE_TYPE.fullmatch(self._choice.codec.decode(frames[0].body).mti))
        except DecodeError:
            return False

    def _drop(self, time_ns: int, count: int) -> list[Cut]:
        if count <= 0:
            return []
        self._buffer = self._buffer[count:]
        return [Cut(time_ns, "skipped", count)]
