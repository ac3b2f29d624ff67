"""Bring `.venv` up to date: packages at the locked versions, and the Rust extension.

    python3 scripts/environment.py run     what `cbs serve` needs
    python3 scripts/environment.py all     the same, and what tests, linters and benches need

Each step runs only when the hash of what it is made from has changed. Uses the standard library
alone, since it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = ROOT / ".make"
CONSTRAINTS = ROOT / "constraints.txt"
GROUPS = {"run": ("build",), "all": ("build", "test", "lint")}
SETUP_HINT = "delete .venv and try again; what went wrong is in"


def main() -> int:
    """Run the steps under a lock, so that `make test` may start beside `make run`."""
    scope = sys.argv[1] if len(sys.argv) > 1 else "run"
    STATE.mkdir(exist_ok=True)
    with _lock():
        _create_venv()
        _install_packages(scope)
        _build_extension()
    return 0


def requirements(scope: str) -> list[str]:
    """The requirement lines of pyproject.toml that `scope` stands for."""
    manifest = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = manifest["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["server"]]
    for group in GROUPS[scope]:
        lines += manifest["dependency-groups"][group]
    return lines


def _create_venv() -> None:
    python = VENV / "bin" / "python"
    if python.exists() and _output(python, "-c", "import sys, pip; print(sys.prefix)") == str(VENV):
        return
    # A folder that was moved or whose Python is gone is of no use to anybody.
    shutil.rmtree(VENV, ignore_errors=True)
    with _step("Creating .venv", "a few seconds"):
        _run("venv", sys.executable, "-m", "venv", str(VENV))


def _install_packages(scope: str) -> None:
    wanted = requirements(scope)
    digest = _digest([*wanted, CONSTRAINTS.read_text()])
    # The larger set satisfies the smaller one.
    for done in (scope, "all"):
        larger = _digest([*requirements(done), CONSTRAINTS.read_text()])
        if _stamp(f"packages-{done}") == larger:
            return
    file = STATE / "requirements.txt"
    file.write_text("\n".join(wanted) + "\n")
    with _step(f"Installing {len(wanted)} packages and theirs", "about a minute"):
        _run(
            "packages",
            *_pip("install"),
            "--constraint",
            str(CONSTRAINTS),
            "--requirement",
            str(file),
        )
    check = _output(VENV / "bin" / "python", "-c", "import psycopg; print(psycopg.pq.__impl__)")
    if check != "c":
        sys.exit(f"psycopg runs on {check or 'nothing'} instead of C; {SETUP_HINT} {STATE}")
    _set_stamp(f"packages-{scope}", digest)


def _build_extension() -> None:
    sources = [
        path
        for folder in sorted((ROOT / "rust").iterdir())
        if folder.name not in ("target", "fuzz")
        for path in (sorted(folder.rglob("*")) if folder.is_dir() else [folder])
        if path.is_file() and path.suffix in (".rs", ".toml", ".lock")
    ]
    inputs = [f"{path.relative_to(ROOT)}\n{path.read_text()}" for path in sources]
    digest = _digest([*inputs, (ROOT / "pyproject.toml").read_text()])
    module = _output(VENV / "bin" / "python", "-c", "import cbs._native as n; print(n.__file__)")
    if module and _stamp("extension") == digest:
        return
    with _step("Building the Rust extension in release mode", "one or two minutes at first"):
        _run(
            "extension",
            *_pip("install"),
            "--no-deps",
            "--no-build-isolation",
            "--editable",
            str(ROOT),
        )
    _set_stamp("extension", digest)


def _pip(verb: str) -> list[str]:
    return [
        str(VENV / "bin" / "python"),
        "-m",
        "pip",
        verb,
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar=off",
    ]


def _run(name: str, *command: str) -> None:
    """Run a step quietly; when it fails, show the end of what it said and where the rest is."""
    log = STATE / f"{name}.log"
    # pip calls maturin by its bare name.
    environment = os.environ | {"PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    with log.open("wb") as file:
        code = subprocess.call(
            command, cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    if code != 0:
        lines = log.read_text(errors="replace").splitlines()
        print("\n".join(["", *lines[-15:]]), file=sys.stderr)
        sys.exit(f"make: {' '.join(command[:4])} ... failed; the whole output is in {log}")


def _output(program: Path, *arguments: str) -> str | None:
    with contextlib.suppress(OSError):
        done = subprocess.run(
            [program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return None


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stamp(name: str) -> str | None:
    # Stamps live inside the environment they speak of, and vanish with it.
    with contextlib.suppress(FileNotFoundError):
        return (VENV / f".cbs-{name}").read_text()
    return None


def _set_stamp(name: str, digest: str) -> None:
    (VENV / f".cbs-{name}").write_text(digest)


@contextlib.contextmanager
def _step(what: str, duration: str) -> Iterator[None]:
    print(f"{what} ({duration}) ... ", end="", flush=True)
    started_s = time.monotonic()
    yield
    print(f"done in {time.monotonic() - started_s:.0f} s", flush=True)


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    with (STATE / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("Waiting for another make that sets up .venv ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    os.environ.pop("VIRTUAL_ENV", None)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
