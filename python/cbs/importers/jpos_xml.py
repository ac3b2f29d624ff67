"""Reads XML into elements with their lines, and nothing from anywhere else.

A document type is passed over and never fetched; entities, which could name files or grow without
bounds, are refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from cbs.importers.draft import UnreadableError

_DEPTH_MAX = 32
_ELEMENTS_MAX = 20_000


@dataclass
class Element:
    """One element: its name without a namespace's prefix, attributes without stray blanks."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)

    def get(self, key: str) -> str | None:
        """An attribute; None where it is missing or empty."""
        return self.attributes.get(key) or None


def parse(content: bytes) -> Element:
    """The document's element."""
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        problem = expat.ErrorString(error.code)
        raise UnreadableError(f"no XML: {problem}", f"line {error.lineno}") from None
    except (ValueError, LookupError) as error:
        raise UnreadableError(f"no XML: {error}") from None
    if reader.root is None:
        raise UnreadableError("no XML: it has no element")
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.SkippedEntityHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self._count += 1
        if self._count > _ELEMENTS_MAX or len(self._open) >= _DEPTH_MAX:
            raise UnreadableError("more or deeper elements than any packager has", f"line {line}")
        stripped = {key: value.strip() for key, value in attributes.items()}
        element = Element(name.rpartition(":")[2], stripped, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _refuse(self, *_: object) -> NoReturn:
        line = f"line {self.parser.CurrentLineNumber}"
        raise UnreadableError("entities are refused; write out what they stand for", line)
