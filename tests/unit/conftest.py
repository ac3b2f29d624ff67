"""Fixtures of the tests that need no database: the packaged codec and network profile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cbs.codec import Codec
from cbs.network import Profile, Request, TokenKey

RECEIVED_AT = datetime(2027, 5, 27, 19, 20, 33, tzinfo=UTC)


@pytest.fixture(scope="session")
def visa_codec() -> Codec:
    return Codec.load("visa_like")


@pytest.fixture(scope="session")
def token_key() -> TokenKey:
    return TokenKey(b"a key for tests only, 32 bytes..", key_id=7)


@pytest.fixture(scope="session")
def visa_profile(visa_codec: Codec, token_key: TokenKey) -> Profile:
    return Profile.load("visa_like", codec=visa_codec, token_key=token_key)


@pytest.fixture(scope="session")
def read_fields(visa_codec: Codec, visa_profile: Profile) -> Callable[..., Request]:
    """Encode fields, decode the bytes, read the message: what the server does."""

    def read(
        fields: dict[str, Any],
        *,
        received_at: datetime = RECEIVED_AT,
        format_error: str | None = None,
    ) -> Request:
        message = visa_codec.decode(visa_codec.encode(fields))
        received_at_us = int(received_at.timestamp()) * 1_000_000
        return visa_profile.read(message, received_at_us=received_at_us, format_error=format_error)

    return read


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, where commands note that card data was revealed."""
    folder = tmp_path / "data"
    monkeypatch.setenv("CBS_DATA_DIR", str(folder))
    return folder
