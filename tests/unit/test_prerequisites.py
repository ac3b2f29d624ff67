"""`scripts/prerequisites` on machines that lack something, played by a PATH of stand-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UTILITIES = ("sh", "sed", "sort", "head", "cut", "dirname", "mktemp", "tail", "rm", "cat")


class Machine:
    """A PATH with only what is put there, and a copy of what the script reads."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.checkout = folder / "checkout"
        self.programs.mkdir()
        (self.checkout / "scripts").mkdir(parents=True)
        (self.checkout / "rust").mkdir()
        shutil.copy(ROOT / "scripts" / "prerequisites", self.checkout / "scripts")
        shutil.copy(ROOT / "rust" / "Cargo.toml", self.checkout / "rust")
        for name in UTILITIES:
            self.link(name)
        self.play("python3", "echo 3.11")
        self.play("cc", "cat >/dev/null")
        self.play("cargo", "echo cargo 1.95.0 '(f2d3ce0bd 2026-03-21)'")
        include = folder / "include"
        include.mkdir()
        (include / "libpq-fe.h").touch()
        self.play("pg_config", f"echo '{include}'")
        self.play("id", "case $1 in -un) echo developer;; *) echo 1000;; esac")

    def link(self, name: str) -> None:
        found = shutil.which(name)
        assert found is not None, name
        (self.programs / name).unlink(missing_ok=True)
        (self.programs / name).symlink_to(found)

    def play(self, name: str, script: str) -> None:
        """Put a stand-in for the program `name`."""
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def remove(self, *names: str) -> None:
        for name in names:
            (self.programs / name).unlink()

    def check(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.checkout / "scripts" / "prerequisites"],
            env={"PATH": str(self.programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def complaint(self, **environment: str) -> str:
        """The one line that a failing check gives."""
        done = self.check(**environment)
        assert done.returncode == 1
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith("missing: ")
        assert "; what brings it: " in line
        return line


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_complete_machine_gives_the_python_to_use_and_not_a_word_more(machine: Machine) -> None:
    done = machine.check()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{machine.programs}/python3\n"


def test_this_machine_is_complete() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "prerequisites"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_cargo_is_named_with_the_command_that_installs_it(machine: Machine) -> None:
    machine.remove("cargo")
    assert "cargo, the Rust toolchain (1." in machine.complaint()
    assert "rustup" in machine.complaint()


def test_a_rustup_without_a_toolchain_is_told_to_choose_one(machine: Machine) -> None:
    machine.play("cargo", "echo no default is configured >&2; exit 1")
    machine.play("rustup", "exit 0")
    assert machine.complaint().endswith("rustup default stable")


def test_an_old_cargo_is_named_with_its_version(machine: Machine) -> None:
    machine.play("cargo", "echo cargo 1.63.0")
    assert "(found 1.63.0)" in machine.complaint()


def test_a_missing_compiler_is_named_with_its_packages(machine: Machine) -> None:
    machine.remove("cc")
    machine.play("apt-get", "exit 1")
    assert "a C compiler" in machine.complaint()
    assert "sudo apt-get install -y gcc libc6-dev" in machine.complaint()


def test_a_compiler_that_cannot_compile_counts_as_missing(machine: Machine) -> None:
    machine.play("cc", "exit 1")
    assert "a C compiler" in machine.complaint()


def test_missing_libpq_headers_are_named_with_their_package(machine: Machine) -> None:
    machine.play("pg_config", "echo /nowhere")
    machine.play("apt-get", "exit 1")
    assert "libpq" in machine.complaint()
    assert machine.complaint().endswith("sudo apt-get install -y libpq-dev")


def test_without_a_debian_the_package_is_only_named(machine: Machine) -> None:
    machine.remove("pg_config")
    assert "Debian calls it libpq-dev" in machine.complaint()


def test_an_old_python_alone_is_not_enough(machine: Machine) -> None:
    machine.play("python3", "echo 3.9")
    assert "Python 3.11 or later" in machine.complaint()


def test_a_later_python_under_its_own_name_is_found(machine: Machine) -> None:
    machine.play("python3", "echo 3.9")
    machine.play("python3.12", "echo 3.12")
    assert machine.check().stdout == f"{machine.programs}/python3.12\n"


def test_the_python_asked_for_is_taken_or_complained_about(machine: Machine) -> None:
    machine.play("other", "echo 3.13")
    assert machine.check(PYTHON="other").stdout == f"{machine.programs}/other\n"
    assert "PYTHON=/nowhere" in machine.complaint(PYTHON="/nowhere")


def test_a_python_without_venv_or_headers_is_named_with_their_packages(machine: Machine) -> None:
    machine.play("apt-get", "exit 1")
    for what, package in (("import venv", "python3.11-venv"), ("sysconfig", "python3.11-dev")):
        machine.play(
            "python3",
            f'case $2 in *"{what}"*) exit 1;; *realpath*) echo /usr/bin/python3.11;; '
            "*) echo 3.11;; esac",
        )
        assert machine.complaint().endswith(f"sudo apt-get install -y {package}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(machine: Machine) -> None:
    machine.checkout.chmod(0o555)
    try:
        assert f"the right to write in {machine.checkout}" in machine.complaint()
    finally:
        machine.checkout.chmod(0o755)


def test_everything_that_is_missing_is_told_at_once(machine: Machine) -> None:
    machine.remove("cc", "cargo", "pg_config")
    done = machine.check()
    assert len(done.stderr.splitlines()) == 3


def test_root_on_debian_gets_the_missing_packages_installed(machine: Machine) -> None:
    machine.play("id", "echo 0")
    machine.remove("cc")
    log = machine.checkout / "apt.log"
    machine.play(
        "apt-get",
        f'echo "$DEBIAN_FRONTEND $*" >>"{log}"\n'
        f"printf '#!/bin/sh\\ncat >/dev/null\\n' >{machine.programs}/cc\n"
        f"{shutil.which('chmod')} 755 {machine.programs}/cc",
    )
    done = machine.check()
    assert done.returncode == 0
    assert done.stdout == f"{machine.programs}/python3\n"
    assert done.stderr == "Installing system packages: gcc libc6-dev\n"
    assert log.read_text() == ("noninteractive install -y --no-install-recommends gcc libc6-dev\n")


def test_root_updates_the_package_lists_only_when_they_do_not_know_a_package(
    machine: Machine,
) -> None:
    machine.play("id", "echo 0")
    machine.remove("cc")
    log = machine.checkout / "apt.log"
    machine.play("apt-get", f'echo "$1" >>"{log}"; echo no network; [ "$1" = update ]')
    done = machine.check()
    assert done.returncode == 1
    assert log.read_text().split() == ["install", "update", "install"]
    assert "no network" in done.stderr
    assert "apt-get update && apt-get install -y gcc libc6-dev" in done.stderr
