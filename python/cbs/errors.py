"""Every error that CBS raises on purpose. No text of theirs ever holds card data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbs._native import Frame, Message


class CbsError(Exception):
    """Base of all errors of this package."""


class SpecificationError(CbsError):
    """A wire specification cannot be used; the text names the path inside the file."""


class SpecificationImportError(SpecificationError):
    """Another codec's specification has something that cannot be expressed here.

    `problems` has every such place: pairs of the path inside the file, and what is wrong there.
    """

    def __init__(self, source: str, problems: list[tuple[str, str]]) -> None:
        """Keep the places; the text lists them, one in a line."""
        lines = [f"{path or 'file'}: {problem}" for path, problem in problems]
        several = f"{len(problems)} places cannot be imported:\n  "
        head = f"{source}: " if source else ""
        super().__init__(head + (several if len(lines) > 1 else "") + "\n  ".join(lines))
        self.problems = list(problems)


class ProfileError(CbsError):
    """A network profile cannot be used; the text names the key inside the file."""


class SettingsError(CbsError):
    """A setting or a key file cannot be used; the text names it and says what would do."""


class DatabaseError(CbsError):
    """The database cannot serve: unreachable, wrong version, or newer than this code."""


class CodecError(CbsError):
    """A message cannot be read or written.

    `path` names the data element ("55.9F26"), `offset` counts bytes from the start of the body.
    """

    def __init__(self, text: str, *, path: str = "", offset: int | None = None) -> None:
        """Keep the text, the path and the offset."""
        super().__init__(text)
        self.path = path
        self.offset = offset


class DecodeError(CodecError):
    """Bytes are no message of this dialect. `partial` holds what was read before the fault."""

    def __init__(
        self,
        text: str,
        *,
        path: str = "",
        offset: int | None = None,
        partial: Message | None = None,
    ) -> None:
        """Keep the partial message beside path and offset."""
        super().__init__(text, path=path, offset=offset)
        self.partial = partial


class EncodeError(CodecError):
    """A value does not fit its data element."""


class BindingError(CodecError):
    """A message does not fill a dataclass: a value is missing, or is none of its type."""


class FrameError(CbsError):
    """A byte stream cannot be cut into frames any more; the link must be closed.

    `frames` are the complete ones before the fault, `offset` counts from the start of the stream.
    """

    def __init__(self, text: str, *, offset: int, frames: list[Frame] | None = None) -> None:
        """Keep the offset and the frames that came before the fault."""
        super().__init__(text)
        self.offset = offset
        self.frames = frames or []


class CaptureError(CbsError):
    """A file is no packet capture."""
