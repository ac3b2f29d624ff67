"""Every packaged specification under every envelope: which one reads a dump best, and why."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cbs.codec import Codec, Message, specification_names
from cbs.doctor.envelope import Envelope, Piece, envelopes, looks_like_start
from cbs.doctor.evidence import (
    MESSAGE_TYPE,
    Evidence,
    check_fields,
    check_presence,
    edition,
)
from cbs.doctor.foreign import is_certain, what_else
from cbs.errors import DecodeError

OCTETS_MAX = 16_384
"""What is looked at of a dump: its beginning tells enough, and the work stays bounded."""

CANDIDATES_MAX = 40
"""Readings that are kept for the ranking."""

NOTHING_BITS = 17.0
"""The weight that bytes of another kind reach by chance: a reading below it is improbable."""

VALUES_AGAINST_MAX = 12.0
"""How much values that break their rules weigh at most against a reading."""

ALIKE_SHARE = 0.05
"""Of a candidate's probability, what another with the same reading must have to be named."""

SHARPNESS = 0.45
"""How much a bit of weight counts; below one because the reasons are not independent."""

_EDITION_OF = {
    "iso87": "0",
    "iso93": "1",
    "iso2003": "2",
    "mastercard": "0",
    "visa": "0",
    "pos": "0",
}
"""The first digit of message types by the beginning of a packaged specification's name."""

_PRIOR = {"iso87_binary": 0.3, "pos_tpdu": -0.3, "postilion_like": -0.5, "unionpay_pos_like": -0.5}


@dataclass(frozen=True)
class Fault:
    """Where a reading broke: all as `cbs describe` would tell it, without card data."""

    text: str
    path: str
    offset: int
    """In the dump, from its first byte."""


@dataclass(frozen=True)
class Candidate:
    """One reading of the dump."""

    spec: str
    framing: str
    header: str
    skip: int
    messages: int
    polls: int
    message_types: tuple[str, ...]
    elements: int
    """Data elements that were read, of all messages."""
    fault: Fault | None
    evidence: tuple[Evidence, ...]
    bits: float
    reading: tuple[object, ...] = field(repr=False)
    """What was read; only to compare it, because it holds card data."""
    probability: float = 0.0
    alike: tuple[str, ...] = ()
    """Other specifications that read the same values."""
    framings_alike: tuple[str, ...] = ()
    """Other framings that cut the dump into the same messages."""

    @property
    def reasons_for(self) -> list[Evidence]:
        """What speaks for it, the weightiest first."""
        return sorted(
            (it for it in self.evidence if it.weight > 0 and it.text), key=lambda it: -it.weight
        )

    @property
    def reasons_against(self) -> list[Evidence]:
        """What speaks against it, the weightiest first."""
        return sorted(
            (it for it in self.evidence if it.weight < 0 and it.text), key=lambda it: it.weight
        )


@dataclass(frozen=True)
class Diagnosis:
    """What a dump is."""

    octets: int
    candidates: tuple[Candidate, ...]
    """The readings, the likeliest first; empty if there is none at all."""
    probability_none: float
    """That it is no ISO 8583 of any specification that was tried."""
    looks_like: str | None
    """What else it looks like: "an HTTP message"."""

    @property
    def best(self) -> Candidate | None:
        """The likeliest reading, unless it is likelier that there is none."""
        best = self.candidates[0] if self.candidates else None
        return best if best is not None and self.sureness >= self.probability_none else None

    @property
    def sureness(self) -> float:
        """That the bytes mean what the first candidate reads, whatever the dialect is called."""
        if not self.candidates:
            return 0.0
        best = self.candidates[0]
        return sum(it.probability for it in self.candidates if it.reading == best.reading)

    @property
    def is_ambiguous(self) -> bool:
        """Whether another specification or framing reads it as well, or nearly so."""
        best = self.best
        if best is None:
            return False
        return bool(best.alike) or best.probability < 0.6


def diagnose(octets: bytes, extra: Sequence[Codec] = ()) -> Diagnosis:
    """Try every packaged specification, and `extra` ones, on a dump."""
    looked_at = octets[:OCTETS_MAX]
    looks_like = what_else(looked_at) if octets else "nothing: it is empty"
    if len(octets) < 4 or is_certain(looked_at):
        return Diagnosis(len(octets), (), 1.0, looks_like)
    readers = [_Reader(codec, has_header=it) for codec, it in _packaged()]
    readers += [_Reader(codec, is_named=True) for codec in extra]
    found = list(_candidates(looked_at, readers))
    found.sort(key=lambda it: -it.bits)
    ranked, none = _probabilities(_distinct(found)[:CANDIDATES_MAX], looks_like)
    return Diagnosis(len(octets), tuple(ranked), none, looks_like)


