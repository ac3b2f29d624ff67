"""What `cbs pcap` shows a person."""

from __future__ import annotations

import fnmatch
from datetime import UTC, datetime
from typing import NamedTuple

from cbs.capture import Conversation, Event, SegmentReader, Summary
from cbs.cli.terminal import Style, paint, print_table, show, visible
from cbs.codec import Message
from cbs.currencies import exponent_of

_ROLES: dict[str, Style] = {
    "late answer": "warn",
    "second answer": "warn",
    "unsolicited": "warn",
    "repeat": "warn",
}


class Filters(NamedTuple):
    """Which messages are shown; without any, everything."""

    mti: str | None = None
    rrn: str | None = None

    def let_pass(self, event: Event) -> bool:
        """Whether `event` is shown."""
        if self.mti is None and self.rrn is None:
            return True
        if event.kind == "unanswered" and event.request is not None:
            rrn, mti = event.request.reference, event.request.mti
        elif event.cut is not None and event.cut.message is not None:
            rrn, mti = event.cut.message.get("37"), event.cut.message.mti
        else:
            return event.kind == "opened"
        return (self.mti is None or fnmatch.fnmatchcase(mti, self.mti)) and (
            self.rrn is None or (rrn or "").strip() == self.rrn.strip()
        )


def show_event(event: Event, *, describe: bool) -> None:
    """One line, with every field below it if `describe`."""
    if event.kind == "opened":
        show(paint(f"{_head(event)} {_opened(event.conversation)}", "strong"))
    elif event.kind == "foreign":
        looks = event.conversation.looks_like
        what = f": looks like {looks}" if looks else ""
        ends = _ends(event.conversation)
        show(paint(f"{_head(event)} {ends} is not ISO 8583 as far as one can tell{what}", "note"))
    elif event.kind == "unanswered" and event.request is not None:
        request = event.request
        asked = f"{clock(request.time_ns)} #{event.conversation.number}"
        text = f"{request.mti} trace {visible(request.stan)} was not answered"
        show(f"{asked} {_arrow(event.sender)} {paint(text, 'bad')}")
    elif event.cut is not None:
        _show_cut(event, describe=describe)


def show_summary(summary: Summary, reader: SegmentReader) -> None:
    """Everything in numbers."""
    messages = summary.message_types.total()
    show()
    show(paint(f"{summary.conversations} conversations, {messages} messages", "strong"))
    rows = [("message types", _counts(summary.message_types))]
    rows.append(("response codes", _counts(summary.response_codes)))
    rows.append(("other frames", _counts(summary.frames)))
    latencies = summary.latencies
    if latencies.count:
        shown = ", ".join(f"p{it} {latencies.percentile_ms(it):.1f}" for it in (50, 90, 99))
        longest = latencies.longest_ns / 1e6
        rows.append(
            ("latency in ms", f"{shown}, longest {longest:.1f} ({latencies.count} answers)")
        )
    odd = dict(summary.roles) | {"unanswered": summary.unanswered, "faults": summary.faults}
    rows.append(
        ("to look at", ", ".join(f"{count} {name}" for name, count in odd.items() if count))
    )
    lost = {"lost in the capture": summary.lost_bytes, "in no frame": summary.skipped_bytes}
    lost["retransmitted"] = summary.retransmitted_bytes
    rows.append(("bytes", _named(lost)))
    rows.append(("not ISO 8583", _counts(summary.foreign)))
    ignored = dict(reader.ignored)
    if reader.fragments_incomplete:
        ignored["fragments of an incomplete datagram"] = reader.fragments_incomplete
    rows.append(("packets left out", _named(ignored)))
    print_table([row for row in rows if row[1]], headers=("What", "How many"))


def clock(time_ns: int) -> str:
    """The time of day in UTC, to the microsecond."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return f"{moment:%H:%M:%S}.{time_ns % 1_000_000_000 // 1000:06}"


def _counts(counter: dict[str, int]) -> str:
    return ", ".join(f"{visible(name)}: {count}" for name, count in sorted(counter.items()))


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _head(event: Event) -> str:
    return f"{clock(event.time_ns)} #{event.conversation.number}"


def _arrow(sender: int) -> str:
    return "<-" if sender else "->"


def _ends(conversation: Conversation) -> str:
    return f"{conversation.ends[0]} -> {conversation.ends[1]}"


def _opened(conversation: Conversation) -> str:
    choice = conversation.choice
    assert choice is not None
    header = f", header {choice.header}" if choice.header not in (None, "none") else ""
    sure = ""
    if choice.sureness is not None:
        whole = min(int(choice.sureness * 100), 99)
        sure = f" (found out, {whole} % sure)"
    late = ", open before the capture began" if conversation.starts_late else ""
    day = f"{datetime.fromtimestamp(conversation.opened_ns // 1_000_000_000, UTC):%Y-%m-%d}"
    framing = f"{choice.codec.name} in {choice.framing}{header}{sure}"
    return f"{_ends(conversation)}, {day}: {framing}{late}"


def _show_cut(event: Event, *, describe: bool) -> None:
    cut = event.cut
    assert cut is not None
    head = f"{_head(event)} {_arrow(event.sender)}"
    if cut.kind in ("lost", "skipped", "fault"):
        texts = {
            "lost": f"{cut.octets} bytes are not in the capture",
            "skipped": f"{cut.octets} bytes belong to no frame that can be read",
            "fault": f"out of step: {cut.problem}",
        }
        show(f"{head} {paint(visible(texts[cut.kind]), 'warn')}")
        return
    if cut.message is None:
        what = paint(visible(cut.problem), "bad") if cut.problem else ""
        show(f"{head} {paint(cut.kind, 'note')} {what}".rstrip())
        return
    show(f"{head} {_line(cut.message)} {_note(event)}".rstrip())
    if describe:
        rows = [("mti", "Message type", cut.message.mti), *cut.message.describe()]
        print_table(rows)


def _line(message: Message) -> str:
    """Message type, card, trace, amount and response code in columns."""
    currency = message.get("49", "") if len(message.get("49", "")) == 3 else ""
    amount = _amount(message.get("4", ""), exponent_of(currency) or 0)
    code = f"code {message['39']}" if "39" in message else ""
    texts = (message.get("2", ""), message.get("11", ""), f"{amount} {currency}".strip(), code)
    card, stan, money, answer = (visible(text) for text in texts)
    return f"{message.mti} {card:<19} {stan:<6} {money:>12} {answer:<8}"


def _amount(digits: str, exponent: int) -> str:
    """Minor units as a person writes them; as they are where they are no digits."""
    if not digits.isdigit():
        return digits
    whole = digits.lstrip("0").rjust(exponent + 1, "0")
    return f"{whole[:-exponent]}.{whole[-exponent:]}" if exponent else whole


def _note(event: Event) -> str:
    cut, pairing = event.cut, event.pairing
    assert cut is not None
    notes = []
    if cut.kind == "reject":
        notes.append(paint("rejected", "bad"))
    if pairing is not None:
        style = _ROLES.get(pairing.role)
        latency = "" if pairing.latency_ns is None else f"{pairing.latency_ns / 1e6:.1f} ms"
        late = event.conversation.starts_late and pairing.role == "unsolicited"
        role = "its request was before the capture, or never" if late else pairing.role
        if style:
            notes.append(paint(f"{role} {latency}".strip(), style))
        elif latency:
            notes.append(f"after {latency}")
    if cut.problem:
        notes.append(paint(visible(cut.problem), "bad"))
    return ", ".join(notes)
