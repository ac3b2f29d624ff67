"""Reads JSON and YAML into mappings, lists and scalars, without their traps."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from cbs.importers.draft import UnreadableError

_NODES_MAX = 100_000
_DEPTH_MAX = 64
_BRACKET = re.compile(r"[][{}]")
_WHOLE = re.compile(r"[0-9]{1,9}")


def decode_text(content: bytes) -> str:
    """The text of a file in UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"is no text: no UTF-8 at byte {error.start}") from None


def load(text: str) -> Any:
    """JSON if it begins like JSON, otherwise YAML, whose scalars are all texts."""
    if text.lstrip()[:1] in ("{", "["):
        return load_json(text)
    return _load_yaml(text)


def load_json(text: str) -> Any:
    """JSON in which no key comes twice."""
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise UnreadableError("nested too deeply") from None
    except ValueError as error:
        raise UnreadableError(f"no JSON: {error}") from None


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UnreadableError("the key comes twice in one object", str(twice)[:80])
    return mapping


def _load_yaml(text: str) -> Any:
    """Only the nodes are made by the parser, so that no tag can construct anything."""
    _check_brackets(text)
    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        return None if node is None else _Nodes().plain(node, 0)
    except RecursionError:
        raise UnreadableError("nested too deeply") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise UnreadableError(f"neither JSON nor YAML: {problem}", place) from None


def _check_brackets(text: str) -> None:
    """The parser's time grows with the square of the brackets that are open."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > _DEPTH_MAX:
            line = text.count("\n", 0, bracket.start()) + 1
            raise UnreadableError("nested too deeply", f"line {line}")


class _Nodes:
    """Makes plain values of nodes. Aliases are followed, but not without an end."""

    def __init__(self) -> None:
        self._count = 0

    def plain(self, node: yaml.Node, depth: int) -> Any:
        self._count += 1
        place = f"line {node.start_mark.line + 1}"
        if self._count > _NODES_MAX or depth > _DEPTH_MAX:
            raise UnreadableError("more or deeper values than any specification has", place)
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, depth + 1) for item in node.value]
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise UnreadableError("a key must be a text", place)
            if key.value in mapping:
                line = key.start_mark.line + 1
                raise UnreadableError(
                    "the key comes twice in one mapping", f"line {line}: {key.value}"
                )
            mapping[key.value] = self.plain(value, depth + 1)
        return mapping


def as_count(value: Any) -> int | None:
    """A whole number from 0, given as such or as its digits; None for anything else."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def as_flag(value: Any) -> bool | None:
    """True or false, given as such or as its word; None for anything else."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None
