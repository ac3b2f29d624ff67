"""TLS from files: what is missing or wrong is named before anything starts."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from tests.unit.certificates import Certificates

from cbs.errors import SettingsError
from cbs.mux.tls import client_context, server_context
from cbs.settings import Settings, TlsFiles


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def test_a_server_asks_for_certificates_where_it_has_an_authority(made: Certificates) -> None:
    assert server_context(*made.host).verify_mode is ssl.CERT_NONE
    context = server_context(*made.host, made.authority)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_client_always_checks_certificate_and_name(made: Certificates) -> None:
    context = client_context(made.authority)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_missing_file_is_named(made: Certificates) -> None:
    absent = made.folder / "absent.pem"
    with pytest.raises(SettingsError, match=r"TLS certificate file .*absent.pem: No such file"):
        server_context(absent, made.host.key)
    with pytest.raises(SettingsError, match=r"TLS key file .*absent.pem: No such file"):
        server_context(made.host.certificate, absent)
    with pytest.raises(SettingsError, match=r"TLS authority file .*absent.pem: No such file"):
        client_context(absent)


def test_what_is_no_certificate_and_no_key_is_named_and_not_shown(
    made: Certificates, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"hunter2 \xff")
    with pytest.raises(SettingsError, match="no PEM file with -----BEGIN CERTIFICATE") as caught:
        server_context(secret, made.host.key)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(SettingsError, match="no PEM file with -----BEGIN PRIVATE KEY"):
        server_context(made.host.certificate, made.host.certificate)
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(SettingsError, match=r"broken\.pem: OpenSSL refuses it"):
        client_context(broken)


def test_a_key_of_another_certificate_is_told(made: Certificates) -> None:
    with pytest.raises(SettingsError, match="the key does not belong to the certificate"):
        server_context(made.host.certificate, made.network.key)


def test_a_key_that_anybody_may_read_is_refused(made: Certificates, tmp_path: Path) -> None:
    key = tmp_path / "open.key"
    key.write_text(made.host.key.read_text())
    key.chmod(0o644)
    with pytest.raises(SettingsError, match=r"anybody may read it \(mode 0644\); chmod 600"):
        server_context(made.host.certificate, key)


def test_a_key_with_a_password_asks_nobody(made: Certificates, tmp_path: Path) -> None:
    key = tmp_path / "locked.key"
    key.touch(mode=0o600)
    key.write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    with pytest.raises(SettingsError, match="wants a password"):
        server_context(made.host.certificate, key)


def test_a_certificate_alone_is_not_enough_for_a_client(made: Certificates) -> None:
    with pytest.raises(SettingsError, match="a certificate needs its key"):
        client_context(made.authority, made.network.certificate)


def test_the_settings_name_the_files() -> None:
    settings = Settings.from_environment(
        {
            "CBS_CONNECT": "127.0.0.1:9000",
            "CBS_TLS_CERTIFICATE_FILE": "host.pem",
            "CBS_TLS_KEY_FILE": "host.key",
            "CBS_TLS_CLIENT_AUTHORITY_FILE": "networks.pem",
            "CBS_CONNECT_TLS_AUTHORITY_FILE": "network.pem",
            "CBS_CONNECT_TLS_SERVER_NAME": "network.example",
        }
    )
    assert settings.tls == TlsFiles(
        Path("host.pem"),
        Path("host.key"),
        Path("networks.pem"),
        Path("network.pem"),
        "network.example",
    )
    assert Settings.from_environment({}).tls == TlsFiles()


@pytest.mark.parametrize(
    ("alone", "needed"),
    [
        ("CBS_TLS_CERTIFICATE_FILE", "CBS_TLS_KEY_FILE"),
        ("CBS_TLS_KEY_FILE", "CBS_TLS_CERTIFICATE_FILE"),
        ("CBS_TLS_CLIENT_AUTHORITY_FILE", "CBS_TLS_CERTIFICATE_FILE"),
        ("CBS_CONNECT_TLS_AUTHORITY_FILE", "CBS_CONNECT"),
        ("CBS_CONNECT_TLS_SERVER_NAME", "CBS_CONNECT_TLS_AUTHORITY_FILE"),
    ],
)
def test_a_setting_that_needs_another_one_says_so(alone: str, needed: str) -> None:
    with pytest.raises(SettingsError, match=f"{alone} needs {needed} as well"):
        Settings.from_environment({alone: "file"})
