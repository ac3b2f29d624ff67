"""Network profiles: what the messages of a card network mean to an issuer.

A profile is a TOML file; `docs/reference/profile.md` explains every key. The work is done in Rust,
so that clear card numbers never reach Python.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Self

from cbs import _native
from cbs._native import RECORD_COLUMNS, Codec, Request, TokenKey
from cbs.errors import ProfileError

__all__ = ["RECORD_COLUMNS", "Profile", "Request", "TokenKey"]


class Profile(_native.Profile):
    """A network profile: which fields mean what, which are echoed, how deadlines end.

    Immutable; safe to share between threads.
    """

    @classmethod
    def load(cls, name_or_path: str | Path, *, codec: Codec, token_key: TokenKey) -> Self:
        """Read a profile that is packaged with CBS by its name, or any by the path of its file.

        A text that ends in ".toml" or holds a slash is a path. Raises `ProfileError`, which names
        the key that is wrong.
        """
        path = Path(name_or_path)
        if path.suffix != ".toml" and len(path.parts) == 1:
            return cls(_packaged(path.name), name=path.name, codec=codec, token_key=token_key)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(f"{path}: cannot be read: {error}") from error
        return cls(text, name=path.stem, codec=codec, token_key=token_key)


def _packaged(name: str) -> str:
    folder = resources.files("cbs") / "profiles"
    names = sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )
    if name not in names:
        known = ", ".join(names)
        raise ProfileError(f"no packaged profile is called {name!r}; there are: {known}")
    return (folder / f"{name}.toml").read_text(encoding="utf-8")
