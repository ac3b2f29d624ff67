"""`cbs doctor` as a person and a program use it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from tests.unit.known_messages import PUBLIC
from tests.unit.plausible_messages import ENVELOPES, Maker, wrapped
from typer.testing import CliRunner, Result

from cbs.cli.codec import app as codec_app
from cbs.cli.doctor import _EXAMPLE, app, percent, sure

ECOMMERCE = PUBLIC[1]
PAN = "4567890123456783"


def run(*arguments: str, standard_input: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=standard_input)


def test_dialect_framing_and_certainty_are_told_without_card_data() -> None:
    result = run(ECOMMERCE.octets.hex())
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()[:2]
    assert first == "This is visa_like, in frames of vmlh with the header visa22."
    assert second == "That is almost certain (over 99 %)."
    assert "DE2 passes the Luhn check (offset 44)" in result.stdout
    assert PAN not in result.output
    assert PAN not in run("--json", ECOMMERCE.octets.hex()).output


def test_the_command_that_is_told_describes_the_dump(tmp_path: Path) -> None:
    path = tmp_path / "a dump.bin"
    path.write_bytes(wrapped([Maker("pos_tpdu").body("request")], ENVELOPES[15]))
    told = run(str(path)).stdout.splitlines()[-1].removeprefix("Next: cbs ")
    assert "--framing len2 --header tpdu" in told
    described = CliRunner().invoke(codec_app, shlex.split(told))
    assert described.exit_code == 0
    assert "CORNER" in described.stdout or "Amount, transaction" in described.stdout


def test_the_fault_is_told_with_its_place() -> None:
    body = ECOMMERCE.body[:60].hex()
    result = run(body)
    assert "It breaks at offset 57 of the dump:" in result.stdout
    assert "expected 12 bytes, found 3 bytes left" in result.stdout


def test_json_has_what_the_text_has() -> None:
    document = json.loads(run("--json", ECOMMERCE.octets.hex()).stdout)
    assert document["is_iso8583"] is True
    assert document["probability"] > 0.99
    best = document["candidates"][0]
    assert (best["spec"], best["framing"], best["header"]) == ("visa_like", "vmlh", "visa22")
    assert {"text", "offset", "bits"} == set(best["for"][0])
    foreign = json.loads(run("--json", "-", standard_input=b"GET / HTTP/1.1\r\n").stdout)
    assert foreign["is_iso8583"] is False
    assert foreign["because"] == "it looks like an HTTP message"


def test_what_is_no_message_ends_with_one_and_says_why() -> None:
    for content, why in ((b"", "it is empty"), (b"SSH-2.0-x\r\n", "an SSH greeting")):
        result = run("-", standard_input=content)
        assert result.exit_code == 1
        assert "This is probably not ISO 8583, because" in result.stdout
        assert why in result.stdout


def test_dumps_as_programs_print_them_are_read() -> None:
    octets = ECOMMERCE.octets
    lines = [
        f"{place:08x}: {octets[place : place + 16].hex(' ', -2)}  ................"
        for place in range(0, len(octets), 16)
    ]
    assert (
        "visa_like, in frames of vmlh" in run("-", standard_input="\n".join(lines).encode()).stdout
    )


def test_the_example_of_the_help_works() -> None:
    assert "in frames of len2 with the header tpdu" in run(_EXAMPLE).stdout


def test_words_follow_the_probability() -> None:
    assert [sure(it) for it in (0.99, 0.9, 0.6, 0.3)] == [
        "almost certain",
        "likely",
        "possible",
        "a guess",
    ]
    assert percent(0.9999) == "over 99 %"
    assert percent(0.42) == "42 %"


def test_hex_digits_that_are_the_message_itself_are_diagnosed_as_characters(tmp_path: Path) -> None:
    path = tmp_path / "message.txt"
    path.write_text("0048080002200000080000000511214416663881936400299162")
    told = run(str(path)).stdout.splitlines()
    assert told[0] == "This is iso87_ascii or iso93_ascii, in frames of ascii4."
    described = CliRunner().invoke(codec_app, shlex.split(told[-1].removeprefix("Next: cbs ")))
    assert "936400299162" in described.stdout
    # Packed digits look like text of digits as well, and are no such message.
    assert "visa_like" in run(ECOMMERCE.octets.hex()).stdout.splitlines()[0]
