"""A card network in a few lines: frames over a socket, replies matched by their trace number."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cbs.codec import Codec, Frame, Framer, Message
from cbs.demo import demo_card

TIMEOUT_S = 20.0
ACQUIRER = "432109"

EURO_PANS = [
    demo_card(index).pan for index in range(3, 1800, 2) if demo_card(index).currency == "978"
]
"""Cards of the demo portfolio with ample euros, each of another account."""

_stans = itertools.count(1)


def next_stan() -> str:
    return f"{next(_stans) % 999_999 + 1:06d}"


def transmitted_now() -> str:
    return datetime.now(UTC).strftime("%m%d%H%M%S")


def purchase(pan: str, amount_minor: int, **changes: Any) -> dict[str, Any]:
    """A chip purchase in euro; `changes` are data elements, `f37="..."`, None removes one."""
    stan = next_stan()
    fields: dict[str, Any] = {
        "mti": "0100",
        "2": pan,
        "3": "000000",
        "4": f"{amount_minor:012d}",
        "7": transmitted_now(),
        "11": stan,
        "14": "3112",
        "18": "5411",
        "19": "276",
        "22": "0510",
        "25": "00",
        "32": ACQUIRER,
        "37": f"R{stan:>011}",
        "41": "TERM0001",
        "42": "MERCHANT0000001",
        "43": f"{'CORNER SHOP':<25}{'BERLIN':<13}DE",
        "49": "978",
    }
    return changed(fields, **changes)


def changed(fields: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with other values: `mti="0101"`, `f7="0101000000"`, `f4=None`."""
    result = dict(fields)
    for name, value in changes.items():
        result[name.removeprefix("f")] = value
    return {name: value for name, value in result.items() if value is not None}


def advice(pan: str, amount_minor: int, **changes: Any) -> dict[str, Any]:
    """What the network decided in our stead: an approved purchase."""
    return changed(purchase(pan, amount_minor), **{"mti": "0120", "f39": "00", **changes})


def management(code: str, **changes: Any) -> dict[str, Any]:
    fields = {"mti": "0800", "7": transmitted_now(), "11": next_stan(), "70": code}
    return changed(fields, **changes)


class NetworkClient:
    """One blocking connection to a host."""

    def __init__(
        self, codec: Codec, address: tuple[str, int], *, header: str | None = None
    ) -> None:
        self.codec = codec
        self.framer = Framer("vmlh", header=header)
        self.socket = socket.create_connection(address, timeout=TIMEOUT_S)
        self.frames: list[Frame] = []

    @classmethod
    def accepted(cls, codec: Codec, listener: socket.socket) -> NetworkClient:
        """The next connection that a host makes to `listener`."""
        client = cls.__new__(cls)
        client.codec, client.framer, client.frames = codec, Framer("vmlh"), []
        listener.settimeout(TIMEOUT_S)
        client.socket, _ = listener.accept()
        client.socket.settimeout(TIMEOUT_S)
        return client

    def __enter__(self) -> NetworkClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def framed(self, fields: Mapping[str, Any]) -> bytes:
        return self.framer.wrap(self.codec.encode(fields))

    def send(self, *messages: Mapping[str, Any]) -> None:
        self.socket.sendall(b"".join(self.framed(fields) for fields in messages))

    def receive_frame(self, timeout_s: float = TIMEOUT_S) -> Frame:
        """The next frame. Raises `TimeoutError`, or `ConnectionError` when the host closed."""
        self.socket.settimeout(timeout_s)
        while not self.frames:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed by the host")
            self.frames += self.framer.feed(data)
        return self.frames.pop(0)

    def receive(self, timeout_s: float = TIMEOUT_S) -> Message:
        return self.codec.decode(self.receive_frame(timeout_s).body)

    def exchange(self, fields: Mapping[str, Any]) -> Message:
        """Send one message and get its reply. Nothing else may be under way."""
        self.send(fields)
        reply = self.receive()
        assert reply["11"] == fields["11"]
        return reply

    def is_closed_by_host(self) -> bool:
        """Wait for the host to close; True when it does, without another byte."""
        self.socket.settimeout(TIMEOUT_S)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class PipelinedClient:
    """One connection in an event loop, with many requests under way at once."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.framer = Framer("vmlh")
        self.replies: dict[str, list[Frame]] = {}
        self.waiting: dict[str, asyncio.Future[Message]] = {}

    async def connect(self, address: tuple[str, int]) -> PipelinedClient:
        self.reader, self.writer = await asyncio.open_connection(*address)
        self.task = asyncio.create_task(self._read())
        return self

    async def __aenter__(self) -> PipelinedClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)

    def start(self, fields: Mapping[str, Any]) -> asyncio.Future[Message]:
        """Send a message; the future gets its reply, or a ConnectionError."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        assert fields["11"] not in self.waiting
        self.waiting[fields["11"]] = future
        self.writer.write(self.framer.wrap(self.codec.encode(fields)))
        return future

    async def request(self, fields: Mapping[str, Any]) -> Message:
        return await asyncio.wait_for(self.start(fields), TIMEOUT_S)

    async def _read(self) -> None:
        try:
            while data := await self.reader.read(65536):
                for frame in self.framer.feed(data):
                    message = self.codec.decode(frame.body)
                    self.replies.setdefault(message["11"], []).append(frame)
                    future = self.waiting.pop(message["11"], None)
                    if future is not None and not future.done():
                        future.set_result(message)
        except ConnectionError:
            pass
        finally:
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("closed by the host"))
            self.waiting.clear()
