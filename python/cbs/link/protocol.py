"""One link: bytes in, messages out, and the other way round."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Protocol, cast

from cbs._native import Codec, Frame, Framer, Profile, Request
from cbs.errors import CodecError, DecodeError, FrameError
from cbs.link.limits import Limits
from cbs.link.pending import Pending, ReplyLink
from cbs.link.rules import LinkRules
from cbs.mux.session import Action, LinkSession, Originate
from cbs.telemetry import Telemetry


class RequestDesk(Protocol):
    """Where a link takes the requests that want a decision."""

    def receive(self, link: ReplyLink, frame: Frame, request: Request, now: float) -> None:
        """Take one request; its answer comes back through `link`."""


class LinkProtocol(asyncio.Protocol):
    """The link's protocol object. Its state as a network sees it is in `LinkSession`."""

    def __init__(
        self,
        name: str,
        *,
        codec: Codec,
        profile: Profile,
        rules: LinkRules,
        desk: RequestDesk,
        session: LinkSession,
        limits: Limits,
        telemetry: Telemetry,
        loop: asyncio.AbstractEventLoop,
        on_open: Callable[[LinkProtocol], bool] = lambda _link: True,
        on_closed: Callable[[LinkProtocol], None] = lambda _link: None,
    ) -> None:
        """`on_open` may refuse the link by returning False."""
        self.name = name
        self.session = session
        self._codec = codec
        self._profile = profile
        self._in_flight_max = rules.in_flight_max
        self._desk = desk
        self._limits = limits
        self._telemetry = telemetry
        self._loop = loop
        self._on_open = on_open
        self._on_closed = on_closed
        self._framer = Framer(
            rules.framing, header=rules.header, frame_length_max=rules.frame_length_max
        )
        self._transport: asyncio.Transport | None = None
        self._outgoing: list[bytes] = []
        self._decisions: list[Pending] = []
        self._in_flight = 0
        self._frame_began_at: float | None = None
        self._is_reading = True
        self._is_write_buffer_full = False
        self._is_finishing = False
        self._is_tls = False
        self._signs_off = False
        self._close_reason = "closed by the peer"
        self._dropped = 0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A socket is open."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = transport = cast(asyncio.Transport, transport)
        self._is_tls = transport.get_extra_info("sslcontext") is not None
        transport.set_write_buffer_limits(high=self._limits.write_buffer_bytes_max)
        set_socket_options(
            transport.get_extra_info("socket"), self._limits.unacknowledged_timeout_ms
        )
        if not self._on_open(self):
            self._transport = None
            transport.abort()
            return
        self._telemetry.links += 1
        peer = transport.get_extra_info("peername")
        self._telemetry.event("link_opened", link=self.name, peer=_peer_text(peer))
        self._carry_out(self.session.connected(self._loop.time()))

    def data_received(self, data: bytes) -> None:
        """Bytes arrived, cut anywhere."""
        if self._is_finishing:
            return
        now = self._loop.time()
        self.session.heard(now)
        fault: FrameError | None = None
        try:
            frames = self._framer.feed(data)
        except FrameError as error:
            frames, fault = error.frames, error
        received_at_us = time.time_ns() // 1000
        for frame in frames:
            if frame.kind == "message":
                self._on_message(frame, now, received_at_us)
            else:
                self._on_other_frame(frame)
        if fault is not None:
            self._drop("frame", offset=fault.offset)
            self.finish(f"unusable framing at byte {fault.offset}")
            return
        self._note_incomplete_frame(now, is_new=bool(frames))
        if self._in_flight >= self._in_flight_max:
            self._update_reading()

    def eof_received(self) -> bool:
        """The peer sends no more; what it asked is still answered.

        Not over TLS: whoever says there that it sends no more reads no more either.
        """
        self.finish("closed by the peer")
        return not self._is_tls

    def pause_writing(self) -> None:
        """The peer does not read its answers: its questions wait."""
        self._is_write_buffer_full = True
        self._update_reading()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._is_write_buffer_full = False
        self._update_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone. What was in flight is decided or dropped by the lanes."""
        if self._transport is None:
            return
        self._transport = None
        self._telemetry.links -= 1
        reason = self._close_reason if exc is None else type(exc).__name__
        self._telemetry.event("link_closed", link=self.name, reason=reason)
        self._on_closed(self)

    # What the rest of the server calls.

    @property
    def is_open(self) -> bool:
        """Whether a reply written now can still leave."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def in_flight(self) -> int:
        """Requests of this link that await their answer."""
        return self._in_flight

    def send_reply(self, frame: Frame, body: bytes) -> None:
        """Send a reply that reports no decision, to the request that came in `frame`."""
        self._send(self._framer.wrap(body, reply_to=frame))

    def send_decision(self, pending: Pending, body: bytes) -> None:
        """Send the reply that reports a decision; sets `is_decision_sent` when it leaves."""
        self._decisions.append(pending)
        self._send(self._framer.wrap(body, reply_to=pending.frame))

    def finished(self) -> None:
        """One request of this link no longer awaits an answer."""
        self._in_flight -= 1
        if self._is_finishing:
            # Its reply, if any, is about to be sent: look only after that.
            self._loop.call_soon(self._close_when_answered)
        elif not self._is_reading and self._in_flight <= self._in_flight_max // 2:
            self._update_reading()

    def housekeeping(self, now: float) -> None:
        """Do what is due by time: end a stalled frame, send an echo."""
        began_at = self._frame_began_at
        if began_at is not None and now - began_at >= self._limits.frame_timeout_s:
            self._frame_began_at = None
            self._drop("frame_incomplete")
            self.finish("a frame did not complete in time")
        elif not self._is_finishing:
            self._carry_out(self.session.tick(now))

    def finish(self, reason: str, *, signs_off: bool = False) -> None:
        """Read no more, answer what is in flight, sign off where this side signed on, close."""
        self._signs_off |= signs_off
        if self._is_finishing or self._transport is None:
            return
        self._is_finishing = True
        self._close_reason = reason
        self._frame_began_at = None
        self._update_reading()
        self._loop.call_soon(self._close_when_answered)

    def abort(self, reason: str) -> None:
        """Close at once."""
        if self._transport is not None:
            self._close_reason = reason
            self._transport.abort()

    # Reading.

    def _on_message(self, frame: Frame, now: float, received_at_us: int) -> None:
        format_error: str | None = None
        try:
            message = self._codec.decode(frame.body)
        except DecodeError as error:
            if error.partial is None:
                self._drop("decode", path=error.path, offset=error.offset)
                return
            message, format_error = error.partial, error.path
        request = self._profile.read(
            message, received_at_us=received_at_us, format_error=format_error
        )
        kind = request.kind
        self._telemetry.received[request.message_type] += 1
        if kind == "decide":
            if not self.session.may_request:
                self._drop("not_signed_on")
                return
            self._in_flight += 1
            self._desk.receive(self, frame, request, now)
        elif kind == "network_management":
            self._on_network_management(frame, request)
        elif kind == "refuse":
            self._answer(frame, request, request.refusal or "12")
        elif kind == "response":
            stan = request.stan
            if stan is not None and stan.isdecimal():
                self._carry_out(self.session.response(int(stan), message.get("39") or ""))
        else:
            self._drop("ignored" if format_error is None else "decode", path=format_error or "")

    def _on_network_management(self, frame: Frame, request: Request) -> None:
        was_signed_on = self.session.signed_on
        response_code = self.session.answer(request.network_management_code)
        self._answer(frame, request, response_code)
        if self.session.signed_on != was_signed_on:
            event = "signed_on" if self.session.signed_on else "signed_off"
            self._telemetry.event(event, link=self.name)

    def _answer(self, frame: Frame, request: Request, response_code: str) -> None:
        try:
            body = self._profile.reply(request, response_code)
        except CodecError as error:
            self._drop("reply", path=error.path)
            return
        self.send_reply(frame, body)
        self._telemetry.answered[response_code] += 1

    def _on_other_frame(self, frame: Frame) -> None:
        """Polls are answered, session control is consumed, a reject says that we sent rubbish."""
        answer = self._framer.answer(frame)
        if answer is not None:
            self._send(answer)
        if frame.kind == "reject":
            self._drop("rejected_by_network")

    def _note_incomplete_frame(self, now: float, *, is_new: bool) -> None:
        if not self._framer.pending_bytes or not self._is_reading:
            self._frame_began_at = None
        elif is_new or self._frame_began_at is None:
            self._frame_began_at = now

    def _drop(self, reason: str, *, path: str = "", offset: int | None = None) -> None:
        """Count what is not answered. A flood of rubbish must not become a flood of events."""
        self._telemetry.dropped[reason] += 1
        self._dropped += 1
        if self._dropped & (self._dropped - 1) == 0:
            self._telemetry.warning(
                "message_dropped",
                link=self.name,
                reason=reason,
                path=path,
                offset=offset,
                count=self._dropped,
            )

    def _update_reading(self) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        is_wanted = not (
            self._is_finishing
            or self._is_write_buffer_full
            or self._in_flight >= self._in_flight_max
        )
        if is_wanted and not self._is_reading:
            transport.resume_reading()
            self._is_reading = True
            # The peer had no chance to complete what it began: its time starts anew.
            self._note_incomplete_frame(self._loop.time(), is_new=True)
        elif self._is_reading and not is_wanted:
            transport.pause_reading()
            self._is_reading = False
            self._frame_began_at = None

    # Writing.

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Originate):
                body = self._profile.network_management(
                    action.code, stan=action.stan, transmitted_at_us=time.time_ns() // 1000
                )
                self._send(self._framer.wrap(body))
            else:
                self.abort(action.reason)

    def _send(self, data: bytes) -> None:
        """Queue bytes; all of one turn of the event loop leave in one write."""
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(data)

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        decisions, self._decisions = self._decisions, []
        transport = self._transport
        if transport is None or transport.is_closing():
            self._telemetry.unsent += len(decisions)
            return
        transport.write(outgoing[0] if len(outgoing) == 1 else b"".join(outgoing))
        for pending in decisions:
            pending.is_decision_sent = True
        if self._is_finishing:
            self._close_when_answered()

    def _close_when_answered(self) -> None:
        if self._transport is None or self._in_flight or self._outgoing:
            return
        if self._signs_off:
            self._signs_off = False
            self._carry_out(self.session.sign_off(self._loop.time()))
        if not self._outgoing:
            self._transport.close()


def set_socket_options(link_socket: socket.socket | None, unacknowledged_timeout_ms: int) -> None:
    """Small frames leave at once, and a peer that vanished is noticed within half a minute.

    Keepalive notices it on an idle link; the user timeout while sent bytes are unacknowledged,
    when keepalive is not running.
    """
    if link_socket is None or link_socket.family == socket.AF_UNIX:
        return
    link_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    link_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
    link_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    link_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    link_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unacknowledged_timeout_ms)


def _peer_text(peer: object) -> str:
    return f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else str(peer or "local")
