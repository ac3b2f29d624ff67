"""Loading profiles and token keys: what is accepted, and how the rest is refused."""

from __future__ import annotations

import hashlib
import hmac
from importlib import resources
from pathlib import Path

import pytest

import cbs._native
from cbs.codec import Codec
from cbs.errors import ProfileError, SettingsError
from cbs.network import RECORD_COLUMNS, Profile, TokenKey


@pytest.fixture
def visa_text() -> str:
    return (resources.files("cbs") / "profiles" / "visa_like.toml").read_text(encoding="utf-8")


def test_the_link_table_comes_out_as_it_stands_in_the_file(visa_profile: Profile) -> None:
    assert visa_profile.name == "visa_like"
    assert visa_profile.link == {
        "framing": "vmlh",
        "header": "auto",
        "frame_length_max": 2048,
        "in_flight_max": 256,
        "deadline_ms": 4000,
        "on_deadline": "decline",
        "deadline_response_code": "91",
        "require_sign_on": False,
        "sign_on_code": "001",
        "sign_off_code": "002",
        "echo_codes": ["301"],
        "unknown_code_response_code": "12",
        "echo_interval_s": 30,
        "echo_missed_max": 3,
    }


def test_a_setting_written_none_is_none(
    visa_text: str, visa_codec: Codec, token_key: TokenKey
) -> None:
    text = visa_text.replace('header = "auto"', 'header = "none"')
    profile = Profile(text, name="bare", codec=visa_codec, token_key=token_key)
    assert profile.link["header"] is None


def test_a_link_may_have_any_framing_that_there_is(
    visa_text: str, visa_codec: Codec, token_key: TokenKey
) -> None:
    def load(framing: str, header: str) -> Profile:
        text = visa_text.replace('framing = "vmlh"', f'framing = "{framing}"')
        text = text.replace('header = "auto"', f'header = "{header}"')
        return Profile(text, name="other", codec=visa_codec, token_key=token_key)

    for framing, header in [("len2-le+03", "fixed:12"), ("tpdu", "auto"), ("ascii4", "self")]:
        link = load(framing, header).link
        assert (link["framing"], link["header"]) == (framing, header)
    for framing, header, told in [
        ("len5", "auto", r"link\.framing: expected one of: none, len1"),
        ("len2", "visa", r"link\.header: expected one of: none, visa22"),
        ("tpdu", "visa22", r"link\.header: expected one that this framing can have"),
    ]:
        with pytest.raises(ProfileError, match=told):
            load(framing, header)


def test_a_profile_is_loaded_from_a_path(
    visa_text: str, visa_codec: Codec, token_key: TokenKey, tmp_path: Path
) -> None:
    path = tmp_path / "other_network.toml"
    path.write_text(visa_text, encoding="utf-8")
    profile = Profile.load(path, codec=visa_codec, token_key=token_key)
    assert profile.name == "other_network"


def test_a_profile_that_is_not_there_is_refused_by_name(
    visa_codec: Codec, token_key: TokenKey, tmp_path: Path
) -> None:
    with pytest.raises(ProfileError, match="visa_like"):
        Profile.load("nowhere", codec=visa_codec, token_key=token_key)
    with pytest.raises(ProfileError, match="cannot be read"):
        Profile.load(tmp_path / "nowhere.toml", codec=visa_codec, token_key=token_key)


@pytest.mark.parametrize(
    ("find", "replacement", "expected"),
    [
        ("deadline_ms = 4000", "deadline_ms = 4.5", r"wrong: link\.deadline_ms: expected an int"),
        ('stan = "11"', 'stan = "DE11"', r"wrong: fields\.stan: expected a path"),
        ("[echo", "[eco", r"wrong: echo: missing"),
        ('"chip"', '"chips"', r"wrong: entry\.modes\.05: expected one of"),
    ],
)
def test_a_mistake_in_a_profile_names_file_and_key(
    visa_text: str,
    visa_codec: Codec,
    token_key: TokenKey,
    find: str,
    replacement: str,
    expected: str,
) -> None:
    assert find in visa_text
    text = visa_text.replace(find, replacement)
    with pytest.raises(ProfileError, match=expected):
        Profile(text, name="wrong", codec=visa_codec, token_key=token_key)


def test_record_columns_are_those_of_the_extension() -> None:
    assert RECORD_COLUMNS is cbs._native.RECORD_COLUMNS
    assert len(set(RECORD_COLUMNS)) == 43


def test_a_token_is_the_keyed_digest_of_the_whole_number() -> None:
    key = bytes(range(32))
    token = TokenKey(key, key_id=3).token("4000000000000010")
    assert token == hmac.new(key, b"4000000000000010", hashlib.sha256).digest()


def test_a_token_key_shows_its_id_and_nothing_else() -> None:
    key = TokenKey(b"0123456789abcdef", key_id=3)
    assert key.key_id == 3
    assert repr(key) == "TokenKey(key_id=3, key=****)"


def test_a_short_token_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 16"):
        TokenKey(b"0123456789abcde")
