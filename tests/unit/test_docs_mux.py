"""The examples of the how-to about links run as they stand, against a host that approves."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.mux_host import MuxHost

from cbs.codec import Codec

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "keep-a-link-up.md"


@pytest.fixture
def host() -> Iterator[MuxHost]:
    """A host in a thread of its own: the examples bring their own event loop."""
    approving = MuxHost(Codec.load("visa_like"))
    loop = asyncio.new_event_loop()
    is_ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with approving.listening():
            is_ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert is_ready.wait(10)
    yield approving
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    assert not thread.is_alive()
    loop.close()


def test_the_examples_run(
    host: MuxHost, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 3
    module = types.ModuleType("the_examples_of_the_page")
    module.__dict__.update(host="127.0.0.1", port=host.port)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), module.__dict__)
    assert "a 0101 with the same field 11 awaits its reply" in capsys.readouterr().out
