"""The last purchase that was sent from this folder, so that `--last` can take it back.

The file holds the message without its card: a demo card's number in the portfolio is kept, any
other card has to be given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import orjson

from cbs.errors import CbsError

_KEPT: Final = frozenset(
    {"mti", "3", "4", "6", "7", "11", "12", "13", "18", "19", "22", "25"}
    | {"32", "37", "41", "42", "43", "49", "51", "62"}
)


class JournalError(CbsError):
    """There is no last purchase, or its file cannot be used."""


@dataclass(frozen=True, slots=True)
class LastPurchase:
    """One purchase as sent, without its card, and the code it was approved under."""

    fields: dict[str, Any]
    card_index: int | None
    authorization_code: str | None

    @classmethod
    def of(
        cls, fields: Mapping[str, Any], card_index: int | None, authorization_code: str | None
    ) -> Self:
        """Keep of `fields` what a reversal needs, and nothing of the card."""
        kept = {name: value for name, value in fields.items() if name in _KEPT}
        return cls(kept, card_index, authorization_code)

    def write(self, path: Path) -> None:
        """Replace what `path` holds. Raises `JournalError`."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(orjson.dumps(asdict(self)))
        except OSError as error:
            raise JournalError(f"cannot write {path}: {error.strerror}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` left. Raises `JournalError`."""
        try:
            return cls(**orjson.loads(path.read_bytes()))
        except FileNotFoundError as error:
            raise JournalError(f"no purchase is remembered in {path}") from error
        except (OSError, TypeError, orjson.JSONDecodeError) as error:
            raise JournalError(f"{path} cannot be read; remove it") from error
