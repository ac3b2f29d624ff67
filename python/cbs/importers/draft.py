"""A specification on its way into TOML, and what stands in its way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from cbs.errors import SpecificationImportError

Definition = dict[str, Any]
"""The keys of one field as in docs/reference/specification.md."""

PROBLEMS_MAX = 200
FIELDS_MAX = 2_048
DEPTH_MAX = 8
LENGTH_MAX = 65_535

_SENSITIVE = {
    2: "pan", 34: "pan", 102: "pan", 103: "pan", 35: "track", 36: "track", 45: "track",
    52: "pin", 55: "track",
}  # fmt: skip
_SENSITIVE_TAGS = {
    "56": ("Track 1 equivalent data", "track"),
    "57": ("Track 2 equivalent data", "track"),
    "5A": ("Application PAN", "pan"),
    "5F20": ("Cardholder name", "track"),
    "99": ("Transaction PIN data", "pin"),
    "9F1F": ("Track 1 discretionary data", "track"),
    "9F20": ("Track 2 discretionary data", "track"),
    "9F6B": ("Track 2 data, contactless", "track"),
}


# what a field is called that holds card data, wherever it lies; flags about it are left alone
_NAMED = (
    ("cvv2", r"\bcv[vc]2\b|\bcid\b.*value"),
    ("pin", r"\bpin\b(?=.*(block|data))|personal identification number"),
    ("track", r"\btrack ?([123]|ii?i?)\b(?=.*data)"),
    ("pan", r"\bpan\b|\baccount numbers?\b|\bcard number\b"),
)
_ABOUT = r"country|result|respon|presence|\bind|reason|length|\blen\b|sequence|edit|source|capture"


def named_sensitivity(name: str) -> str | None:
    """The sensitivity of a field that is called so; None if its name says nothing of card data."""
    lowered = name.lower()
    if re.search(_ABOUT, lowered):
        return None
    return next((kind for kind, words in _NAMED if re.search(words, lowered)), None)


class UnreadableError(Exception):
    """The file as a whole cannot be read; nothing else can be said of it."""

    def __init__(self, problem: str, path: str = "") -> None:
        """Keep the place and what is wrong there."""
        super().__init__(problem)
        self.path = path
        self.problem = problem


@dataclass(frozen=True)
class Choices:
    """What a file does not say and a person must: see docs/howto/import-a-specification.md."""

    ebcdic_page: str | None = None
    """The page of texts whose file names a table of its own."""
    follow: str | None = None
    """"read" or "write": which counts where the other codec does not read what it writes."""
    name: str | None = None
    """Which of several specifications in one Python file."""


class Problems:
    """Places that cannot be mapped, in the order in which they were met; and what was chosen."""

    def __init__(self, choices: Choices) -> None:
        """None so far."""
        self.choices = choices
        self.found: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self._fields = 0

    def add(self, path: str, problem: str) -> None:
        """Remember one; ends the import where there are so many that more would not help."""
        if (path, problem) not in self.found:
            self.found.append((path, problem))
        if len(self.found) >= PROBLEMS_MAX:
            self.settle("")

    def note(self, text: str) -> None:
        """Remember what a reader of the result should know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def count_field(self, path: str) -> None:
        """A file has as many fields as a specification can hold, or it is none."""
        self._fields += 1
        if self._fields > FIELDS_MAX:
            raise UnreadableError(f"more than {FIELDS_MAX} fields", path)

    def settle(self, source: str) -> None:
        """Raise them all, if there are any."""
        if self.found:
            raise SpecificationImportError(source, self.found)


@dataclass
class Draft:
    """The specification as it grows: the keys of `[message]`, and fields by number."""

    message: dict[str, Any] = field(default_factory=dict)
    fields: dict[int, Definition] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    """Places in the source by place in the result."""

    def put(self, number: int, definition: Definition, origin: str) -> None:
        """Take a field over, with the sensitivity that its number gives it."""
        if number in _SENSITIVE and not definition.get("layouts"):
            definition.setdefault("sensitivity", _SENSITIVE[number])
        self.fields[number] = definition
        self.origins[f"fields.{number}"] = origin

    def origin(self, path: str) -> str:
        """Where in the source the deepest known part of a place in the result comes from."""
        place = path
        while place not in self.origins and "." in place:
            place = place.rpartition(".")[0]
        known = self.origins.get(place, "")
        return f"{known} ({path})" if known else path


def sensitive_tags() -> dict[str, Definition]:
    """Chip data's tags that must be masked whatever file names them or not."""
    return {
        tag: {"name": name, "sensitivity": sensitivity}
        for tag, (name, sensitivity) in _SENSITIVE_TAGS.items()
    }
