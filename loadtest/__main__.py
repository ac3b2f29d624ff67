"""A lunch hour in short: start a host of our own, play the day at it with Locust, stop it.

`python -m loadtest [OPTION]...`: every option goes to Locust, after the ones given here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0
LOCUSTFILE = Path(__file__).with_name("locustfile.py")

# Two seconds for each hour of the day, so that the whole day takes 48 s; 400 messages a second in
# the peak minute.
SHAPE = {
    "CBS_LOADTEST_SHAPE": "lunch",
    "CBS_LOADTEST_MINUTES_PER_HOUR": str(2 / 60),
    "CBS_LOADTEST_USERS_PEAK": "40",
    "CBS_LOADTEST_RATE": "10",
}


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without a developer's settings, or the load would go into their database."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith("CBS_LOADTEST_") or not name.startswith(("CBS_", "PG"))
    }


@contextmanager
def running_host() -> Iterator[str]:
    """A host with the demo portfolio, on a free port; gives its host:port."""
    with tempfile.TemporaryDirectory(prefix="cbs-loadtest-") as folder:
        # A server that root starts runs under another account, which has to reach its folder.
        Path(folder).chmod(0o711)
        ready_file = Path(folder) / "ready"
        environment = clean_environment(os.environ)
        environment |= {"CBS_DATA_DIR": folder, "CBS_LISTEN": "127.0.0.1:0"}
        command = [sys.executable, "-c", "from cbs.cli import main; main()"]
        command += ["serve", "--migrate", "--demo", "--ready-file", str(ready_file)]
        with (Path(folder) / "serve.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield _address(process, ready_file, Path(folder) / "serve.log")
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)


def main() -> int:
    """Play the day; the exit code is Locust's, 0 where nothing failed."""
    with running_host() as address:
        command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless"]
        command += ["--host", address, "--only-summary", *sys.argv[1:]]
        return subprocess.run(command, env=SHAPE | os.environ, check=False).returncode


def _address(process: subprocess.Popen[bytes], ready_file: Path, log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if ready_file.exists() and (address := ready_file.read_text(encoding="ascii").strip()):
            return address
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"the host did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