@functools.lru_cache(maxsize=1)
def _packaged() -> list[tuple[Codec, bool]]:
    """Every packaged specification, and whether it has octets in front of the message type."""
    codecs = [Codec.load(name) for name in specification_names()]
    return [(codec, codec.header_bytes > 0) for codec in codecs]


class _Reader:
    """Decodes bodies, each only once for each specification."""

    def __init__(self, codec: Codec, *, is_named: bool = False, has_header: bool = False) -> None:
        self.codec = codec
        self._begins_anyhow = is_named or has_header
        name = codec.name
        self.first_digit = None if is_named else _first_digit(name)
        self.prior = 3.0 if is_named else _PRIOR.get(name, 0.0)
        self._read: dict[tuple[int, int, bool], _Reading | None] = {}

    def read(self, piece: Piece) -> _Reading | None:
        """What the specification makes of a body; None if it has no message type."""
        key = (piece.offset, len(piece.body), piece.cut_off)
        if key not in self._read:
            may_begin = self._begins_anyhow or looks_like_start(piece.body, 0)
            self._read[key] = self._decode(piece) if may_begin else None
        return self._read[key]

    def _decode(self, piece: Piece) -> _Reading | None:
        fault = None
        try:
            message: Message | None = self.codec.decode(piece.body)
        except DecodeError as error:
            message = error.partial
            offset = piece.offset + (error.offset or 0)
            fault = Fault(str(error), error.path, offset)
        if message is None or not MESSAGE_TYPE.fullmatch(message.mti):
            return None
        if not len(message) and fault is not None:
            return None
        checks = [*check_fields(message, piece.offset), *check_presence(message)]
        evidence = (*self._head(message, piece), *_extent(message, fault, piece), *checks)
        return _Reading(message, fault, evidence, _excess(checks))

    def _head(self, message: Message, piece: Piece) -> Iterator[Evidence]:
        mti, wanted = message.mti, self.first_digit
        is_text = piece.body[:1] in b"0123456789\xf0\xf1\xf2\xf8\xf9"
        text = f"{mti} is a message type of the {edition(mti)} edition"
        yield Evidence(10 if is_text else 6, text, piece.offset)
        header = message.get("_header")
        if header is not None and self.codec.name == "base24_like":
            is_known = bytes.fromhex(header).startswith(b"ISO")
            told = "begins as this dialect's" if is_known else "is none of this dialect's"
            yield Evidence(4 if is_known else -9, f"what is in front {told}", piece.offset)
        if wanted is not None and mti[0] != wanted:
            unfit = f"message types of {self.codec.name} begin with {wanted}, not {mti[0]}"
            yield Evidence(-9, unfit, piece.offset)


@dataclass(frozen=True)
class _Reading:
    message: Message
    fault: Fault | None
    evidence: tuple[Evidence, ...]
    allowance: float
    """What is given back of the weights, where values alone speak against it."""

    @property
    def bits(self) -> float:
        return sum(it.weight for it in self.evidence) + self.allowance

    @property
    def values(self) -> tuple[object, ...]:
        message = self.message
        return (message.mti, *((number, message.reveal(number)) for number in message))


def _excess(checks: list[Evidence]) -> float:
    """By how much odd values exceed what they may weigh together: made-up messages have many."""
    against = sum(it.weight for it in checks if it.weight < 0)
    return max(0.0, -VALUES_AGAINST_MAX - against)


def _first_digit(name: str) -> str | None:
    return next((digit for stem, digit in _EDITION_OF.items() if name.startswith(stem)), None)


def _extent(message: Message, fault: Fault | None, piece: Piece) -> Iterator[Evidence]:
    """How far the body was read."""
    read = len(message)
    known = f"{read} data elements"
    if fault is None:
        text = f"all {len(piece.body)} bytes are read, as {known}"
        # Each element that fits its place makes chance less likely.
        yield Evidence(7 + min(read, 15) * 1.2, text, piece.offset)
    elif piece.cut_off or _is_at_end(fault, piece):
        yield Evidence(-4, f"the bytes end after {known}", fault.offset)
    else:
        text = f"breaks after {known}: {fault.text}"
        yield Evidence(-14 + min(read, 12) * 0.5, text, fault.offset)
    if read > 40:
        yield Evidence(-3, f"unusually many data elements: {read}", piece.offset)


