"""`cbs pcap` as a person and a program use it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.captures import Wire, pcap, pcapng
from tests.unit.plausible_messages import ENVELOPES, Maker, wrapped
from typer.testing import CliRunner, Result

from cbs.cli.pcap import _opened, app
from cbs.cli.pcap_view import _amount
from cbs.errors import CaptureError, SpecificationError

VMLH = ENVELOPES[2]


def run(*arguments: str, standard_input: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=standard_input)


def traffic() -> tuple[Wire, list[str]]:
    """Two purchases and their answers, one without; and the card numbers in them."""
    maker, wire, cards = Maker("visa_like"), Wire().open(), []
    for number in range(3):
        request = maker.codec.decode(maker.body("request")).edit()
        for path, value in (("37", f"70000000000{number}"), ("11", f"00000{number}")):
            request[path] = value
        asked = request.build()
        cards.append(asked.reveal("2"))
        wire.send(0, wrapped([maker.codec.encode(asked)], VMLH))
        if number != 1:
            answer = {path: asked.reveal(path) for path in ("2", "3", "4", "7", "11", "37", "41")}
            answer |= {"mti": asked.mti[:2] + "10", "39": "00"}
            wire.wait(5)
            wire.send(1, wrapped([maker.codec.encode(answer)], VMLH))
    wire.close()
    return wire, cards


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    path = tmp_path / "traffic.pcapng"
    path.write_bytes(pcapng(traffic()[0].packets))
    return path


def documents(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_line_for_each_message_and_a_summary(capture: Path) -> None:
    result = run(str(capture))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "10.0.0.1:40001 -> 10.0.0.2:8583" in lines[0]
    assert "visa_like in vmlh, header visa22 (found out, 99 % sure)" in lines[0]
    assert " -> " in lines[1]
    assert "after 5.0 ms" in lines[2]
    assert any("trace 000001 was not answered" in line for line in lines)
    assert "1 conversations, 5 messages" in lines
    assert any(line.startswith("response codes") and "00: 2" in line for line in lines)
    assert "\x1b" not in result.stdout


def test_card_data_is_never_shown(capture: Path) -> None:
    cards = traffic()[1]
    for options in ([], ["--describe"], ["--json"], ["--json", "--describe"]):
        output = run(str(capture), *options).output
        assert cards[0][:6] + "******" in output
        assert not any(card in output for card in cards)


def test_json_is_one_object_in_a_line(capture: Path) -> None:
    found = documents(run(str(capture), "--json", "--describe"))
    opened, request, answer = found[:3]
    assert (opened["type"], opened["spec"], opened["framing"]) == ("opened", "visa_like", "vmlh")
    assert request["role"] == "request"
    assert (answer["response_code"], answer["latency_ms"]) == ("00", 5.0)
    assert answer["message"]["39"] == "00"
    assert found[-1]["type"] == "summary"
    assert found[-1]["unanswered"] == 1
    assert found[-1]["answers"] == 2
    assert [it["stan"] for it in found if it["type"] == "unanswered"] == ["000001"]


def test_messages_can_be_chosen(capture: Path) -> None:
    def stans(*options: str) -> list[str]:
        found = documents(run(str(capture), "--json", *options))
        return [it["stan"] for it in found if it["type"] == "frame"]

    assert stans("--rrn", "700000000002") == ["000002", "000002"]
    assert stans("--mti", "0?10") == ["000000", "000002"]
    assert (
        stans("--port", "8583", "--host", "10.0.0.1")
        == ["000000"] * 2 + ["000001"] + ["000002"] * 2
    )
    assert stans("--port", "443") == []


def test_what_is_known_can_be_told(capture: Path) -> None:
    options = ("--spec", "visa_like", "--framing", "vmlh", "--header", "visa22")
    assert "found out" not in run(str(capture), *options).stdout
    assert "visa_like in vmlh" in run(str(capture), "--spec", "visa_like").stdout
    assert run(str(capture), "--spec", "visa_like", "--framing", "len9").exit_code == 2
    wrong = run(str(capture), "--spec", "none_such")
    assert isinstance(wrong.exception, SpecificationError)


def test_gzipped_captures_and_standard_input_are_read(capture: Path, tmp_path: Path) -> None:
    content = capture.read_bytes()
    packed = tmp_path / "traffic.pcapng.gz"
    packed.write_bytes(gzip.compress(content))
    wanted = run(str(capture)).stdout
    assert run(str(packed)).stdout == wanted
    assert run("-", standard_input=content).stdout == wanted


def test_a_capture_cut_off_is_shown_as_far_as_it_goes(capture: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(pcap(traffic()[0].packets)[:-100])
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes())[:-20])
    for path in (cut, packed):
        result = run(str(path))
        assert result.exit_code == 1
        assert "broken or cut off at byte" in result.stderr
        assert "5 messages" in result.stdout or "after 5.0 ms" in result.stdout


def test_what_is_no_capture_is_told(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no capture")
    assert isinstance(run(str(path)).exception, CaptureError)
    assert run(str(tmp_path / "none")).exit_code == 2


def test_colours_are_for_a_terminal_and_can_be_asked_for(
    capture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[31;1m" in run(str(capture)).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run(str(capture)).stdout


def test_a_broken_message_does_not_end_the_view(tmp_path: Path) -> None:
    wire, cards = traffic()
    wire.packets[3] = wire.packets[3]._replace(
        octets=wire.packets[3].octets.replace(bytes.fromhex("05" + "10"), b"\x05\xaf", 1)
    )
    path = tmp_path / "broken.pcap"
    path.write_bytes(pcap(wire.packets))
    result = run(str(path))
    assert result.exit_code == 0
    assert "5 messages" in result.stdout
    assert not any(card in result.output for card in cards)


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [_amount(*it) for it in (("000000004250", 2), ("000000000005", 2))] == ["42.50", "0.05"]
    assert [_amount(*it) for it in (("000000004250", 0), ("000000004250", 3))] == ["4250", "4.250"]
    assert _amount("", 2) == ""


def test_a_reader_that_goes_away_is_no_fault_of_the_file(capture: Path) -> None:
    with pytest.raises(BrokenPipeError), _opened(str(capture)):
        raise BrokenPipeError
