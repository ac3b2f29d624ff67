"""A host in a thread: answers each message as it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from cbs.codec import Codec, Framer, Message
from cbs.message_types import reply_mti

Answer = Callable[[Codec, Message], list[dict[str, Any]]]


class StubHost:
    """Accepts one link at a time and answers each message as it is told to."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.answer: Answer = approve
        self.greeting = b""
        self.received: list[Message] = []
        self.headers: list[bytes] = []
        self.polls_answered = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with link, contextlib.suppress(ConnectionResetError):
                self._serve_link(link)

    def _serve_link(self, link: socket.socket) -> None:
        framer = Framer("vmlh", header="auto")
        link.sendall(self.greeting)
        while data := link.recv(4096):
            for frame in framer.feed(data):
                if frame.kind == "poll":
                    self.polls_answered.set()
                if frame.kind != "message":
                    continue
                self.headers.append(frame.header or b"")
                message = self.codec.decode(frame.body)
                self.received.append(message)
                for fields in self.answer(self.codec, message):
                    if not fields:
                        return
                    link.sendall(framer.wrap(self.codec.encode(fields), reply_to=frame))


def approve(_: Codec, request: Message) -> list[dict[str, Any]]:
    fields: dict[str, Any] = {"mti": reply_mti(request.mti), "39": "00"}
    fields |= {field: request[field] for field in ("7", "11", "37", "70") if field in request}
    return [fields] if request.mti[2] in "02" and request.mti != "0810" else []
