"""Python files as people have them: followed where they are plain, never run, else refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbs.errors import SpecificationImportError
from cbs.importers import Choices, import_specification

HEAD = """import copy
import iso8583
ASCII = "ascii"
LL = {"data_enc": ASCII, "len_enc": ASCII, "len_type": 2, "max_len": 19}
spec = {
    "h": dict(data_enc=ASCII, len_enc=ASCII, len_type=0, max_len=0),
    "t": {"data_enc": ASCII, "len_enc": ASCII, "len_type": 0, "max_len": 4},
    "p": {"data_enc": "b", "len_enc": ASCII, "len_type": 0, "max_len": 8},
}
"""
LINES = HEAD.count("\n")


def imported(more: str, *, name: str | None = None) -> str:
    text = import_specification("pyiso8583", (HEAD + more).encode(), choices=Choices(name=name))
    return text[text.index("[fields]") :]


def refusal(more: str, *, name: str | None = None) -> tuple[str, str]:
    with pytest.raises(SpecificationImportError) as refused:
        imported(more, name=name)
    return refused.value.problems[0]


@pytest.mark.parametrize(
    ("more", "max_len"),
    [
        ('spec["3"] = LL\n', 19),
        ('spec["3"] = {**LL, "max_len": 5}\n', 5),
        ('spec["3"] = dict(LL, max_len=6)\n', 6),
        ('spec["3"] = LL\nspec["3"]["max_len"] = 7\n', 7),
        ('spec["3"] = copy.deepcopy(LL)\nLL["max_len"] = 8\n', 19),
        ('spec["3"] = LL\nLL["max_len"] = 9\n', 9),
        ('spec["3"] = LL\nspec["3"]["max_len"] = LL["len_type"]\n', 2),
        ('spec["3"] = LL\nread, _ = iso8583.decode(b"", spec)\nprint(spec)\n', 19),
        ('spec["3"] = LL\ndef show():\n    spec.clear()\n', 19),
        ('spec["3"] = LL\nif __name__ == "__main__":\n    spec.clear()\n', 19),
    ],
)
def test_plain_statements_are_followed(more: str, max_len: int) -> None:
    assert f'unit = "bytes", prefix = "ascii:2", max = {max_len} }}' in imported(more)


@pytest.mark.parametrize(
    ("more", "place", "problem"),
    [
        ('spec.update({"3": LL})\n', 1, "changes or uses spec"),
        ('for key in "35":\n    spec[key] = LL\n', 1, "changes or uses spec"),
        ('del spec["t"]\n', 1, "changes or uses spec"),
        ("other = [spec]\nother[0].clear()\n", 2, ""),
        ('def more():\n    spec["3"] = LL\nmore()\n', 3, "changes or uses spec"),
        ("from elsewhere import customize\ncustomize(spec)\n", 2, "changes or uses spec"),
        ('spec["3"] = LL\nchange(LL)\n', 2, "changes or uses spec"),
        ('spec["3"] = {"data_enc": "b", "data_enc": "b"}\n', 1, "comes twice"),
        ('spec["3"]["max_len"] = 3\n', 1, ""),
        ("spec = copy.deepcopy(iso8583.specs.default)\n", 1, ""),
        ('spec = {"t": open("ran", "w")}\n', 1, "no dictionary of literals"),
        ("from iso8583.specs import default\nspec = copy.deepcopy(default)\n", 2, "json.dump"),
    ],
)
def test_what_only_running_could_tell_is_refused_with_its_line(
    more: str, place: int, problem: str
) -> None:
    path, told = refusal(more, name="spec")
    assert path == f"line {LINES + place}" and problem in told, (path, told)
    assert not Path("ran").exists()


def test_parts_of_a_specification_do_not_stand_in_the_way_of_the_only_one() -> None:
    assert "max = 19" in imported('spec["3"] = LL\n')
    assert "the file has: spec, other" in refusal("other = dict(spec)\n")[1]


def test_parts_that_hold_each_other_end_the_search_for_them() -> None:
    doubled = "".join(f'd{n} = {{"a": d{n - 1}, "b": d{n - 1}}}\n' for n in range(1, 60))
    text = f'd0 = {{}}\n{doubled}d0["a"] = d59\nchange(d59)\nspec["3"] = LL\n'
    assert "max = 19" in imported(text)


def test_a_file_of_names_without_an_end_is_refused_in_few_words() -> None:
    names = "".join(f"name_{number} = {{}}\n" for number in range(2000))
    path, problem = refusal(names + "x.y()\n" * 2000)
    assert (path, problem) == ("name_997", "has more names than any specification")
    _, problem = refusal("".join(f"spec_{number} = spec\n" for number in range(50)))
    assert problem.endswith("spec_18, 31 more")