def _is_at_end(fault: Fault, piece: Piece) -> bool:
    """Whether the fault is that bytes are missing where the dump ends."""
    found = re.search(r"found ([0-9]+) bytes? left", fault.text)
    # The fault's offset is that of the length in front of the value, which has up to eight bytes.
    if found is None:
        return False
    return piece.offset + len(piece.body) - fault.offset - int(found[1]) <= 8


def _candidates(octets: bytes, readers: list[_Reader]) -> Iterator[Candidate]:
    for envelope in envelopes(octets):
        for reader in readers:
            candidate = _candidate(envelope, reader)
            if candidate is not None:
                yield candidate


def _candidate(envelope: Envelope, reader: _Reader) -> Candidate | None:
    readings = [reader.read(piece) for piece in envelope.pieces]
    first = readings[0] if readings else None
    if first is None:
        return None
    name = reader.codec.name
    evidence = [*envelope.evidence, *first.evidence]
    evidence += _kinship(name, envelope)
    bits = reader.prior + first.allowance + sum(it.weight for it in evidence)
    fault, elements, types, values = first.fault, len(first.message), [first.message.mti], []
    values.append(first.values)
    for place, reading in enumerate(readings[1:], 2):
        if reading is None or (reading.fault and not fault):
            fault = fault or (reading.fault if reading else None)
            evidence.append(Evidence(-6, f"message {place} does not read"))
            bits -= 6
        if reading is not None:
            # The same dialect again says less and less.
            bits += max(-6.0, min(reading.bits, 20.0)) / (place * 2)
            elements += len(reading.message)
            types.append(reading.message.mti)
            values.append(reading.values)
    return Candidate(
        spec=name,
        framing=envelope.framing,
        header=envelope.header,
        skip=envelope.skip,
        messages=max(envelope.frames, 1),
        polls=envelope.polls,
        message_types=tuple(types),
        elements=elements,
        fault=fault,
        evidence=tuple(evidence),
        bits=bits,
        reading=tuple(values),
    )


def _kinship(name: str, envelope: Envelope) -> Iterator[Evidence]:
    """Dialects that come in an envelope of their own."""
    if name == "pos_tpdu" and envelope.header == "tpdu":
        yield Evidence(3, "terminals put a TPDU in front of this dialect")
    elif envelope.header == "tpdu" and name != "iso87_binary":
        yield Evidence(-2, f"{name} comes without a TPDU")
    if name == "visa_like" and (envelope.header == "visa22" or envelope.framing == "vmlh"):
        yield Evidence(3, "this envelope belongs to the Visa-like dialect")
    elif envelope.header == "visa22":
        yield Evidence(-4, f"{name} comes without a 22-byte header")


def _distinct(found: list[Candidate]) -> list[Candidate]:
    """One candidate for each specification and place; other framings of the same are named."""
    best: dict[tuple[object, ...], Candidate] = {}
    others: dict[tuple[object, ...], list[str]] = {}
    for candidate in found:
        key = (candidate.spec, candidate.reading, candidate.fault)
        if key not in best:
            best[key] = candidate
        elif (
            candidate.framing not in (best[key].framing, *others.get(key, []))
            # only what explains the dump as well is worth a word
            and candidate.bits > best[key].bits - 4
            and candidate.skip == best[key].skip
        ):
            others.setdefault(key, []).append(candidate.framing)
    return [replace(it, framings_alike=tuple(others.get(key, ()))) for key, it in best.items()]


def _probabilities(found: list[Candidate], looks_like: str | None) -> tuple[list[Candidate], float]:
    """Weights as shares of one, what is none of all having a share as well."""
    nothing = NOTHING_BITS
    if looks_like:
        # Messages in ASCII are plain text as well.
        nothing += 4 if "text" in looks_like else 12
    top = max([nothing, *(it.bits for it in found)])
    shares = [math.exp2((it.bits - top) * SHARPNESS) for it in found]
    none = math.exp2((nothing - top) * SHARPNESS)
    total = sum(shares) + none
    weighed = [
        replace(it, probability=share / total) for it, share in zip(found, shares, strict=True)
    ]
    return [_with_alike(it, weighed) for it in weighed], none / total


def _with_alike(candidate: Candidate, found: list[Candidate]) -> Candidate:
    """The candidate with the names of those that read the same and are not far less likely."""
    least = candidate.probability * ALIKE_SHARE
    alike = {
        it.spec
        for it in found
        if it.reading == candidate.reading and it.probability >= least and it.fault is None
    }
    return replace(candidate, alike=tuple(sorted(alike - {candidate.spec})))
