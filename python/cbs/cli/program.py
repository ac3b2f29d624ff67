"""How this program was called, so that the commands it prints can be pasted as they are."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def program() -> str:
    """`cbs` where the shell finds this very program by that name, else the path to it."""
    called = Path(sys.argv[0])
    if called.name != "cbs":
        return "cbs"
    found = shutil.which("cbs")
    if found is not None and Path(found).resolve() == called.resolve():
        return "cbs"
    return os.path.relpath(called)
