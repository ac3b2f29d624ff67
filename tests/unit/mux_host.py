"""A host for the tests of `cbs.mux`: an asyncio server that does as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

from cbs.codec import Codec, Frame, Framer, Message
from cbs.message_types import reply_mti, wants_reply

Answer = Callable[[Message], list[dict[str, Any]] | None]


def approved(request: Message) -> list[dict[str, Any]]:
    """One approving reply that echoes the key."""
    if not wants_reply(request.mti):
        return []
    echoed = {number: request[number] for number in KEY if number in request}
    return [{"mti": reply_mti(request.mti), **echoed, "39": "00"}]


KEY = ("7", "11", "13", "37", "41", "70")


class MuxHost:
    """Links that answer each message by `answer`; None from it cuts the link."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.answer: Answer = approved
        self.received: list[Message] = []
        self.links: list[asyncio.StreamWriter] = []
        self.heard = asyncio.Condition()
        self.port = 0

    @contextlib.asynccontextmanager
    async def listening(self, context: ssl.SSLContext | None = None) -> AsyncIterator[MuxHost]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for link in self.links:
                link.transport.abort()
            await server.wait_closed()
            # The links' own tasks end with them.
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until what was received fulfils the condition."""
        async with self.heard:
            await asyncio.wait_for(self.heard.wait_for(condition), 10)

    def send(self, fields: dict[str, Any], *, link: int = -1) -> None:
        self.links[link].write(Framer("vmlh").wrap(self.codec.encode(fields)))

    def types(self) -> list[str]:
        return [message.mti for message in self.received]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links.append(writer)
        framer = Framer("vmlh", header="auto")
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                for frame in framer.feed(data):
                    if frame.kind == "message" and not self._take(frame, framer, writer):
                        return
                async with self.heard:
                    self.heard.notify_all()
        writer.close()

    def _take(self, frame: Frame, framer: Framer, writer: asyncio.StreamWriter) -> bool:
        message = self.codec.decode(frame.body)
        self.received.append(message)
        answers = self.answer(message)
        if answers is None:
            writer.transport.abort()
            return False
        for fields in answers:
            writer.write(framer.wrap(self.codec.encode(fields), reply_to=frame))
        return True
