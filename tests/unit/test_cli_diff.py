"""`cbs diff`: what is told of two messages, and what is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.known_messages import PUBLIC
from typer.testing import CliRunner, Result

from cbs.cli.diff import app
from cbs.codec import Codec, Framer

VISA = Codec.load("visa_like")
PAN = "4567890123456783"
OTHER_PAN = "4567890999996783"
BASE: dict[str, Any] = {
    "mti": "0100",
    "2": PAN,
    "4": "000000004250",
    "55": {"9F26": "0102030405060708", "9F36": "0001", "9F5B": ["01", "02"]},
    "62": {"2": "467303085254670"},
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})


def rows(left: bytes | str, right: bytes | str, *options: str) -> tuple[int, list[dict[str, Any]]]:
    texts = [side if isinstance(side, str) else side.hex() for side in (left, right)]
    done = run(*texts, "--json", *options)
    assert PAN not in done.output
    assert OTHER_PAN not in done.output
    (found,) = json.loads(done.stdout)["messages"]
    return done.exit_code, found


def changed(**elements: Any) -> bytes:
    """The message with other elements; one that is None is left out."""
    document = BASE | {key.removeprefix("_"): value for key, value in elements.items()}
    return VISA.encode({key: value for key, value in document.items() if value is not None})


def test_equal_messages_end_with_0_and_say_nothing() -> None:
    body = changed()
    done = run(body.hex(), body.hex())
    assert (done.exit_code, done.stdout) == (0, "")
    status, found = rows(body, body, "--all")
    assert status == 0
    assert {row["mark"] for row in found} == {"equal"}
    assert "55.9F26" in {row["path"] for row in found}


def test_cards_that_mask_alike_differ_without_being_shown() -> None:
    status, found = rows(changed(), changed(_2=OTHER_PAN))
    assert status == 1
    assert found == [
        {
            "path": "2",
            "name": "Primary account number",
            "mark": "changed",
            "left": "456789******6783",
            "right": "456789******6783",
            "note": "differ in masked digits",
        }
    ]


def test_what_is_nested_added_and_removed_is_told_by_its_path() -> None:
    chip = {"9F26": "ff02030405060708", "9F37": "0a0b0c0d", "9F5B": ["01", "03"]}
    status, found = rows(changed(), changed(_55=chip, _62=None, _38="ABC123"))
    assert status == 1
    assert [(row["path"], row["mark"]) for row in found] == [
        ("38", "added"),
        ("55.9F26", "changed"),
        ("55.9F36", "removed"),
        ("55.9F5B[2]", "changed"),
        ("55.9F37", "added"),
        ("62._bitmap", "removed"),
        ("62.2", "removed"),
    ]
    assert found[1]["name"] == "Application cryptogram"


def test_the_same_value_in_other_bytes_is_another_form() -> None:
    wanted = VISA.encode({"mti": "0100", "32": "12345", "55": {"9F36": "0001", "9F27": "80"}})
    written = wanted.hex()
    for change, path, note in [
        (("05012345", "05f12345"), "32", "another pad nibble"),
        (("9f360200019f270180", "9f2701809f36020001"), "55", "another order"),
        (("0c0100099f36020001", "0d01000a9f3681020001"), "55.9F36", "another form of the length"),
    ]:
        assert change[0] in written
        status, found = rows(wanted, written.replace(*change))
        assert status == 1
        assert [(row["path"], row["mark"]) for row in found] == [(path, "form")]
        assert note in found[0]["note"]


def test_two_dialects_are_compared_by_their_values() -> None:
    ascii_dialect, binary = Codec.load("iso87_ascii"), Codec.load("iso87_binary")
    fields = {"mti": "0100", "2": PAN, "4": "000000004250", "41": "TERM0001"}
    left = ascii_dialect.encode(fields | {"35": f"{PAN}=2912201123"})
    right = binary.encode(fields | {"4": "000000004251", "35": f"{PAN}d2912201123"})
    status, found = rows(left, right, "--spec", "iso87_ascii", "--spec-b", "iso87_binary")
    assert status == 1
    assert [(row["path"], row["mark"]) for row in found] == [("4", "changed"), ("35", "form")]


def test_a_side_that_breaks_off_is_compared_as_far_as_it_goes() -> None:
    body = changed()
    cut = body[: body.index(bytes.fromhex("9f26"))]
    done = run(body.hex(), cut.hex())
    assert done.exit_code == 2
    assert "cbs diff: B: 55 at offset" in done.stderr
    assert done.stdout.startswith("unread  55.9F26")
    assert "primary account" not in done.stdout.lower()
    document = json.loads(run(cut.hex(), body.hex(), "--json").stdout)
    assert document["errors"][0]["side"] == "A"
    assert document["equal"] is False


def test_a_frame_cut_off_is_compared_as_far_as_it_goes_whatever_the_framing() -> None:
    octets = Framer("len2").wrap(changed())
    there = octets.index(bytes.fromhex("9f26"))
    done = run("--framing", "len2", octets.hex(), octets[:there].hex())
    assert done.exit_code == 2
    assert f"cut off after {there} bytes" in done.stderr
    assert "62.2" in done.stdout
    assert "primary account" not in done.stdout.lower()


def test_headers_are_compared_in_their_parts_and_frames_in_pairs(tmp_path: Path) -> None:
    octets = PUBLIC[1].octets
    other = octets.replace(bytes.fromhex("123456"), bytes.fromhex("123457"), 1)
    status, found = rows(octets, other)
    assert status == 1
    assert [(row["path"], row["left"]) for row in found] == [("header.source", "123456")]
    path = tmp_path / "two.bin"
    path.write_bytes(octets + other)
    done = run(str(path), octets.hex())
    assert done.exit_code == 1
    assert done.stdout.startswith("message 2\nremoved  frame")


def test_only_one_side_can_be_standard_input() -> None:
    body = changed().hex()
    assert CliRunner().invoke(app, ["-", body], input=body).exit_code == 0
    assert run("-", "-").exit_code == 2
