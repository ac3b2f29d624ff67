"""The commands of the how-to about dumps and captures exist and do what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.unit.captures import pcap as capture_of
from tests.unit.test_cli_pcap import traffic
from typer.testing import CliRunner

from cbs.cli import doctor, load_command, pcap

PAGE = Path(__file__).resolve().parents[2] / "docs/howto/read-an-unknown-dump-or-capture.md"


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    lines = [line.split("|")[-1].strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("cbs ")]


def test_every_option_of_the_page_exists() -> None:
    for words in commands():
        known = {option for it in load_command(words[0]).params for option in it.opts}
        assert {word for word in words[1:] if word.startswith("--")} <= known, words


def test_the_dump_and_the_capture_of_the_page_are_read(tmp_path: Path) -> None:
    dumps = [words[1] for words in commands() if words[0] == "doctor" and " " in words[1]]
    for dump in dumps:
        shown = CliRunner().invoke(doctor.app, [dump])
        assert "in frames of len2 with the header tpdu" in shown.stdout
    path = tmp_path / "traffic.pcap"
    path.write_bytes(capture_of(traffic()[0].packets))
    for words in commands():
        if words[0] == "pcap" and "--spec" not in words:
            done = CliRunner().invoke(pcap.app, [str(path), *words[2:]])
            assert done.exit_code == 0, done.output
