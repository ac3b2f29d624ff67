"""A host that answers by a script: for a client under test, where no issuer is wanted."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from cbs.codec import Codec, Frame, Framer, Message
from cbs.errors import CodecError, DecodeError, FrameError
from cbs.mux.errors import HostUnreachableError
from cbs.mux.tls import failure_text
from cbs.simulator.script import Rule, Script, fault_of

_READ_SIZE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told what happens; nothing of it shows card data."""

    received: Callable[[Message], None] = lambda _message: None
    answered: Callable[[Message], None] = lambda _message: None
    told: Callable[[str], None] = lambda _text: None


@dataclass(slots=True, eq=False)
class ScriptedHost:
    """Listens on one address, any number of links at a time."""

    codec: Codec
    script: Script
    framing: str = "vmlh"
    header: str | None = "auto"
    tls: ssl.SSLContext | None = None
    watcher: Watcher = field(default_factory=Watcher)
    port: int = 0
    """Where it listens, once it does."""
    _server: asyncio.Server | None = None
    _links: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one. Raises `HostUnreachableError`, `ValueError`."""
        # An unknown framing is told here and not to the first link.
        Framer(self.framing, header=self.header)
        try:
            self._server = await asyncio.start_server(self._serve, host, port, ssl=self.tls)
        except OSError as error:
            raise HostUnreachableError(
                f"cannot listen on {host}:{port}: {failure_text(error)}"
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in self._links:
            task.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._links.add(task)
            task.add_done_callback(self._links.discard)
        framer = Framer(self.framing, header=self.header)
        answering: set[asyncio.Task[None]] = set()
        try:
            while data := await reader.read(_READ_SIZE_BYTES):
                for frame in framer.feed(data):
                    if (poll_answer := framer.answer(frame)) is not None:
                        writer.write(poll_answer)
                    if frame.kind == "message":
                        # One message's delay must not hold up the next.
                        made = asyncio.create_task(self._answer(framer, frame, writer))
                        answering.add(made)
                        made.add_done_callback(answering.discard)
            await asyncio.gather(*answering)
        except FrameError as error:
            self.watcher.told(f"a link is closed: {error}")
        except OSError as error:
            self.watcher.told(f"a link is gone: {failure_text(error)}")
        except asyncio.CancelledError:
            # The host stops. Raised again, it would be told as a fault of the stream's.
            pass
        finally:
            for made in answering:
                made.cancel()
            writer.close()

    async def _answer(self, framer: Framer, frame: Frame, writer: asyncio.StreamWriter) -> None:
        try:
            message = self.codec.decode(frame.body)
        except DecodeError as error:
            self.watcher.told(f"no message: {error}")
            return
        self.watcher.received(message)
        rule = self.script.rule_for(message)
        if rule is None or rule.silent:
            self.watcher.told("left without a reply" if rule else "no rule fits")
            return
        await asyncio.sleep(rule.delay_ms / 1000)
        if rule.close:
            self.watcher.told("the link is cut")
            writer.transport.abort()
            return
        await self._send(framer, frame, writer, message, rule)

    async def _send(
        self,
        framer: Framer,
        frame: Frame,
        writer: asyncio.StreamWriter,
        message: Message,
        rule: Rule,
    ) -> None:
        try:
            reply = self.script.reply(message, rule)
        except CodecError as error:
            self.watcher.told(fault_of(error, rule))
            return
        writer.write(framer.wrap(self.codec.encode(reply), reply_to=frame))
        self.watcher.answered(reply)
        with contextlib.suppress(OSError):
            await writer.drain()
