"""A real `cbs serve` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


def wait_until(condition: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    """The first true value of `condition`, or an AssertionError."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"did not become true within {timeout_s} s: {condition}")


class Host:
    """The process, where it listens, and what it said."""

    def __init__(
        self, folder: Path, *arguments: str, environment: dict[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ready_file = folder / "ready"
        self.events_path = folder / "stderr"
        self.screen_path = folder / "stdout"
        command = [
            sys.executable,
            "-c",
            "from cbs.cli import main; main()",
            "serve",
            f"--ready-file={self.ready_file}",
            *arguments,
        ]
        with self.events_path.open("wb") as events, self.screen_path.open("wb") as screen:
            self.process = subprocess.Popen(
                command,
                env={
                    **os.environ,
                    "CBS_LISTEN": "127.0.0.1:0",
                    "CBS_DATA_DIR": str(folder / "data"),
                    **(environment or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=events,
            )

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.ready_file.read_text().strip().rpartition(":")
        return host, int(port)

    @property
    def host(self) -> str:
        return self.address[0]

    @property
    def port(self) -> int:
        return self.address[1]

    def wait_ready(self) -> Host:
        def ready_or_dead() -> bool:
            return self.ready_file.exists() or self.process.poll() is not None

        wait_until(ready_or_dead, START_TIMEOUT_S)
        assert self.process.poll() is None, self.events_path.read_text()
        return self

    def wait_exit(self) -> int:
        return self.process.wait(STOP_TIMEOUT_S)

    def stop(self) -> int:
        """Ask it to end, and its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """What it logged so far; only whole lines."""
        lines = self.events_path.read_text().splitlines(keepends=True)
        parsed = [json.loads(line) for line in lines if line.startswith("{") and line[-1] == "\n"]
        return [event for event in parsed if name is None or event["event"] == name]

    def counters(self) -> dict[str, Any]:
        """The counters of a host that has stopped."""
        (stopped,) = self.events("stopped")
        return stopped
