"""How a conversation is to be read, where nobody says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cbs.capture.cutting import Choice, Cutter
from cbs.capture.packets import Endpoint
from cbs.capture.streams import Chunk
from cbs.codec import Codec
from cbs.doctor import Candidate, Diagnosis, diagnose, what_else_for_certain
from cbs.doctor.evidence import MESSAGE_TYPE

ENOUGH = 0.9
"""How sure it must be before more bytes have come than need to."""


class Found(NamedTuple):
    """What was found out."""

    choice: Choice | None
    looks_like: str | None = None
    is_certain: bool = False
    """Whether more bytes would not change it."""


class Detector:
    """Finds specification, framing and header of conversations, as far as they are not told."""

    def __init__(
        self,
        spec: str | None = None,
        framing: str | None = None,
        header: str | None = None,
        extra: Sequence[Codec] = (),
    ) -> None:
        """What is told. `extra`: further specifications to try."""
        self._spec, self._framing, self._header = spec, framing, header
        self._codecs = {codec.name: codec for codec in extra}
        self._known: dict[Endpoint, Choice] = {}
        if spec is not None and framing is not None:
            told = Choice(self._codec(spec), framing, header, None)
            told.framer()  # says what is wrong with the words before anything is read
            self._told: Choice | None = told
        else:
            self._told = None

    def choose(
        self, server: Endpoint, held: Sequence[tuple[int, Chunk]], *, is_full: bool
    ) -> Found:
        """How the conversation with `server` that began with `held` is read.

        `is_full`: no more bytes will be waited for.
        """
        if self._told is not None:
            return Found(self._told)
        sides = [b"".join(chunk.octets for side, chunk in held if side == it) for it in (0, 1)]
        known = self._known.get(server)
        if known is not None and any(_reads(known, octets) for octets in sides):
            return Found(known)
        for octets in sides:
            if looks_like := what_else_for_certain(octets):
                return Found(None, looks_like, is_certain=True)
        return self._diagnose(server, sides, is_full=is_full)

    def _diagnose(self, server: Endpoint, sides: Sequence[bytes], *, is_full: bool) -> Found:
        looks_like = None
        best: tuple[float, float, Candidate] | None = None
        for octets in filter(None, sides):
            diagnosis = diagnose(octets, list(self._codecs.values()))
            looks_like = looks_like or diagnosis.looks_like
            candidate = self._fitting(diagnosis, is_full=is_full)
            if candidate is not None and (best is None or candidate.bits > best[0]):
                best = (candidate.bits, diagnosis.sureness, candidate)
        if best is None or (best[1] < ENOUGH and not is_full):
            return Found(None, looks_like)
        _, sureness, candidate = best
        spec = self._spec or candidate.spec
        framing = self._framing or candidate.framing
        header = self._header or candidate.header
        choice = Choice(self._codec(spec), framing, header, sureness)
        self._known[server] = choice
        return Found(choice)

    def _fitting(self, diagnosis: Diagnosis, *, is_full: bool) -> Candidate | None:
        """The best candidate that agrees with what was told.

        Only one with a whole message in a frame, unless no more bytes will come.
        """
        if diagnosis.best is None:
            return None
        fitting = [it for it in diagnosis.candidates if self._agrees(it)]
        framed = [it for it in fitting if it.framing != "none" and it.fault is None]
        # On a stream something must tell messages apart.
        if framed and framed[0].probability > 0.01:
            return framed[0]
        return fitting[0] if is_full and fitting else None

    def _agrees(self, candidate: Candidate) -> bool:
        framings = (candidate.framing, *candidate.framings_alike)
        return (
            (self._spec is None or candidate.spec == self._spec)
            and (self._framing is None or self._framing in framings)
            and self._header in (None, "auto", candidate.header)
        )

    def _codec(self, name: str) -> Codec:
        if name not in self._codecs:
            codec = Codec.load(name)
            self._codecs.setdefault(codec.name, codec)
            return codec
        return self._codecs[name]


def _reads(choice: Choice, octets: bytes) -> bool:
    """Whether the first message in `octets` reads without a fault."""
    if not octets:
        return False
    cuts = Cutter(choice, starts_late=False).feed(Chunk(0, octets))
    first = next((it for it in cuts if it.kind in ("message", "reject", "fault")), None)
    if first is None or first.message is None or first.problem:
        return False
    return MESSAGE_TYPE.fullmatch(first.message.mti) is not None
