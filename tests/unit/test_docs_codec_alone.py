"""The examples of the how-to about the codec run as they stand, one after the other."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "use-the-codec-alone.md"


def test_the_examples_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(examples) >= 6
    module = types.ModuleType("the_examples_of_the_page")
    # dataclasses look their module up
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), module.__dict__)
    printed = capsys.readouterr().out
    assert "Message 0100" in printed
    assert "DecodeError" in printed
    assert "4000000000000010" not in printed
