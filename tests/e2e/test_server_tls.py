"""`cbs serve` by TLS, as a person sets it up: files, settings, the simulator's options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.conftest import StartHost
from tests.e2e.host import Host, wait_until
from tests.unit.certificates import Certificates


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def host(start_host: StartHost, demo_database_url: str, made: Certificates) -> Host:
    return start_host(
        database_url=demo_database_url,
        tls_certificate_file=str(made.host.certificate),
        tls_key_file=str(made.host.key),
        tls_client_authority_file=str(made.authority),
    )


def simulate(
    host: Host, folder: Path, *tls: object, command: str = "echo"
) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from cbs.cli import main; main()", "simulate"]
    address = ["--host", host.host, "--port", str(host.port), "--json"]
    return subprocess.run(
        [*program, *map(str, tls), command, *address],
        env={"PATH": os.environ["PATH"], "CBS_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_purchase_goes_by_mutual_tls_and_others_are_told_why_not(
    host: Host, made: Certificates, tmp_path: Path
) -> None:
    trusted = ("--tls-authority", made.authority)
    named = ("--tls-certificate", made.network.certificate, "--tls-key", made.network.key)

    bought = simulate(host, tmp_path, *trusted, *named, command="purchase")
    assert bought.returncode == 0, bought.stderr
    assert json.loads(bought.stdout)["reply"]["39"] == "00"

    unnamed = simulate(host, tmp_path, *trusted)
    assert unnamed.returncode == 1
    assert "may not accept this side's certificate" in unnamed.stderr

    mistaken = simulate(host, tmp_path, "--tls-authority", made.other_authority, *named)
    assert mistaken.returncode == 1
    assert "the certificate is refused: " in mistaken.stderr

    plain = simulate(host, tmp_path)
    assert plain.returncode == 1
    assert plain.stderr.count("\n") == 1

    refusals = wait_until(lambda: host.events("tls_refused")[1:])
    assert "Traceback" not in host.events_path.read_text()
    assert refusals[-1]["count"] == 2
    assert "by TLS, peers with certificates only" in host.screen_path.read_text()


def test_a_wrong_file_ends_the_start_in_one_line(
    start_host: StartHost, demo_database_url: str, made: Certificates
) -> None:
    failed = start_host(
        database_url=demo_database_url,
        wait=False,
        tls_certificate_file=str(made.host.certificate),
        tls_key_file=str(made.network.key),
    )
    assert failed.wait_exit() == 1
    (line,) = failed.events_path.read_text().splitlines()
    assert line.endswith("the key does not belong to the certificate")
