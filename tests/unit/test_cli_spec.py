"""`cbs spec list` and `cbs spec show`: what is in the package, for somebody who begins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cbs.cli.spec import app
from cbs.codec import Codec, specification_names


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["spec", *arguments])


def test_every_packaged_specification_is_listed_with_its_purpose() -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in rows] == specification_names()
    assert {row["name"]: row["purpose"] for row in rows}["iso87_ascii"] == (
        "ISO 8583:1987 with everything in ASCII"
    )
    assert all(10 < len(row["purpose"]) <= 100 for row in rows)
    lines = run("list").stdout.splitlines()
    for row, line in zip(rows, lines, strict=True):
        assert line.split(maxsplit=1) == [row["name"], row["purpose"]]


@pytest.mark.parametrize("name", specification_names())
def test_what_is_shown_is_a_specification_to_begin_with(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(run("show", name).stdout)
    assert Codec.load(path).name == "mine"


def test_a_name_that_is_none_is_told_with_those_that_are() -> None:
    result = run("show", "visa")
    assert result.exit_code == 2
    assert "visa_like" in result.output
