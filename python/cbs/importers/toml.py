"""Writes a draft as TOML: comments, one line for a plain field, a table for one with layouts."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from cbs.importers.draft import Draft

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def write(draft: Draft, title: str) -> str:
    """The file's text. Fields come in the order of their numbers, keys in that of the draft."""
    lines = [*_comment(f"{title} Check it against the network's own documents.")]
    for note in draft.notes:
        lines += ["#", *_comment(note)]
    lines += ["", "[message]", *_assignments(draft.message), "", "[fields]"]
    numbers = sorted(draft.fields)
    plain = [number for number in numbers if not draft.fields[number].get("layouts")]
    lines += [f"{number} = {_value(draft.fields[number])}" for number in plain]
    for number in numbers:
        if number not in plain:
            lines += ["", *_table(f"fields.{number}", draft.fields[number])]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    visible = "".join(character if character.isprintable() else " " for character in text)
    return [f"# {line}" for line in textwrap.wrap(visible, 98)]


def _table(path: str, definition: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{path}]"
    yield from _assignments({key: it for key, it in definition.items() if key != "layouts"})
    for layout in definition["layouts"]:
        yield f"[[{path}.layouts]]"
        inner = {key: it for key, it in layout.items() if isinstance(it, dict)}
        yield from _assignments({key: it for key, it in layout.items() if key not in inner})
        for key, entries in inner.items():
            yield f"[{path}.layouts.{key}]"
            yield from _assignments(entries)


def _assignments(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{_key(key)} = ["
            yield from (f"  {_value(item)}," for item in value)
            yield "]"
        else:
            yield f"{_key(key)} = {_value(value)}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    return _text(str(value))


def _text(text: str) -> str:
    def escaped(character: str) -> str:
        if character in '"\\':
            return f"\\{character}"
        # half a surrogate pair is no character that a file could hold
        if character.isprintable():
            return character
        if 0xD800 <= ord(character) <= 0xDFFF:
            return "\N{REPLACEMENT CHARACTER}"
        return f"\\U{ord(character):08x}"

    return f'"{"".join(escaped(character) for character in text)}"'
