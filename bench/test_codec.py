"""The codec beside pyiso8583: both read and write the very same bytes of one chip purchase.

This codec gives more for its time: it also validates and reads the parts of data elements 55, 60,
62 and 63, and masks card data in JSON; the peer's JSON is the nearest thing it can do, a dump of
its dictionary.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import iso8583
import orjson
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.measure import MICROSECONDS, interleaved_ratio
from bench.peer_specification import PEER_SPECIFICATION
from bench.report import Report, Row
from cbs.codec import Codec, Message
from cbs.simulator import messages
from cbs.simulator.identity import new_identity
from cbs.simulator.messages import Card

PAN = "4000000000000010"
SENT_AT = datetime(2026, 11, 21, 12, 30, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def fields() -> messages.Fields:
    """A purchase of 24 data elements, with chip data."""
    built = messages.purchase(Card(PAN, "2912"), 4250, "978", identity=new_identity(SENT_AT))
    assert len(built) - 1 == 24
    return built


@pytest.fixture(scope="module")
def body(codec: Codec, fields: messages.Fields) -> bytes:
    return codec.encode(fields)


def read_everything(codec: Codec, body: bytes) -> dict[str, str]:
    """Decode and take every data element as text, as the peer's decode does."""
    message = codec.decode(body)
    return {field: message[field] for field in message}


def peer_decode(body: bytes) -> dict[str, str]:
    decoded: dict[str, str] = iso8583.decode(body, PEER_SPECIFICATION)[0]
    return decoded


def assert_same_values(ours: Message, peer: dict[str, str], fields: messages.Fields) -> None:
    """Both must have read what was written; the peer gives hexadecimal in capitals."""
    assert ours.mti == peer["t"] == "0100"
    assert list(ours) == [field for field in peer if field not in ("t", "p", "1")]
    for field in ours:
        assert ours.reveal(field).lower() == peer[field].lower(), field
    assert ours.reveal("2") == fields["2"]
    assert ours["55.9F02"] == "000000004250"
    assert ours["62.2"] == fields["62"]["2"]


def measure(
    benchmark: BenchmarkFixture, report: Report, name: str, call: Callable[[], object]
) -> None:
    """Run `call` under pytest-benchmark and report its median."""
    benchmark(call)
    if benchmark.stats is not None:
        median_us = benchmark.stats.stats.median * MICROSECONDS
        report.add(Row(name, median_us, MICROSECONDS / median_us))


def compare(
    benchmark: BenchmarkFixture,
    report: Report,
    name: str,
    peer: Callable[[], object],
    ours: Callable[[], object],
) -> None:
    """Measure the peer, and how the two compare when they alternate."""
    benchmark(peer)
    if benchmark.stats is not None:
        median_us = benchmark.stats.stats.median * MICROSECONDS
        ratio = interleaved_ratio(ours, peer)
        report.add(Row(name, median_us, MICROSECONDS / median_us, ratio))


@pytest.mark.benchmark(group="decode")
def test_decode(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    body: bytes,
    fields: messages.Fields,
) -> None:
    measure(benchmark, report, "decode", lambda: codec.decode(body))
    assert_same_values(codec.decode(body), peer_decode(body), fields)


@pytest.mark.benchmark(group="decode")
def test_decode_and_read_every_field(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    body: bytes,
    fields: messages.Fields,
) -> None:
    measure(benchmark, report, "decode, read every field", lambda: read_everything(codec, body))
    assert read_everything(codec, body)["4"] == fields["4"]


@pytest.mark.benchmark(group="decode")
def test_decode_pyiso8583(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    body: bytes,
    fields: messages.Fields,
) -> None:
    compare(
        benchmark,
        report,
        "decode, pyiso8583",
        peer=lambda: peer_decode(body),
        ours=lambda: read_everything(codec, body),
    )
    assert_same_values(codec.decode(body), peer_decode(body), fields)


@pytest.mark.benchmark(group="encode")
def test_encode(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    body: bytes,
    fields: messages.Fields,
) -> None:
    measure(benchmark, report, "encode, with parts", lambda: codec.encode(fields))
    assert codec.encode(fields) == body


@pytest.mark.benchmark(group="encode")
def test_encode_flat(
    benchmark: BenchmarkFixture, report: Report, codec: Codec, body: bytes
) -> None:
    flat = flat_fields(codec, body)
    measure(benchmark, report, "encode, as the peer has it", lambda: codec.encode(flat))
    assert codec.encode(flat) == body


@pytest.mark.benchmark(group="encode")
def test_encode_pyiso8583(
    benchmark: BenchmarkFixture, report: Report, codec: Codec, body: bytes
) -> None:
    peer_fields = peer_decode(body)
    flat = flat_fields(codec, body)
    compare(
        benchmark,
        report,
        "encode, pyiso8583",
        peer=lambda: iso8583.encode(peer_fields, PEER_SPECIFICATION),
        ours=lambda: codec.encode(flat),
    )
    assert bytes(iso8583.encode(peer_fields, PEER_SPECIFICATION)[0]) == body


@pytest.mark.benchmark(group="decode to JSON")
def test_decode_to_json(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    body: bytes,
    fields: messages.Fields,
) -> None:
    measure(benchmark, report, "decode to JSON", lambda: codec.decode(body).to_json())
    shown = orjson.loads(codec.decode(body).to_json())
    assert shown["4"] == fields["4"]
    assert shown["subfields"]["55"]["9F02"] == "000000004250"
    assert PAN not in str(shown)


@pytest.mark.benchmark(group="decode to JSON")
def test_decode_to_json_pyiso8583(
    benchmark: BenchmarkFixture,
    report: Report,
    codec: Codec,
    body: bytes,
    fields: messages.Fields,
) -> None:
    compare(
        benchmark,
        report,
        "decode to JSON, pyiso8583",
        peer=lambda: orjson.dumps(peer_decode(body)),
        ours=lambda: codec.decode(body).to_json(),
    )
    assert orjson.loads(orjson.dumps(peer_decode(body)))["4"] == fields["4"]


def flat_fields(codec: Codec, body: bytes) -> dict[str, str]:
    """Every data element as one text, as the peer takes it."""
    message = codec.decode(body)
    return {"mti": message.mti} | {field: message.reveal(field) for field in message}
