"""`cbs decode`, `cbs describe` and `cbs encode` as a person and a pipe use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from tests.unit.known_messages import PUBLIC, Vector
from typer.testing import CliRunner, Result

from cbs.cli.codec import app
from cbs.cli.source import read_octets
from cbs.codec import Codec, Framer
from cbs.errors import DecodeError, EncodeError, FrameError, SpecificationError

ECHO = "0800 8220000000000000 0400000000000000 0527192031 002013 0001"
ECOMMERCE = PUBLIC[1]
PAN = "4567890123456783"


def run(*arguments: str, standard_input: bytes | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=standard_input)


def done(*arguments: str, standard_input: bytes | None = None) -> str:
    result = run(*arguments, standard_input=standard_input)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("vector", PUBLIC, ids=repr)
def test_decode_prints_the_json_of_the_vectors(vector: Vector) -> None:
    document = json.loads(done("decode", "--reveal", vector.octets.hex()))
    assert document.get("frame", "") == vector.prefix.hex()
    assert document["header"] == vector.header.hex()
    assert document | vector.values == document


@pytest.mark.parametrize("vector", [it for it in PUBLIC if it.prefix], ids=repr)
def test_what_decode_reveals_encode_turns_back(vector: Vector) -> None:
    document = done("decode", "--reveal", vector.octets.hex())
    assert done("encode", "-", standard_input=document.encode()).strip() == vector.octets.hex()


def test_card_data_is_starred_unless_asked_for() -> None:
    for command in ("decode", "describe"):
        masked = done(command, ECOMMERCE.octets.hex())
        assert PAN not in masked
        assert "11 888" not in masked
        assert "456789******6783" in masked
        revealed = done(command, "--reveal", ECOMMERCE.octets.hex())
        assert PAN in revealed
        assert "11 888" in revealed


@pytest.mark.parametrize("binary", [True, False])
def test_files_hold_bytes_or_hex_text(tmp_path: Path, binary: bool) -> None:
    path = tmp_path / "message"
    octets = ECOMMERCE.octets
    spaced = octets.hex(" ", 16).replace(" ", "\n").encode()
    path.write_bytes(octets if binary else spaced)
    assert json.loads(done("decode", str(path)))["11"] == "002013"
    piped = done("decode", "-", standard_input=path.read_bytes())
    assert json.loads(piped)["11"] == "002013"


def test_framing_and_header_can_be_told() -> None:
    body = ECOMMERCE.body.hex()
    document = json.loads(done("decode", "--framing", "none", "--header", "none", body))
    assert "frame" not in document
    assert "header" not in document
    told = done("decode", "--framing", "vmlh", "--header", "visa22", ECOMMERCE.octets.hex())
    assert json.loads(told)["header"] == ECOMMERCE.header.hex()
    for wrong in (("--framing", "len5"), ("--header", "visa")):
        assert run("decode", *wrong, body).exit_code == 2


def test_several_frames_give_a_document_each() -> None:
    frames = "00000000" + ECOMMERCE.octets.hex() + "0004002062656174"
    decoder = json.JSONDecoder()
    text, documents = done("decode", frames), []
    while text:
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:].lstrip()
    assert [document.get("kind", "message") for document in documents] == [
        "poll",
        "message",
        "control",
    ]
    assert documents[0] == {"frame": "00000000", "kind": "poll"}
    assert "poll" in done("describe", "00000000")


def test_describe_names_the_fields_in_columns() -> None:
    lines = done("describe", ECHO).splitlines()
    assert lines[0].split() == ["mti", "Message", "type", "0800"]
    assert lines[-1].split(maxsplit=1) == ["70", "Network management information code  001"]
    assert len({line.rindex("  ") for line in lines}) == 1


def test_a_terminal_does_not_obey_a_message() -> None:
    shown = done("describe", "0110 0000000002000000 2715")
    assert "\\x1b\\x85" in shown
    assert "\x1b" not in shown


def test_a_fault_names_path_and_offset_and_describe_shows_what_was_read() -> None:
    octets = ECOMMERCE.body[:60].hex()
    for command in ("decode", "describe"):
        result = run(command, "--framing", "none", octets)
        assert isinstance(result.exception, DecodeError)
        assert "37 at offset 57: expected 12 bytes, found 3 bytes left" in str(result.exception)
        assert ("002013" in result.stdout) == (command == "describe")
        assert PAN not in result.output


def test_a_fault_behind_a_header_or_in_a_later_frame_has_its_place_in_the_input() -> None:
    good, bad = ECOMMERCE.octets.hex(), ECOMMERCE.octets.hex().replace("0527192031", "05271920a1")
    for octets, place in ((bad, 4 + 22 + 40), (good + bad, len(good) // 2 + 4 + 22 + 40)):
        for command in ("decode", "describe"):
            result = run(command, octets)
            assert isinstance(result.exception, DecodeError)
            assert "7 at offset 40: expected decimal digits" in str(result.exception)
            assert str(result.exception).endswith(f"(byte {place} of the input)")
    assert "of the input" not in str(run("decode", ECHO + "00").exception)


def test_a_frame_cut_off_is_told() -> None:
    result = run("decode", ECOMMERCE.octets[:100].hex())
    assert isinstance(result.exception, FrameError)
    assert "cut off after 100 bytes" in str(result.exception)


def test_describe_shows_what_is_there_of_a_frame_cut_off() -> None:
    result = run("describe", ECOMMERCE.octets[:100].hex())
    assert isinstance(result.exception, FrameError)
    assert ECOMMERCE.header.hex() in result.stdout
    assert "002013" in result.stdout
    assert PAN not in result.output
    for length in (3, 4, 7, 20, 26, 30):
        cut = run("describe", "--framing", "vmlh", ECOMMERCE.octets[:length].hex())
        assert isinstance(cut.exception, FrameError)
        assert "1601" not in cut.stdout.split()


@pytest.mark.parametrize(
    ("framing", "header"),
    [
        ("len2", "none"),
        ("len2+03", "none"),
        ("len4-le", "none"),
        ("len2-inclusive", "visa22"),
        ("ascii4", "auto"),
        ("bcd2+trailer:2", "fixed:3"),
        ("tpdu", "tpdu"),
        ("zero2len2", "self"),
    ],
)
@pytest.mark.parametrize("command", ["decode", "describe"])
def test_what_is_there_of_a_frame_cut_off_is_shown_whatever_the_framing(
    framing: str, header: str, command: str
) -> None:
    given = {"fixed:3": b"\x01\x02\x03", "self": b"\x02\x07"}.get(header)
    framer = Framer(framing, header=None if header == "none" else header)
    octets = framer.wrap(bytes.fromhex(ECHO), header=given)
    there = octets.index(bytes.fromhex("002013")) + 3
    options = ("--framing", framing, "--header", header)
    cut = run(command, *options, octets[:there].hex())
    assert isinstance(cut.exception, FrameError)
    assert f"cut off after {there} bytes" in str(cut.exception)
    assert "002013" in cut.stdout
    for length in range(1, 8):
        piece = run(command, *options, octets[:length].hex())
        assert "cut off" in str(piece.exception)
        assert ("mti" in piece.stdout) == ("0800" in piece.stdout)


def test_a_cut_frame_of_another_framing_does_not_turn_hex_text_into_characters() -> None:
    octets = Framer("len2").wrap(bytes.fromhex(ECHO))
    shown = run("decode", "--framing", "len2", octets[:25].hex())
    assert json.loads(shown.stdout)["mti"] == "0800"


def test_what_is_neither_file_nor_hex_is_refused_without_repeating_it() -> None:
    for source in ("no-such-file", PAN + "x", "", "zz" * 3000):
        result = run("decode", source)
        assert result.exit_code == 2
        assert PAN not in result.output


def test_the_error_of_what_cannot_be_read_has_no_other_error_behind_it() -> None:
    with pytest.raises(typer.BadParameter) as caught:
        read_octets(f"0100 {PAN} x")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_encode_refuses_what_is_no_message(tmp_path: Path) -> None:
    for text in (b"{", b"[]", b'{"mti": "0100", "header": "zz"}', b'{"mti":"0100","header":5}'):
        assert run("encode", "-", standard_input=text).exit_code == 2
    assert run("encode", str(tmp_path / "none.json")).exit_code == 2
    result = run("encode", "-", standard_input=done("decode", ECOMMERCE.octets.hex()).encode())
    assert str(result.exception) == "2: expected the value itself, found masked text"


def test_another_specification_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n'
        '[fields]\n2 = { name = "Mine", encoding = "bcd", length = 2 }\n'
    )
    octets = "0100 4000000000000000 42"
    assert json.loads(done("decode", "--spec", str(path), octets))["2"] == "42"
    result = run("decode", "--spec", "none", octets)
    assert isinstance(result.exception, SpecificationError)
    assert "visa_like" in str(result.exception)


def test_every_command_has_help_with_an_example_that_works() -> None:
    group = typer.main.get_command(app)
    assert set(group.commands) == {"decode", "describe", "encode"}  # type: ignore[attr-defined]
    for command in ("decode", "describe", "encode"):
        assert f"Example: cbs {command}" in done(command, "--help").replace(
            "cbs decode --reveal message.bin | cbs encode -", "cbs encode"
        )
    Codec.load("visa_like").decode(bytes.fromhex(ECHO))


ECHO_IN_ASCII = "0800822000000000000004000000000000000527192031002013301"


@pytest.mark.parametrize("text", [ECHO_IN_ASCII, "08100220000002000000112309023307315600"])
@pytest.mark.parametrize("end", [None, "", "\n"], ids=["argument", "file", "file with an end"])
def test_a_message_of_hex_digits_alone_is_read_as_its_characters(
    text: str, end: str | None, tmp_path: Path
) -> None:
    source = text
    if end is not None:
        path = tmp_path / "message.txt"
        path.write_text(text + end)
        source = str(path)
    document = json.loads(done("decode", "--spec", "iso87_ascii", source))
    assert document["mti"] == text[:4]
    assert document["11"] in ("002013", "073156")
    # Hex text that shows such a message is still taken for hex text.
    shown = json.loads(done("decode", "--spec", "iso87_ascii", text.encode().hex()))
    assert shown == document


def test_hex_text_is_never_taken_for_characters_by_a_packed_dialect() -> None:
    with pytest.raises(DecodeError, match="mti at offset 0"):
        CliRunner().invoke(app, ["decode", "ff" * 40], catch_exceptions=False)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"mti": "01"}', "mti: expected four digits, found 2 digits"),
        ('{"mti": "0"}', "mti: expected four digits, found 1 digit"),
        ('{"mti": "01x0"}', "mti: expected four digits, found other characters"),
        ('{"mti": "0100", "4": 4250}', "4: expected a text, a list or a mapping, found a number"),
        ('{"mti": "0100", "4": 4.5}', "4: expected a text, a list or a mapping, found a number"),
        ('{"mti": "0100", "4": null}', "4: expected a text, a list or a mapping, found null"),
        (
            '{"mti": "0100", "4": true}',
            "4: expected a text, a list or a mapping, found true or false",
        ),
        (
            '{"mti": "0100", "99999": "4"}',
            "99999: expected the number of a data element, found another number",
        ),
        (
            '{"mti": "0100", "amount": "4"}',
            "amount: expected the number of a data element, found another key",
        ),
    ],
)
def test_what_cannot_be_encoded_is_told_by_its_right_word(document: str, told: str) -> None:
    result = run("encode", "-", standard_input=document.encode())
    assert str(result.exception) == told
    with pytest.raises(EncodeError) as refused:
        Codec.load("visa_like").encode_json(document.encode())
    assert str(refused.value) == told


@pytest.mark.parametrize("framing", ["none", "ascii4"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_end_of_a_line_behind_a_message_in_characters_is_left_out(
    framing: str, end: bytes, tmp_path: Path
) -> None:
    codec = Codec.load("iso87_ascii")
    body = codec.encode({"mti": "0100", "11": "002013", "41": "TERMID01"})
    path = tmp_path / "message.txt"
    options = ("--spec", "iso87_ascii", "--framing", framing, str(path))
    octets = Framer(framing).wrap(body)
    path.write_bytes(octets + end)
    assert json.loads(done("decode", *options))["41"] == "TERMID01"
    assert "TERMID01" in done("describe", *options)
    path.write_bytes(octets + end + end)
    assert run("decode", *options).exit_code != 0


def test_the_end_of_a_line_that_belongs_to_a_message_stays(tmp_path: Path) -> None:
    codec = Codec.load("iso87_binary")
    body = codec.encode({"mti": "0800", "52": "000000000000000a"})
    path = tmp_path / "message.bin"
    for content in (body, body + b"\n"):
        path.write_bytes(content)
        assert read_octets(str(path), codec) == content
