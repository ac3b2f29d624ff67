"""`cbs doctor`: which dialect and which framing a dump of unknown origin has, and why."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from cbs.cli.program import program
from cbs.cli.source import AsJson, Given, Source, given_in
from cbs.cli.terminal import paint, print_json, print_table, show, visible
from cbs.codec import Codec
from cbs.doctor import Candidate, Diagnosis, Evidence, diagnose

REASONS_MAX = 8
"""Reasons of one kind that are shown; the rest are many of the same."""

UNLIKELY = 0.005
"""Candidates that are less probable than this are not listed."""

Specs = Annotated[
    list[str] | None,
    typer.Option("--spec", help="A specification of yours (.toml) to try as well; repeatable."),
]

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


_EXAMPLE = "001f 6000030000 0800 2020010000800000 920000 000001 0003 5445524d30303031"


@app.command(epilog=f'Example: cbs doctor "{_EXAMPLE}"')
def doctor(source: Source, spec: Specs = None, as_json: AsJson = False) -> None:
    """Name the likely dialect and framing of a dump, say why, and how sure that is.

    Every packaged specification is tried under every framing and header. Card data is not shown.
    Ends with 1 if the dump is probably no ISO 8583.
    """
    given = given_in(source) if source else Given(b"", True)
    extra = [Codec.load(Path(name)) for name in spec or []]
    diagnosis = diagnose(given.octets, extra)
    if given.characters is not None:
        diagnosis = _likelier(diagnosis, diagnose(given.characters, extra))
    named = {Path(name).stem: name for name in spec or []}
    if as_json:
        print_json(_document(diagnosis, source, named))
    else:
        _tell(diagnosis, source, named)
    if diagnosis.best is None:
        raise typer.Exit(1)


def _likelier(octets: Diagnosis, characters: Diagnosis) -> Diagnosis:
    """Of what hex text shows and of the text itself, what makes a better message."""
    if characters.best is None or (octets.best and octets.best.bits >= characters.best.bits):
        return octets
    return characters


def sure(probability: float) -> str:
    """A word for how sure a probability (0 to 1) is."""
    if probability >= 0.97:
        return "almost certain"
    if probability >= 0.8:
        return "likely"
    return "possible" if probability >= 0.5 else "a guess"


def percent(probability: float) -> str:
    """A probability (0 to 1) in whole percents, never more certain than it is."""
    return "over 99 %" if probability > 0.99 else f"{probability * 100:.0f} %"


def _tell(diagnosis: Diagnosis, source: str, given: dict[str, str]) -> None:
    best = diagnosis.best
    if best is None:
        _tell_none(diagnosis)
        return
    names = " or ".join([best.spec, *best.alike])
    reading = percent(diagnosis.sureness)
    show(paint(f"This is {names}, {_envelope(best)}.", "strong"))
    show(f"That is {sure(diagnosis.sureness)} ({reading}).{_ambiguity(diagnosis, best)}")
    show(f"Read: {_amount(best)}.")
    if best.fault is not None:
        show(paint(f"It breaks at offset {best.fault.offset} of the dump:", "bad"))
        show(f"  {visible(best.fault.text)}")
    _tell_reasons("For it:", "+", best.reasons_for, "good")
    _tell_reasons("Against it:", "-", best.reasons_against, "warn")
    _tell_others(diagnosis)
    show()
    show(f"Next: {paint(_next_command(best, source, given), 'strong')}")


def _tell_none(diagnosis: Diagnosis) -> None:
    reason = _why_not(diagnosis)
    show(paint(f"This is probably not ISO 8583, because {reason}.", "warn"))
    if diagnosis.candidates:
        nearest = diagnosis.candidates[0]
        show(f"The nearest reading is {nearest.spec}, {_envelope(nearest)}:")
        _tell_reasons("Against it:", "-", nearest.reasons_against, "warn")


def _why_not(diagnosis: Diagnosis) -> str:
    if diagnosis.octets == 0:
        return "it is empty"
    if diagnosis.looks_like:
        return f"it looks like {diagnosis.looks_like}"
    if diagnosis.octets < 12:
        return f"{diagnosis.octets} bytes are too few for a message type and a bitmap"
    if not diagnosis.candidates:
        return "no place has a message type with a bitmap behind it"
    return "no reading explains it better than chance would"


def _tell_reasons(title: str, mark: str, reasons: list[Evidence], style: Any) -> None:
    if not reasons:
        return
    show(title)
    for reason in reasons[:REASONS_MAX]:
        place = "" if reason.offset is None else f" (offset {reason.offset})"
        show(f"  {paint(mark, style)} {visible(reason.text)}{place}")
    if len(reasons) > REASONS_MAX:
        show(f"    and {len(reasons) - REASONS_MAX} more")


def _tell_others(diagnosis: Diagnosis) -> None:
    listed = [it for it in diagnosis.candidates[:8] if it.probability >= UNLIKELY]
    if len(listed) < 2:
        return
    show("All that may be:")
    rows = [
        (percent(it.probability), it.spec, it.framing, it.header, _outcome(it)) for it in listed
    ]
    print_table(rows, headers=("", "Specification", "Framing", "Header", "Read"))


def _outcome(candidate: Candidate) -> str:
    if candidate.fault is None:
        return f"to the end, {candidate.elements} elements"
    return f"breaks at offset {candidate.fault.offset}, {candidate.fault.path or 'end'}"


def _envelope(candidate: Candidate) -> str:
    framings = " or ".join([candidate.framing, *candidate.framings_alike])
    framed = "without a frame" if candidate.framing == "none" else f"in frames of {framings}"
    headed = "" if candidate.header == "none" else f" with the header {candidate.header}"
    behind = f", behind {candidate.skip} bytes of something else" if candidate.skip else ""
    return framed + headed + behind


def _ambiguity(diagnosis: Diagnosis, best: Candidate) -> str:
    if best.alike:
        listing = ", ".join(best.alike)
        return f" {best.spec} and {listing} read the same values here: this dump cannot tell."
    if not diagnosis.is_ambiguous:
        return ""
    second = next((it for it in diagnosis.candidates if it.spec != best.spec), None)
    if second is None:
        return ""
    return f" {second.spec} reads it too, but otherwise: look at both."


def _amount(candidate: Candidate) -> str:
    types = ", ".join(dict.fromkeys(candidate.message_types))
    count = f"{candidate.messages} messages" if candidate.messages != 1 else "one message"
    empty = f" and {candidate.polls} frames without one" if candidate.polls else ""
    return f"{count}{empty}, type {types}, {candidate.elements} data elements"


def _next_command(candidate: Candidate, source: str, given: dict[str, str]) -> str:
    options = f"--framing {candidate.framing} --header {candidate.header}"
    spec = shlex.quote(given.get(candidate.spec, candidate.spec))
    # The dump itself is not repeated: the line may be pasted into a ticket.
    shown = shlex.quote(source) if source == "-" or Path(source[:255]).is_file() else "HEX"
    command = f"{program()} describe --spec {spec} {options}"
    if not candidate.skip:
        return f"{command} {shown}"
    if shown == "HEX":
        return f"{command} HEX, without its first {2 * candidate.skip} digits"
    return f"tail -c +{candidate.skip + 1} {shown} | {command} -"


def _document(diagnosis: Diagnosis, source: str, given: dict[str, str]) -> dict[str, Any]:
    best = diagnosis.best
    document: dict[str, Any] = {
        "octets": diagnosis.octets,
        "is_iso8583": best is not None,
        "probability": round(diagnosis.sureness if best else diagnosis.probability_none, 4),
        "is_ambiguous": diagnosis.is_ambiguous,
    }
    if best is None:
        document["because"] = _why_not(diagnosis)
    else:
        document["sure"] = sure(diagnosis.sureness)
        document["next"] = _next_command(best, source, given)
    document["candidates"] = [
        _candidate(it) for it in diagnosis.candidates[:8] if it.probability >= UNLIKELY
    ]
    return document


def _candidate(candidate: Candidate) -> dict[str, Any]:
    fault = candidate.fault
    return {
        "spec": candidate.spec,
        "framing": candidate.framing,
        "header": candidate.header,
        "skip": candidate.skip,
        "probability": round(candidate.probability, 4),
        "specs_alike": list(candidate.alike),
        "framings_alike": list(candidate.framings_alike),
        "messages": candidate.messages,
        "polls": candidate.polls,
        "message_types": list(candidate.message_types),
        "elements": candidate.elements,
        "fault": fault and {"path": fault.path, "offset": fault.offset, "text": fault.text},
        "for": [_reason(it) for it in candidate.reasons_for],
        "against": [_reason(it) for it in candidate.reasons_against],
    }


def _reason(reason: Evidence) -> dict[str, Any]:
    return {"text": reason.text, "offset": reason.offset, "bits": round(reason.weight, 1)}
