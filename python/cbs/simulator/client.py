"""A blocking client of the wire: one socket, usable from threads, gevent and scripts.

It plays the network's end of a link: frames what it sends, matches replies to requests as
`cbs.mux.matcher` does, and answers the host's own polls and echo tests, so that a link stays up
while a person types.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from cbs.codec import Codec, Frame, Framer, Message
from cbs.errors import DecodeError, FrameError
from cbs.message_types import is_network_management_request
from cbs.mux.errors import ClientError, HostUnreachableError, LinkClosedError, ReplyTimeoutError
from cbs.mux.matcher import Arrival, Matcher, Verdict
from cbs.mux.tls import ClientTls, failure_text
from cbs.simulator import messages

_READ_SIZE_BYTES: Final = 65_536
_UNMATCHED_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply. The messages are masked; the bodies are not, so not shown."""

    request: Message
    reply: Message
    elapsed_s: float
    request_body: bytes = field(repr=False)
    reply_body: bytes = field(repr=False)

    @property
    def response_code(self) -> str | None:
        """DE39 of the reply."""
        return self.reply.get("39")


class Client:
    """One link to a host. Not for two threads at once. A context manager: connects, closes."""

    def __init__(
        self,
        host: str,
        port: int,
        codec: Codec,
        *,
        framing: str = "vmlh",
        header: str | None = None,
        timeout_s: float = 5.0,
        tls: ClientTls | None = None,
    ) -> None:
        """`framing` and `header` are those of `cbs.codec.Framer`; None sends bodies bare and
        reads what comes either way. Without `tls` the link is plain.
        """
        self.host = host
        self.port = port
        self.codec = codec
        self.timeout_s = timeout_s
        self.unmatched: deque[Arrival[int]] = deque(maxlen=_UNMATCHED_MAX)
        self.answers_polls = True
        self._framing = framing
        self._header = header
        self._tls = tls
        self._matcher: Matcher[int] = Matcher()
        self._request_count = 0
        self._socket: socket.socket | None = None
        self._has_heard = False
        self._framer = self._new_framer()
        self._received: deque[tuple[Message, bytes]] = deque()

    def __enter__(self) -> Self:
        """Connect."""
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    @property
    def address(self) -> str:
        """host:port."""
        return f"{self.host}:{self.port}"

    @property
    def is_connected(self) -> bool:
        """Whether this side has an open socket; the other side may have gone all the same."""
        return self._socket is not None

    def connect(self) -> None:
        """Open the link; one that is open already stays. Raises `HostUnreachableError`."""
        if self._socket is not None:
            return
        try:
            opened = socket.create_connection((self.host, self.port), timeout=self.timeout_s)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                name = self._tls.server_name or self.host
                opened = self._tls.context.wrap_socket(opened, server_hostname=name)
        except OSError as error:
            reason = failure_text(error)
            raise HostUnreachableError(f"no host at {self.address}: {reason}") from error
        self._socket = opened
        self._has_heard = False
        self._framer = self._new_framer()
        self._received.clear()

    def close(self) -> None:
        """Close the link; calling it again does nothing."""
        opened, self._socket = self._socket, None
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.close()

    def cut(self) -> None:
        """End the link as a torn cable does: a reset, no farewell, unread replies lost."""
        if self._socket is not None:
            linger_none = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
        self.close()

    def send(self, fields: Mapping[str, Any]) -> bytes:
        """Encode and send one message; returns its body. Raises `EncodeError`, `ClientError`."""
        body = self.codec.encode(fields)
        self.send_body(body)
        return body

    def send_body(self, body: bytes) -> None:
        """Frame and send a body as it is."""
        self.send_bytes(self._framer.wrap(body))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes that are framed already, or are not meant to be."""
        opened = self._opened()
        try:
            opened.settimeout(self.timeout_s)
            opened.sendall(data)
        except OSError as error:
            self.close()
            raise LinkClosedError(
                f"the link to {self.address} is gone: {failure_text(error)}"
            ) from error

    def receive(self, timeout_s: float | None = None) -> tuple[Message, bytes]:
        """The next message that is not the host's own network management, and its body.

        Raises `ReplyTimeoutError`, `LinkClosedError`.
        """
        deadline = time.monotonic() + (self.timeout_s if timeout_s is None else timeout_s)
        while not self._received:
            self._read(deadline)
        return self._received.popleft()

    def request(self, fields: Mapping[str, Any], timeout_s: float | None = None) -> Exchange:
        """Send one message and wait for its own reply; all else goes to `unmatched`.

        Raises `EncodeError`, `HostUnreachableError`, `ReplyTimeoutError`, `LinkClosedError`, and
        `ExchangeError` for a message that gets no reply.
        """
        self.connect()
        body = self.codec.encode(fields)
        sent = self.codec.decode(body)
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        self._request_count += 1
        number = self._request_count
        self._matcher.sent(sent, number, now=time.monotonic(), timeout_s=limit_s)
        started = time.perf_counter()
        try:
            self.send_body(body)
            deadline = time.monotonic() + limit_s
            while True:
                reply, reply_body = self.receive(max(0.0, deadline - time.monotonic()))
                arrival = self._matcher.arrived(reply, now=time.monotonic())
                if arrival.verdict is Verdict.REPLY and arrival.token == number:
                    elapsed_s = time.perf_counter() - started
                    return Exchange(sent, reply, elapsed_s, body, reply_body)
                self.unmatched.append(arrival)
        finally:
            # One request at a time: what got no reply by now gets none in time.
            self._matcher.give_up_all(time.monotonic())

    def _opened(self) -> socket.socket:
        if self._socket is None:
            raise LinkClosedError(f"there is no open link to {self.address}")
        return self._socket

    def _new_framer(self) -> Framer:
        # A reply may have a header although requests go without: a frame that was sent by hand had
        # one. No message begins as a header does.
        return Framer(self._framing, header=self._header or "auto")

    def _read(self, deadline: float) -> None:
        """Take what has arrived, or wait for it until `deadline`."""
        opened = self._opened()
        remaining_s = deadline - time.monotonic()
        if remaining_s <= 0:
            raise ReplyTimeoutError(f"{self.address} did not answer in time")
        try:
            opened.settimeout(remaining_s)
            data = opened.recv(_READ_SIZE_BYTES)
        except TimeoutError as error:
            raise ReplyTimeoutError(f"{self.address} did not answer in time") from error
        except OSError as error:
            self.close()
            raise LinkClosedError(
                f"the link to {self.address} is gone: {failure_text(error)}"
            ) from error
        if not data:
            self.close()
            raise LinkClosedError(f"{self.address} closed the link{self._why_at_once()}")
        self._has_heard = True
        try:
            frames = self._framer.feed(data)
        except FrameError as error:
            self.close()
            raise LinkClosedError(f"{self.address} sent what is no frame: {error}") from error
        for frame in frames:
            self._take(frame)

    def _why_at_once(self) -> str:
        """By TLS, a host that refuses a certificate closes the link and says nothing."""
        if self._tls is None or self._has_heard:
            return ""
        return " at once; it may not accept this side's certificate"

    def _take(self, frame: Frame) -> None:
        """Answer what wants an answer at once; keep the rest for `receive`."""
        answer = self._framer.answer(frame)
        if answer is not None and self.answers_polls:
            self.send_bytes(answer)
        if frame.kind != "message":
            return
        try:
            message = self.codec.decode(frame.body)
        except DecodeError as error:
            raise ClientError(f"{self.address} sent what is no message: {error}") from error
        if is_network_management_request(message.mti):
            self.send(messages.network_management_answer(message))
            return
        self._received.append((message, frame.body))
