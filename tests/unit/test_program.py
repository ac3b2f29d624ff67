"""The program: what it prints to be typed, and what it needs to be installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cbs.cli import SERVER_PACKAGES, load_command
from cbs.cli.program import program
from cbs.errors import SettingsError


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `.venv/bin/cbs` below the current folder, called by its path."""
    path = tmp_path / ".venv" / "bin" / "cbs"
    path.parent.mkdir(parents=True)
    path.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(path), "simulate", "purchase"])
    return path


def test_a_program_called_by_its_path_is_printed_with_it(
    called: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert program() == ".venv/bin/cbs"


def test_a_program_that_the_shell_finds_is_printed_by_its_name(
    called: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(called.parent))
    assert program() == "cbs"


def test_code_that_is_no_program_prints_the_plain_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["-c"])
    assert program() == "cbs"


def test_a_command_of_the_server_says_what_a_codec_alone_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # None there makes Python raise what a missing package raises.
    monkeypatch.setitem(sys.modules, "uvloop", None)
    monkeypatch.delitem(sys.modules, "cbs.cli.serve", raising=False)
    with pytest.raises(SettingsError, match=r"cbs serve needs uvloop.*pip install 'cbs\[server\]'"):
        load_command("serve")


def test_the_codec_and_its_commands_need_no_package_of_the_server() -> None:
    code = (
        "import sys\n"
        "from cbs.codec import Codec\n"
        "third = {m.split('.')[0] for m in sys.modules} - sys.stdlib_module_names - {'cbs'}\n"
        "print(sorted(name for name in third if not name.startswith(('_', 'aa_', 'zz_'))))\n"
        "import cbs.cli.codec, cbs.cli.spec, cbs.simulator.stories, cbs.mux.client\n"
        f"print(sorted({SERVER_PACKAGES!r} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]
