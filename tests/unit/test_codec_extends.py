"""A specification that says only where it differs from another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cbs._native import lint_specification
from cbs.cli.codec import app as codec_app
from cbs.cli.doctor import app as doctor
from cbs.cli.spec import app as spec
from cbs.codec import Codec, lint
from cbs.errors import DecodeError, SpecificationError

BODY = "0100" + "2000000000000000" + "000000"


def own(tmp_path: Path, text: str, name: str = "mine.toml") -> Path:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fault_of(path: Path) -> str:
    with pytest.raises(SpecificationError) as caught:
        Codec.load(path)
    return str(caught.value)


def test_what_is_not_said_is_as_in_the_specification_below(tmp_path: Path) -> None:
    path = own(tmp_path, 'extends = "iso87_ascii"\n[fields]\n3 = { name = "Kind" }\n')
    message = Codec.load(path).decode(BODY.encode())
    assert message["3.1"] == "00"
    assert ("3", "Kind", "000000") in message.describe()


def test_a_type_that_is_said_again_counts_for_every_field_that_has_it(tmp_path: Path) -> None:
    path = own(tmp_path, 'extends = "iso87_ascii"\n[types]\nn = { encoding = "ebcdic" }\n')
    octets = BODY[:20].encode() + b"\xf0\xf1\xf2\xf3\xf4\xf5"
    assert Codec.load(path).decode(octets)["3"] == "012345"


def test_false_takes_away_fields_and_keys_but_is_the_value_of_a_flag(tmp_path: Path) -> None:
    text = (
        'extends = "below.toml"\n[fields]\n4 = false\n'
        "5 = { prefix = false, max = false, length = 2, printable = false }\n"
    )
    own(
        tmp_path,
        '[message]\ntype_indicator = "ascii"\nbitmap = "hex-ascii"\n[fields]\n'
        '4 = { name = "a", encoding = "ascii", length = 1 }\n'
        '5 = { name = "b", encoding = "ascii", prefix = "ascii:2", max = 9, printable = true }\n',
        "below.toml",
    )
    codec = Codec.load(own(tmp_path, text))
    assert codec.decode(b"01000800000000000000\x01\x02")["5"] == "\x01\x02"
    with pytest.raises(DecodeError):
        codec.decode(b"01001000000000000000x")


def test_an_array_is_replaced_as_a_whole(tmp_path: Path) -> None:
    text = (
        'extends = "iso87_ascii"\n[[fields.3.layouts]]\nkind = "positional"\n'
        'parts = [{ name = "Only", length = 6 }]\n'
    )
    message = Codec.load(own(tmp_path, text)).decode(BODY.encode())
    assert [path for path, _, _ in message.describe() if path.startswith("3")] == ["3", "3.1"]


def test_a_path_counts_from_the_folder_of_the_file_that_names_it(tmp_path: Path) -> None:
    own(tmp_path, 'extends = "iso87_ascii"\n[fields]\n3 = false\n', "parts/base.toml")
    own(tmp_path, 'extends = "base.toml"\n', "parts/middle.toml")
    codec = Codec.load(own(tmp_path, 'extends = "parts/middle.toml"\n'))
    with pytest.raises(DecodeError, match=r"^3 "):
        codec.decode(BODY.encode())


def test_a_fault_names_the_file_and_the_line_that_it_stands_in(tmp_path: Path) -> None:
    below = own(tmp_path, 'extends = "iso87_ascii"\n[fields.4]\nclass = "q"\n', "below.toml")
    path = own(tmp_path, 'extends = "below.toml"\n[fields.5]\ncolor = 1\n[fields.4]\nname = "a"\n')
    assert [(row[1], row[2], row[4]) for row in lint(path)] == [
        ("fields.5.color", 3, None),
        ("fields.4.class", 3, str(below)),
    ]
    only = own(tmp_path, 'extends = "below.toml"\n', "only.toml")
    assert fault_of(only).startswith(f"only: in {below}: fields.4.class: unknown")


def test_a_fault_under_a_value_that_was_replaced_is_that_of_the_upper_file(tmp_path: Path) -> None:
    text = 'extends = "iso87_ascii"\n[fields.3]\nlayouts = [\n  { kind = "odd" },\n]\n'
    rows = lint(own(tmp_path, text))
    assert [(row[1], row[2], row[4]) for row in rows] == [("fields.3.layouts.0.kind", 4, None)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("extends = 1\n", "extends: must be a name or a path, not integer"),
        ('extends = "nothing"\n', "extends: no specification 'nothing'; packaged are: base24_like"),
        ('extends = "mine.toml"\n', 'extends: "mine.toml" extends this one: a circle'),
        ('extends = "../none.toml"\n', "none.toml: cannot be read"),
        ('extends = "iso87_ascii"\n[fields]\n190 = false\n', "fields.190: there is nothing to"),
        ('extend = "iso87_ascii"\n', "did you mean extends?"),
    ],
)
def test_what_cannot_be_extended_is_told(tmp_path: Path, text: str, problem: str) -> None:
    path = own(tmp_path, text)
    assert any(problem in f"{row[1]}: {row[3]}" for row in lint(path))
    assert fault_of(path).startswith("mine: ")


def test_a_circle_is_told_where_it_closes(tmp_path: Path) -> None:
    other = own(tmp_path, '\nextends = "mine.toml"\n', "other.toml")
    path = own(tmp_path, 'extends = "other.toml"\n')
    assert fault_of(path) == (f'mine: in {other}: extends: "mine.toml" extends this one: a circle')
    assert [(row[2], row[4]) for row in lint(path)] == [(2, str(other))]


def test_a_chain_has_an_end(tmp_path: Path) -> None:
    for number in range(9):
        own(tmp_path, f'extends = "{number + 1}.toml"\n', f"{number}.toml")
    fault = fault_of(tmp_path / "0.toml")
    assert fault.endswith("7.toml: extends: more than 8 specifications under each other")


def test_no_toml_below_is_told_with_its_file(tmp_path: Path) -> None:
    below = own(tmp_path, "[message]\na = = 1\n", "below.toml")
    path = own(tmp_path, 'extends = "below.toml"\n')
    assert {row[:3] + row[4:] for row in lint(path)} == {("error", "", 2, str(below))}
    assert fault_of(path).startswith(f"mine: in {below}: no TOML: ")


def test_a_text_alone_reads_no_file() -> None:
    text = 'extends = "iso87_ascii"\n'
    assert lint_specification(text)[0][3] == 'there is nowhere to read "iso87_ascii" from'
    with pytest.raises(SpecificationError, match="nowhere to read"):
        Codec(text, name="mine")


def test_what_a_reader_raises_besides_is_raised() -> None:
    def broken(wanted: str, origin: str) -> tuple[str, str]:
        raise ZeroDivisionError(wanted + origin)

    with pytest.raises(ZeroDivisionError, match=r"^upperhere$"):
        Codec('extends = "upper"\n', name="mine", origin="here", read=broken)


def test_the_commands_take_such_a_file(tmp_path: Path) -> None:
    path = str(own(tmp_path, 'extends = "iso87_ascii"\n[fields]\n3 = { name = "Kind" }\n'))
    message = BODY.encode().hex()
    described = CliRunner().invoke(codec_app, ["describe", "--spec", path, message])
    assert described.exit_code == 0 and "Kind" in described.output
    known = CliRunner().invoke(doctor, ["--spec", path, message])
    assert known.exit_code == 0 and "mine" in known.output
    own(tmp_path, 'extends = "iso87_ascii"\n[fields]\n3 = { color = "red" }\n')
    linted = CliRunner().invoke(spec, ["spec", "lint", path])
    assert linted.exit_code == 1 and f"{path}:3: error: fields.3.color" in linted.output
