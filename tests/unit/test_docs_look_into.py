"""The commands of the how-to about looking into messages run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "look-into-a-message.md"
CBS = "import sys; sys.argv[0] = 'cbs'; from cbs.cli import main; main()"
COMMAND = f'cbs() {{ {shlex.quote(sys.executable)} -c "{CBS}" "$@"; }}\n'


def test_the_commands_run_and_show_no_card_data(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 5
    printed = []
    for block in blocks:
        done = subprocess.run(
            ["bash", "-c", COMMAND + block],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "cbs:" not in done.stderr, done.stderr
        assert "see cbs" not in done.stderr, done.stderr
        printed.append(done.stdout)
    assert "400000******0010" in printed[1]
    assert re.search(r"^changed +4 .*000000004250 +000000004999", printed[2], re.MULTILINE)
    assert "4000000000000010" not in "".join(printed[:4])
    assert (tmp_path / "shared.hex").read_text().startswith("0100")
    assert "left out" not in printed[4]
