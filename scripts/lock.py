"""Write constraints.txt: the newest version of every package that the requirements allow.

Resolved in an environment of its own, so that what happens to be installed plays no part.
"""

from __future__ import annotations

import subprocess
import tempfile
import venv
from pathlib import Path

from environment import CONSTRAINTS, requirements

HEADER = """\
# Exact versions of every package, direct or not. Written by `make lock`; not edited by hand.
"""


def main() -> None:
    """Resolve, install, freeze, write."""
    with tempfile.TemporaryDirectory(prefix="cbs-lock-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        print("Resolving and installing the newest versions (a minute or two) ...", flush=True)
        subprocess.run([*pip, "install", "--quiet", *requirements("all")], check=True)
        frozen = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True).stdout
    CONSTRAINTS.write_text(HEADER + frozen)
    print(f"{CONSTRAINTS.name}: {len(frozen.splitlines())} packages")


if __name__ == "__main__":
    main()
