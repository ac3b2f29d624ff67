"""The page about the codec names tests that exist, and what its examples say is so."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "codec.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([\w/]+\.(?:py|rs))::(\w+)`", PAGE)
POINTS = re.split(r"^### (\d+)\. ", PAGE.partition("\n## Limits")[0], flags=re.MULTILINE)[1:]


def names_of_tests(path: Path) -> set[str]:
    """The names of the tests in a file: those that run, not any function."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        body = ast.parse(text).body
        return {node.name for node in body if isinstance(node, functions)}
    # proptest's tests carry the attribute as well.
    return set(re.findall(r"#\[test\](?:\s*#\[[^\]]*\])*\s*fn (\w+)", text))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_the_page_names_exists(file: str, name: str) -> None:
    assert (ROOT / file).is_file()
    assert name in names_of_tests(ROOT / file)
    assert file.endswith(".rs") or name.startswith("test_")


def test_each_of_the_fifteen_points_is_shown_by_tests() -> None:
    points = dict(zip(POINTS[::2], POINTS[1::2], strict=True))
    assert list(points) == [str(number) for number in range(1, 16)]
    assert [number for number, text in points.items() if text.count("::") < 3] == []


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "codec.md", "exec"), {})


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([\w./-]+\.md)(?:#[\w-]+)?\)", PAGE)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / "docs/reference" / link).is_file()] == []
