from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cbs.errors import SettingsError
from cbs.settings import Endpoint, Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings.listen == Endpoint("127.0.0.1", 8583)
    assert settings.database_url is None
    assert settings.connect is None
    assert (settings.profile, settings.specification) == ("visa_like", "visa_like")
    assert (settings.lanes, settings.batch_size_max) == (2, 256)
    assert settings.token_key_file == Path(".cbs/token.key")


def test_an_empty_value_counts_as_absent() -> None:
    assert Settings.from_environment({"CBS_LANES": "", "CBS_CONNECT": " "}) == Settings()


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:0", Endpoint("127.0.0.1", 0)),
        ("network.example:9000", Endpoint("network.example", 9000)),
        ("[::1]:8583", Endpoint("::1", 8583)),
    ],
)
def test_an_address_is_read_and_printed_alike(text: str, endpoint: Endpoint) -> None:
    assert Settings.from_environment({"CBS_LISTEN": text}).listen == endpoint
    assert str(endpoint) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CBS_LISTEN", "8583"),
        ("CBS_LISTEN", "::1:8583"),
        ("CBS_LISTEN", "host:65536"),
        ("CBS_LISTEN", "host:\u0663"),
        ("CBS_CONNECT", "host:0"),
        ("CBS_LANES", "0"),
        ("CBS_LANES", "two"),
        ("CBS_BATCH_SIZE_MAX", "-1"),
        ("CBS_LOG_LEVEL", "loud"),
        ("CBS_POSTGRES_BIN", "/nowhere"),
    ],
)
def test_an_unusable_value_is_named_with_what_was_found_and_what_would_do(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: value})
    text = str(caught.value)
    assert text.startswith(f"{name}: found {value!r}; ")
    assert text.endswith(" would do")


def test_a_database_url_is_never_shown() -> None:
    secret = "hunter2"
    good = Settings.from_environment({"CBS_DATABASE_URL": f"postgresql://cbs:{secret}@db/cbs"})
    assert secret not in repr(good)
    with pytest.raises(SettingsError, match="CBS_DATABASE_URL") as caught:
        Settings.from_environment({"CBS_DATABASE_URL": f"mysql://cbs:{secret}@db/cbs"})
    assert secret not in str(caught.value)


def test_a_misspelt_name_is_refused_and_the_right_one_suggested() -> None:
    with pytest.raises(SettingsError, match="CBS_LISTNE is no setting; did you mean CBS_LISTEN"):
        Settings.from_environment({"CBS_LISTNE": "127.0.0.1:1"})


def test_a_name_unlike_any_setting_is_refused_with_all_there_are() -> None:
    with pytest.raises(SettingsError, match=r"CBS_ZZZ is no setting; there are .*CBS_LISTEN"):
        Settings.from_environment({"CBS_ZZZ": ""})


def test_variables_of_the_tests_are_left_alone() -> None:
    assert Settings.from_environment({"CBS_TEST_DATABASE_URL": "x"}) == Settings()


def test_the_token_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    key = settings.token_key()
    assert len(key) == 32
    assert settings.token_key() == key
    assert stat.S_IMODE(settings.token_key_file.stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == ["token.key"]


def test_a_token_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    settings.token_key()
    settings.token_key_file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        settings.token_key()


@pytest.mark.parametrize("content", ["", "abcd", "zz" * 32, "00" * 33, "\xe9" * 64])
def test_a_broken_token_key_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    settings = Settings(data_dir=tmp_path)
    settings.token_key_file.write_text(content, encoding="latin-1")
    settings.token_key_file.chmod(0o600)
    with pytest.raises(SettingsError) as caught:
        settings.token_key()
    assert str(settings.token_key_file) in str(caught.value)
    assert not content or content not in str(caught.value)
    assert settings.token_key_file.read_text(encoding="latin-1") == content
