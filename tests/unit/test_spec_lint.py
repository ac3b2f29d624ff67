"""Every fault of a specification at once: from the extension, and as `cbs spec lint` tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cbs._native import lint_specification
from cbs.cli.spec import app
from cbs.codec import Codec
from cbs.errors import SpecificationError

FAULTY = """[message]
type_indicator = "morse"
bitmap = "binary"
bitmaps_max = 7
trailing = "forget"

[types]
n = { encoding = "bcd" }

[fields]
2 = { name = "a", type = "n", prefix = "binary:1", max = 300 }
3 = { type = "n", length = "six", color = "red" }
4 = { name = "c", encoding = "ebcdic", unit = "digits", length = 3 }
5 = { name = "d", type = "nobody", length = 3 }
500 = { name = "e", type = "n", length = 3 }

[fields.6]
name = "f"
encoding = "binary"
prefix = "binary:1"
max = 99
[[fields.6.layouts]]
kind = "positional"
parts = [{ name = "g", rest = true }]
[[fields.6.layouts]]
when = { path = "7", is = "1" }
kind = "tagged"
tag = "morse:2"
[[fields.6.layouts]]
kind = "bitmapped"
parts.65 = { name = "h", length = 1 }
"""


def test_every_fault_is_told_with_its_path_and_line() -> None:
    found = {(severity, path): (line, problem) for severity, path, line, problem, _
             in lint_specification(FAULTY)}  # fmt: skip
    faults = {path: line for (severity, path), (line, _) in found.items() if severity == "error"}
    assert faults == {
        "message.type_indicator": 2,
        "message.bitmaps_max": 4,
        "message.trailing": 5,
        "fields.2.max": 11,
        "fields.3.name": 12,
        "fields.3.length": 12,
        "fields.3.color": 12,
        "fields.4.unit": 13,
        "fields.5.type": 14,
        "fields.500": 15,
        "fields.6.layouts.1.tag": 28,
        "fields.6.layouts.1.when.path": 26,
        "fields.6.layouts.2.parts.65": 31,
    }
    assert "can count 255 digits" in found["error", "fields.2.max"][1]


def test_what_can_never_be_met_is_told_when_the_rest_is_right() -> None:
    text = FAULTY.split("[types]", maxsplit=1)[0].replace("morse", "bcd")
    text = text.replace("bitmaps_max = 7\n", "").replace("forget", "keep")
    text += FAULTY[FAULTY.index("[fields.6]") : FAULTY.index("[[fields.6.layouts]]\nwhen")]
    text += '[[fields.6.layouts]]\nwhen = { path = "7", is = "1" }\nkind = "tlv"\n'
    text += 'tags.1F = { name = "h" }\n'
    assert [(severity, path) for severity, path, *_ in lint_specification(text)] == [
        ("warning", "fields.6.layouts.1"),
        ("error", "fields.6.layouts.1.when.path"),
        ("warning", "fields.6.layouts.1.tags.1F"),
    ]
    with pytest.raises(SpecificationError, match=r"layouts\.1\.when\.path: looks at an element"):
        Codec(text, name="mine")


@pytest.mark.parametrize(
    ("field", "path", "problem"),
    [
        ('encoding = "ascii"\nlength = 2\ninclusive = true', "inclusive", "needs a prefix"),
        ('encoding = "ascii"\nlength = 2\nclass = "q"', "class", "known: n, a, an"),
        ('encoding = "bcd"\nlength = 2\nclass = "ans"', "class", "packed digits are of class"),
        ('encoding = "binary"\nlength = 2\nclass = "n"', "class", "bytes are of class b"),
        ('encoding = "ascii"\nlength = 2\nfill = "0"', "fill", "give side:character"),
        ('encoding = "ascii"\nrest = true\nfill = "left:0"', "fill", "a rest has no length"),
        ('encoding = "ascii"\nlength = 2\nsign = "ascii"', "sign", "packed digits"),
        ('encoding = "ascii"\nlength = 2\nsign = "zoned"', "sign", "ebcdic digits"),
        ('encoding = "ascii"\nlength = 2\nebcdic_page = "500"', "ebcdic_page", "not EBCDIC"),
        ('encoding = "bcd"\nlength = 2\nletters = "big"', "letters", "known: true, false, lower"),
        ('encoding = "bcd"\nlength = 2\npad_nibble = 16', "pad_nibble", "from 0 to 15"),
        ('encoding = "hex-ascii"\nlength = 2\nunit = "digits"', "unit", "bytes, nibbles or chars"),
        (
            'encoding = "bcd"\nprefix = "bcd:2"\nmax = 9\ninclusive = true',
            "inclusive",
            "only lengths in bytes",
        ),
        (
            'encoding = "bcd"\nprefix = "bcd:2"\nmax = 9\ncount_even = true',
            "max",
            "an even count needs an even max",
        ),
        (
            'encoding = "bcd"\nsign = "ascii"\nprefix = "bcd:2"\nmax = 9',
            "prefix",
            "needs a fixed length",
        ),
        (
            'encoding = "bcd"\nlength = 2\n[[fields.2.layouts]]\nkind = "tlv"',
            "layouts.0.kind",
            "packed digits have positional parts",
        ),
        (
            'encoding = "ascii"\nlength = 2\n[[fields.2.layouts]]\nkind = "tagged"\n'
            'tag = "ascii:2"\nunknown = "keep"',
            "layouts.0.unknown",
            "needs a length to be kept",
        ),
        (
            'encoding = "ascii"\nlength = 2\n[[fields.2.layouts]]\nkind = "tagged"\n'
            'tag = "ascii:2"\nlength = "ascii:2"\ntags.123 = { name = "b" }',
            "layouts.0.tags.123",
            "another size",
        ),
        (
            'encoding = "ascii"\nlength = 2\n[[fields.2.layouts]]\nkind = "tlv"\n'
            'when = { path = "x" }',
            "layouts.0.when.is",
            "missing",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_a_fault(field: str, path: str, problem: str) -> None:
    text = (
        f'[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n[fields.2]\nname = "a"\n{field}\n'
    )
    rows = lint_specification(text)
    assert any(row[1] == f"fields.2.{path}" and problem in row[3] for row in rows), rows


def test_what_is_no_toml_is_told_with_its_lines() -> None:
    rows = lint_specification("[message]\na = = 1\nb = \n")
    assert {(severity, path, line) for severity, path, line, *_ in rows} == {
        ("error", "", 2),
        ("error", "", 3),
    }


def test_the_command_tells_them_in_lines_and_ends_with_1(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FAULTY)
    done = CliRunner().invoke(app, ["spec", "lint", str(path)])
    assert done.exit_code == 1
    assert f"{path}:2: error: message.type_indicator: unknown" in done.stdout
    assert len(done.stdout.splitlines()) == 16
    as_json = json.loads(CliRunner().invoke(app, ["spec", "lint", str(path), "--json"]).stdout)
    assert as_json[0] == {
        "file": str(path),
        "line": 2,
        "severity": "error",
        "path": "message.type_indicator",
        "problem": 'unknown "morse"; known: bcd, ascii, ebcdic, hex-ascii',
    }


def test_the_command_is_content_with_what_is_shipped() -> None:
    done = CliRunner().invoke(app, ["spec", "lint", "visa_like", "iso93_ebcdic"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert CliRunner().invoke(app, ["spec", "lint", "nowhere.toml"]).exit_code == 2


@pytest.mark.parametrize(
    ("lines", "path", "line", "problem"),
    [
        ('encoding = "ascii"\nlenght = 3\nlength = 3', "lenght", 7, "did you mean length?"),
        ('encoding = "binary"\nclass = "n"\nlength = 3', "class", 7, "bytes are of class b"),
        ('encoding = "bcd"\nclass = "ans"\nlength = 3', "class", 7, "class n, z, h or b"),
        ('encoding = "ascii"\nunit = "digits"\nlength = 3', "unit", 7, "chars or bytes"),
        ('encoding = "ascii"\nprefix = "ascii:2"\nmax = 100', "max", 8, "can count 99"),
        ('encoding = "bcd"\nlength = 3\nebcdic_page = "500"', "ebcdic_page", 8, "not EBCDIC"),
    ],
)
def test_each_kind_of_fault_of_a_field_is_told_at_its_line(
    lines: str, path: str, line: int, problem: str
) -> None:
    text = (
        f'[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n[fields.2]\nname = "a"\n{lines}\n'
    )
    [(severity, found, at, told, _)] = lint_specification(text)
    assert (severity, found, at) == ("error", f"fields.2.{path}", line)
    assert problem in told


def test_two_parts_for_one_bit_are_told() -> None:
    text = (
        '[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n[fields.2]\nname = "a"\n'
        'encoding = "binary"\nrest = true\n[[fields.2.layouts]]\nkind = "bitmapped"\n'
        'bitmap_bytes = 1\nbitmaps_max = 2\nparts.9 = { name = "b", length = 1 }\n'
        'parts.09 = { name = "c", length = 1 }\n'
    )
    assert [row[:3] for row in lint_specification(text)] == [
        ("error", "fields.2.layouts.0.parts.09", 13)
    ]


def problems_of(fields: str) -> dict[str, str]:
    head = '[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n[fields]\n'
    return {path: problem for _, path, _, problem, _ in lint_specification(head + fields)}


def test_a_misspelled_key_is_told_where_it_makes_a_needed_one_missing() -> None:
    found = problems_of(
        '2 = { name = "a", encodng = "bcd", prefix = "binary:1", max = 400, '
        'fill = "left:0", count_even = true, sensitivty = "pan" }\n'
    )
    assert found.keys() == {
        "fields.2.encoding",
        "fields.2.encodng",
        "fields.2.max",
        "fields.2.sensitivty",
    }
    assert found["fields.2.encodng"] == "no such key here; did you mean encoding?"
    assert "can count 255" in found["fields.2.max"]


def test_a_section_that_cannot_be_compiled_tells_its_unknown_keys() -> None:
    found = problems_of(
        '2 = { name = "a", type = "nobody", lenght = 3 }\n'
        '3 = { name = "b", encoding = "bdc", length = 3, colour = 1 }\n'
        '500 = { name = "c", encoding = "bcd", length = 3, clas = "n" }\n'
        "[fields.4]\n"
        'name = "d"\nencoding = "binary"\nprefix = "binary:1"\nmax = 99\n'
        "[[fields.4.layouts]]\n"
        'knd = "tlv"\ntags.9A = { name = "e" }\n'
        "[[fields.4.layouts]]\n"
        'kind = "tagged"\ntag = "ascii:2"\n'
        'tags.AA = { name = "f", type = "nobody", lenght = 3 }\n'
    )
    assert found.keys() == {
        "fields.2.type",
        "fields.2.lenght",
        "fields.3.encoding",
        "fields.3.colour",
        "fields.500",
        "fields.500.clas",
        "fields.4.layouts.0.kind",
        "fields.4.layouts.0.knd",
        "fields.4.layouts.1.tags.AA.type",
        "fields.4.layouts.1.tags.AA.lenght",
    }


def test_one_fault_is_told_as_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[message]\ntype_indicator = "bcd"\nbitmap = "binary"\n'
        '[fields]\n2 = { name = "a", encoding = "bcd", length = 2, colour = 1 }\n'
    )
    done = CliRunner().invoke(app, ["spec", "lint", str(path)])
    assert done.stderr.splitlines()[-1] == "1 fault, 0 warnings"
