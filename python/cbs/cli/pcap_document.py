"""What `cbs pcap --json` writes: one object for each event, and a summary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from cbs.capture import Conversation, Event, SegmentReader, Summary


def event_document(event: Event, *, describe: bool) -> dict[str, Any]:
    """One event; `describe` adds every field, card data masked."""
    conversation = event.conversation
    document: dict[str, Any] = {
        "type": event.kind,
        "conversation": conversation.number,
        "time": _time(event.time_ns),
        "time_ns": event.time_ns,
    }
    if event.kind in ("opened", "foreign"):
        return document | _conversation(conversation)
    if event.kind == "unanswered" and event.request is not None:
        request = event.request
        document |= {"from": "server" if event.sender else "client"}
        asked = {"mti": request.mti, "stan": request.stan, "asked": _time(request.time_ns)}
        return document | asked | {"asked_ns": request.time_ns}
    if event.cut is not None:
        document |= {"type": "frame", "from": "server" if event.sender else "client"}
        document |= _frame(event, describe=describe)
    elif event.kind == "closed":
        streams = zip(("client", "server"), conversation.streams, strict=True)
        document |= {
            side: {
                "retransmitted_bytes": stream.retransmitted_bytes,
                "lost_bytes": stream.lost_bytes,
                "reordered_segments": stream.reordered_segments,
            }
            for side, stream in streams
        }
    return document


def summary_document(
    summary: Summary, reader: SegmentReader, problem: str | None
) -> dict[str, Any]:
    """The last line: everything in numbers."""
    latencies = summary.latencies
    return {
        "type": "summary",
        "conversations": summary.conversations,
        "not_iso8583": dict(summary.foreign),
        "messages": dict(sorted(summary.message_types.items())),
        "response_codes": dict(sorted(summary.response_codes.items())),
        "other_frames": dict(summary.frames),
        "roles": dict(summary.roles),
        "unanswered": summary.unanswered,
        "faults": summary.faults,
        "lost_bytes": summary.lost_bytes,
        "skipped_bytes": summary.skipped_bytes,
        "retransmitted_bytes": summary.retransmitted_bytes,
        "answers": latencies.count,
        "latency_ms": {f"p{it}": round(latencies.percentile_ms(it), 3) for it in (50, 90, 99)},
        "latency_longest_ms": latencies.longest_ns / 1e6,
        "packets_left_out": dict(reader.ignored),
        "fragments_incomplete": reader.fragments_incomplete,
        "problem": problem,
    }


def _conversation(conversation: Conversation) -> dict[str, Any]:
    client, server = conversation.ends
    document: dict[str, Any] = {
        "client": str(client),
        "server": str(server),
        "starts_late": conversation.starts_late,
    }
    choice = conversation.choice
    if choice is None:
        return document | {"looks_like": conversation.looks_like}
    sureness = None if choice.sureness is None else round(choice.sureness, 4)
    document |= {"spec": choice.codec.name, "framing": choice.framing}
    return document | {"header": choice.header, "probability": sureness}


def _frame(event: Event, *, describe: bool) -> dict[str, Any]:
    cut, pairing = event.cut, event.pairing
    assert cut is not None
    document: dict[str, Any] = {"kind": cut.kind, "octets": cut.octets}
    if cut.problem:
        document["problem"] = cut.problem
    message = cut.message
    if message is None:
        return document
    document["mti"] = message.mti
    names = {"pan": "2", "stan": "11", "rrn": "37", "amount": "4", "currency": "49"}
    for name, number in (names | {"response_code": "39", "terminal": "41"}).items():
        # In one edition the currency's place is taken by card data.
        if number in message and (name != "currency" or len(message[number]) == 3):
            document[name] = message[number]
    if pairing is not None:
        document["role"] = pairing.role
        if pairing.latency_ns is not None:
            document["latency_ms"] = pairing.latency_ns / 1e6
    if describe:
        document["message"] = orjson.loads(message.to_json())
    return document


def _time(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns % 1_000_000_000:09}Z"
