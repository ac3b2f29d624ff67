"""Hosts that answer by a script, and replies that are compared with what was expected."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cbs.codec import Codec, Message
from cbs.mux.client import Mux
from cbs.mux.errors import LinkClosedError, ReplyTimeoutError
from cbs.mux.rules import MuxRules
from cbs.simulator.host import ScriptedHost, Watcher
from cbs.simulator.script import Script, ScriptError, differences

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "script-a-host.md"
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
CODEC = Codec.load("visa_like")
PROGRAM = [sys.executable, "-c", "from cbs.cli import main; main()", "simulate"]


def purchase(stan: int = 1, **changes: str) -> dict[str, str]:
    fields = {
        "mti": "0100",
        "2": "4000000000000028",
        "3": "000000",
        "4": "000000004250",
        "7": "1121123000",
        "11": f"{stan:06d}",
        "37": f"432512{stan:06d}",
        "43": f"{'CORNER SHOP':<25}{'BERLIN':<13}DE",
        "49": "978",
    }
    return fields | {name.removeprefix("f"): text for name, text in changes.items()}


def message(**changes: str) -> Message:
    return CODEC.decode(CODEC.encode(purchase(**changes)))


def test_the_first_rule_that_fits_answers_and_repeats_what_it_should() -> None:
    script = Script.parse(EXAMPLE, "example")
    request = message()
    rule = script.rule_for(request)
    assert rule is not None
    reply = script.reply(request, rule)
    assert reply.mti == "0110"
    assert list(reply) == ["2", "3", "4", "7", "11", "37", "38", "39"]
    assert reply.reveal("2") == request.reveal("2")
    declining = script.rule_for(message(f2="4000000000000010"))
    assert declining is not None
    assert script.reply(message(f2="4000000000000010"), declining)["39"] == "51"


def test_a_rule_counts_as_often_as_it_says() -> None:
    script = Script.parse(EXAMPLE, "example")
    asked = message(f4="000000000777")
    rules = [script.rule_for(asked) for _ in range(3)]
    assert [rule is not None and rule.silent for rule in rules] == [True, False, False]


def test_only_requests_are_answered_and_network_management_by_itself() -> None:
    script = Script.parse(EXAMPLE, "example")
    management = CODEC.decode(CODEC.encode({"mti": "0800", "11": "000001", "70": "301"}))
    rule = script.rule_for(management)
    assert rule is not None
    assert rule.answer == {"39": "00"}
    assert script.rule_for(message(mti="0110")) is None
    assert script.rule_for(message(mti="0220")) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules = 1", "rules are"),
        ("rule = 1", "unknown key rule"),
        ("[[rules]]\nanswers = {}", r"rules\.0\.answers: unknown; there are answer"),
        ("[[rules]]\nwhen = { 4 = 1 }", r"rules\.0\.when\.4: a text is needed"),
        ("[[rules]]\nwhen = 1", r"rules\.0\.when: a table is needed"),
        ("[[rules]]\nsilent = 1", r"rules\.0\.silent: true or false"),
        ("[[rules]]\ndelay_ms = -1", r"rules\.0\.delay_ms: a whole number from 0 on"),
        ("[[rules]]\ntimes = true", r"rules\.0\.times: a whole number from 0 on"),
        ("[[", "script: "),
    ],
)
def test_a_script_that_cannot_be_used_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(ScriptError, match=told):
        Script.parse(text, "script")


def test_what_is_not_as_expected_is_told_path_by_path_and_masked() -> None:
    given = message()
    assert differences(given, {"mti": "0100", "4": "0*4250", "39": "absent", "49": "9??"}) == []
    told = differences(given, {"2": "5*", "39": "00", "49": "absent"})
    assert told == [
        "2: expected '5*', found '400000******0028'",
        "39: expected '00', found nothing",
        "49: expected 'absent', found '978'",
    ]


def test_the_example_is_played_over_a_socket() -> None:
    seen: list[Any] = []

    async def scenario() -> None:
        watcher = Watcher(received=seen.append, answered=seen.append, told=seen.append)
        host = ScriptedHost(CODEC, Script.parse(EXAMPLE, "example"), watcher=watcher)
        await host.start("127.0.0.1", 0)
        rules = MuxRules(retry_delay_s=0.01)
        async with Mux("127.0.0.1", host.port, CODEC, rules=rules) as mux:
            assert (await mux.request(purchase(1, f2="4000000000000010")))["39"] == "51"
            approved = await mux.request(purchase(2))
            assert (approved["39"], approved["38"]) == ("00", "A1B2C3")
            with pytest.raises(ReplyTimeoutError):
                await mux.request(purchase(3, f4="000000000777"), timeout_s=0.1)
            assert (await mux.request(purchase(4, f4="000000000777")))["39"] == "00"
            with pytest.raises(LinkClosedError):
                await mux.request(purchase(5, f4="000000000666"))
            await mux.wait_up(5)
            # A delay holds up nobody else.
            slow, fast = mux.request(purchase(6)), mux.request(purchase(7, f2="4000000000000010"))
            await asyncio.gather(slow, fast)
        await host.stop()

    asyncio.run(asyncio.wait_for(scenario(), 30))
    assert "left without a reply" in seen
    assert "the link is cut" in seen
    assert "4000000000000010" not in repr(seen)


def test_an_answer_that_does_not_fit_is_told_and_the_host_goes_on() -> None:
    told: list[str] = []
    script = Script.parse(
        '[[rules]]\nwhen = { mti = "0100" }\nanswer = { 39 = "too long" }', "script"
    )

    async def scenario() -> None:
        host = ScriptedHost(CODEC, script, watcher=Watcher(told=told.append))
        await host.start("127.0.0.1", 0)
        async with Mux("127.0.0.1", host.port, CODEC) as mux:
            with pytest.raises(ReplyTimeoutError):
                await mux.request(purchase(), timeout_s=0.1)
            echo = {"mti": "0800", "7": "1121123000", "11": "000099", "70": "301"}
            assert (await mux.request(echo))["39"] == "00"
        await host.stop()

    asyncio.run(asyncio.wait_for(scenario(), 30))
    assert len(told) == 1
    assert told[0].startswith("the answer to mti = 0100 does not fit: 39: ")


@contextlib.contextmanager
def host_process(tmp_path: Path, *options: str) -> Iterator[str]:
    """`cbs simulate host` with the example, in a process of its own; gives its port."""
    script = tmp_path / "script.toml"
    script.write_text(EXAMPLE)
    with subprocess.Popen(
        [*PROGRAM, "host", str(script), "--listen", "127.0.0.1:0", *options],
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "CBS_DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        text=True,
    ) as process:
        assert process.stdout is not None
        listening = process.stdout.readline()
        yield listening.partition(";")[0].rpartition(":")[2]
        process.send_signal(signal.SIGINT)
        shown = process.stdout.read()
        assert process.wait(20) == 0
    assert "0100 authorization" in shown
    assert "4000000000000028" not in shown


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--framing", "ascii4", "--spec", "iso87_ascii"),
        ("--framing", "len2", "--header", "tpdu", "--spec", "pos_tpdu"),
    ],
    ids=lambda options: "-".join(options[1::2]) or "as it comes",
)
def test_the_command_sends_with_expectations_to_the_scripted_host(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    with host_process(tmp_path, *options) as port:
        send_with_expectations(port, options, tmp_path)


def send_with_expectations(port: str, link: tuple[str, ...], tmp_path: Path) -> None:
    document = tmp_path / "purchase.json"
    document.write_text(json.dumps(purchase()))

    def send(*expected: str) -> subprocess.CompletedProcess[str]:
        options = [word for text in expected for word in ("--expect", text)]
        return subprocess.run(
            [*PROGRAM, "send", str(document), "--port", port, *link, *options],
            capture_output=True,
            env={"PATH": os.environ["PATH"], "CBS_DATA_DIR": str(tmp_path)},
            text=True,
            timeout=60,
            check=False,
        )

    met = send("mti=0110", "39=00", "38=??????", "54=absent")
    assert (met.returncode, met.stderr) == (0, "")
    unmet = send("39=05")
    assert (unmet.returncode, unmet.stderr) == (1, "39: expected '05', found '00'\n")
    assert send("39").returncode == 2
    document.write_text("4000000000000028")
    wrong = send("39=00")
    assert wrong.returncode == 2
    assert "4000000000000028" not in wrong.stderr
