"""Specifications of other codecs, turned into specifications of this one.

Written from the public file formats. What has no equal here is refused with its path in the file,
all such places at once: an imported specification never guesses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cbs._native import lint_specification
from cbs.errors import SpecificationImportError
from cbs.importers import jpos, moov, pyiso8583
from cbs.importers.draft import Choices, Draft, Problems, UnreadableError
from cbs.importers.toml import write

__all__ = ["FORMATS", "Choices", "import_specification"]

FORMATS: dict[str, Callable[[bytes, Problems], Draft]] = {
    "moov": moov.read,
    "jpos": jpos.read,
    "pyiso8583": pyiso8583.read,
}
"""Every format by its name, with what reads it."""


def import_specification(
    format_name: str, content: bytes, *, source: str = "", choices: Choices | None = None
) -> str:
    """The TOML text of a specification that another codec's file describes.

    `source` names the file in comments and errors. Raises `SpecificationImportError` with every
    place that cannot be expressed; the text is one that `Codec` loads. The same content gives the
    same text.
    """
    if format_name not in FORMATS:
        known = ", ".join(FORMATS)
        raise SpecificationImportError(source, [("", f"no format {format_name!r}; known: {known}")])
    problems = Problems(choices or Choices())
    try:
        draft = FORMATS[format_name](content, problems)
    except UnreadableError as unreadable:
        raise SpecificationImportError(source, [(unreadable.path, unreadable.problem)]) from None
    problems.settle(source)
    text = write(draft, f"Imported from a {format_name} file, {Path(source).name or 'unnamed'}.")
    for severity, path, _, problem, _ in lint_specification(text):
        if severity == "error":
            problems.add(draft.origin(path), problem)
    problems.settle(source)
    return text
