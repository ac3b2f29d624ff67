"""What README.md shows works as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cbs.cli.codec import app
from cbs.codec import Codec
from cbs.errors import DecodeError

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
SAMPLE = re.findall(r"cbs describe ([0-9a-f]+)$", README, re.MULTILINE)


def test_there_is_a_snippet_and_a_sample() -> None:
    assert SNIPPETS
    assert len(SAMPLE) == 1


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_prints_what_its_comment_says(
    snippet: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(snippet, {})
    printed = capsys.readouterr().out.splitlines()
    assert f"# {printed[0]}" in snippet
    assert "4567890123456783" not in "".join(printed)


def test_the_fault_is_told_as_it_is_shown() -> None:
    ((specification, octets, told),) = re.findall(
        r"cbs describe --spec (\w+) ([0-9a-f]+)\n# \.\.\.\n# cbs: (.*)$", README, re.MULTILINE
    )
    with pytest.raises(DecodeError) as caught:
        Codec.load(specification).decode(bytes.fromhex(octets))
    assert str(caught.value) == told


def test_the_sample_is_the_same_in_the_shell_and_in_python() -> None:
    assert SAMPLE[0] in re.sub(r"\s", "", SNIPPETS[0])
    assert "ECOMM" in CliRunner().invoke(app, ["describe", SAMPLE[0]]).stdout
