"""Counters and events: right figures, one JSON object a line, no secrets."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator

import pytest
import structlog

from cbs.telemetry import Histogram, Telemetry, configure_logging


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What goes to stderr while logging is configured as the server configures it."""
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    configure_logging("info")
    yield stderr
    structlog.reset_defaults()


def events(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 0.999, 1.0])
def test_a_quantile_is_right_within_an_eighth(share: float) -> None:
    chance = random.Random(7)
    durations = sorted(chance.lognormvariate(-6, 1.5) for _ in range(5000))
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    exact_ms = durations[max(0, -int(-share * 5000 // 1) - 1)] * 1000
    assert exact_ms * 0.99 <= histogram.quantile_ms(share) <= exact_ms * 1.13


def test_an_empty_histogram_has_quantiles_of_nothing() -> None:
    assert Histogram().quantile_ms(0.99) == 0.0


@pytest.mark.parametrize("seconds", [0.0, 1e-5, 0.004, 3600.0])
def test_any_duration_can_be_counted(seconds: float) -> None:
    histogram = Histogram()
    histogram.add(seconds)
    assert len(histogram) == 1
    assert histogram.quantile_ms(1.0) >= seconds * 1000 * 0.99


def test_an_interval_reports_its_counters_and_begins_anew(
    written: io.StringIO,
) -> None:
    telemetry = Telemetry()
    telemetry.received["0100"] += 3
    telemetry.answered["00"] += 2
    telemetry.batch_decided(2, 0.001)
    telemetry.batch_decided(1, 0.001)
    telemetry.interval_passed()
    (event,) = events(written)
    assert event["event"] == "counters"
    assert event["received"] == {"0100": 3}
    assert (event["batches"], event["batch_size_mean"], event["batch_size_max"]) == (2, 1.5, 2)
    assert telemetry.received == {}


def test_an_interval_without_messages_is_silent(
    written: io.StringIO,
) -> None:
    telemetry = Telemetry()
    telemetry.interval_passed()
    assert events(written) == []


def test_a_fault_is_named_with_its_place_and_without_its_text(
    written: io.StringIO,
) -> None:
    telemetry = Telemetry()
    try:
        raise ValueError("card 4000000000000010")
    except ValueError as error:
        telemetry.fault("lane_failed", error, lane="lane 0")
    (event,) = events(written)
    assert event["reason"] == "ValueError"
    assert str(event["place"]).startswith("test_telemetry.py:")
    assert "4000000000000010" not in json.dumps(event)


def test_a_log_that_nobody_reads_does_not_stop_the_server(written: io.StringIO) -> None:
    telemetry = Telemetry()
    written.close()
    telemetry.database_lost("lane 0", "57P01")
    telemetry.event("started")
    assert telemetry.events_lost == 2
