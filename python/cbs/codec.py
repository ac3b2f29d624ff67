"""Wire specifications by name, and what reads and writes messages with them.

`Codec.load("visa_like")` compiles a packaged specification, `Codec.load("my.toml")` a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Self

from cbs import _native
from cbs._native import Frame, Framer, Message, MessageBuilder, Track2
from cbs.binding import Field
from cbs.errors import SpecificationError

__all__ = [
    "Codec",
    "Field",
    "Frame",
    "Framer",
    "Message",
    "MessageBuilder",
    "Track2",
    "specification_names",
]

Mapping.register(Message)


def specification_names() -> list[str]:
    """Names of the packaged specifications, sorted."""
    folder = resources.files("cbs") / "specs"
    names = (Path(entry.name) for entry in folder.iterdir())
    return sorted(name.stem for name in names if name.suffix == ".toml")


class Codec(_native.Codec):
    """One wire specification, compiled. Immutable; safe to share between threads."""

    @classmethod
    def load(cls, name: str | Path) -> Self:
        """Compile a specification: a packaged name, or the path of a .toml file.

        Raises `SpecificationError`, which lists the packaged names if there is none like `name`.
        """
        if str(name).endswith(".toml"):
            path = Path(name)
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SpecificationError(f"{path}: cannot be read: {error}") from error
            return cls(text, name=path.stem)
        known = specification_names()
        if name not in known:
            listing = ", ".join(known)
            raise SpecificationError(
                f"no specification {str(name)!r}; packaged are: {listing}; or give a .toml file"
            )
        source = resources.files("cbs") / "specs" / f"{name}.toml"
        return cls(source.read_text(encoding="utf-8"), name=str(name))
