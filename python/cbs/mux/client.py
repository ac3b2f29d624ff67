"""An asyncio client that keeps one link up and many requests in flight on it.

It signs on, sends echo tests, answers those of the peer, comes back when the link breaks, gives
each reply to its own request, and takes back what got none.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Final, Self

from cbs.codec import Codec, Frame, Framer, Message
from cbs.errors import CodecError, DecodeError, FrameError
from cbs.message_types import (
    is_network_management_reply,
    is_network_management_request,
    repeat_mti,
    reply_mti,
)
from cbs.mux.backoff import Backoff
from cbs.mux.errors import ClientError, HostUnreachableError, LinkClosedError, ReplyTimeoutError
from cbs.mux.matcher import Arrival, ExchangeError, Matcher, Verdict
from cbs.mux.rules import Event, Fields, Hooks, MuxRules, Report
from cbs.mux.session import Action, LinkSession, Originate
from cbs.mux.tls import SHUTDOWN_TIMEOUT_S, ClientTls, failure_text

_READ_SIZE_BYTES: Final = 65_536
_ECHOED: Final = ("7", "11", "12", "37", "70")

_EVENTS: Final = {
    Verdict.LATE: Event.LATE_REPLY,
    Verdict.DUPLICATE: Event.DUPLICATE_REPLY,
    Verdict.AMBIGUOUS: Event.AMBIGUOUS_REPLY,
    Verdict.UNKNOWN: Event.UNKNOWN_REPLY,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A request in flight: who waits for its reply, and whether silence is taken back."""

    request: Message
    reply: asyncio.Future[Message]
    is_reversible: bool


@dataclass(slots=True, eq=False)
class _Link:
    """One connection, from its opening to its end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    framer: Framer
    session: LinkSession
    end_reason: str = "closed by the peer"


@dataclass(slots=True, eq=False)
class Mux:
    """One link to a host. An asynchronous context manager: connects and signs on, signs off.

    >>> async with Mux("10.0.0.5", 8583, Codec.load("visa_like")) as mux:
    ...     reply = await mux.request({"mti": "0100", ...})
    """

    host: str
    port: int
    codec: Codec
    framing: str = "vmlh"
    header: str | None = None
    """As those of `cbs.codec.Framer`; None sends bodies bare and reads what comes either way."""
    tls: ClientTls | None = None
    rules: MuxRules = field(default_factory=MuxRules)
    hooks: Hooks = field(default_factory=Hooks)
    _matcher: Matcher[_Waiting] = field(init=False)
    _reversals: asyncio.Queue[Message] = field(init=False)
    _up: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _link: _Link | None = field(default=None, init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _last_failure: str = field(default="", init=False)
    _reversing: Message | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Make what the rules bound."""
        self._matcher = Matcher(self.rules.match)
        self._reversals = asyncio.Queue(self.rules.reversals_max)

    async def __aenter__(self) -> Self:
        """Connect and sign on. Raises `HostUnreachableError` if that takes too long."""
        self.start()
        try:
            await self.wait_up(self.rules.connect_timeout_s)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Sign off and close."""
        await self.close()

    @property
    def address(self) -> str:
        """host:port."""
        return f"{self.host}:{self.port}"

    @property
    def is_up(self) -> bool:
        """Whether requests may be sent now."""
        return self._up.is_set()

    @property
    def in_flight(self) -> int:
        """Requests that await their reply."""
        return len(self._matcher)

    @property
    def reversals_pending(self) -> int:
        """Reversals that were not answered yet."""
        return self._reversals.qsize() + (self._reversing is not None)

    def start(self) -> None:
        """Begin to connect, and do so for ever, until `close`."""
        self._tasks = [
            asyncio.create_task(self._keep_connected(), name=f"mux {self.address}"),
            asyncio.create_task(self._send_reversals(), name=f"mux reversals {self.address}"),
        ]

    async def wait_up(self, timeout_s: float) -> None:
        """Wait until requests may be sent. Raises `HostUnreachableError`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError:
            reason = self._last_failure or "no answer to the sign-on"
            raise HostUnreachableError(f"no link to {self.address}: {reason}") from None

    async def close(self) -> None:
        """Sign off where this side signed on, and close; what is in flight is given up."""
        link = self._link
        if link is not None:
            self._carry_out(link, link.session.sign_off(asyncio.get_running_loop().time()))
            link.end_reason = "closed by this side"
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if link is not None:
            # What was written last, the sign-off, still leaves.
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(SHUTDOWN_TIMEOUT_S):
                    await link.writer.wait_closed()
        if self._timer is not None:
            self._timer.cancel()

    async def request(self, fields: Fields, timeout_s: float | None = None) -> Message:
        """Send one message and wait for its own reply.

        Raises `EncodeError`, `FrameError`; `LinkClosedError` where there is no link or it breaks;
        `ReplyTimeoutError`; `ExchangeError` for a duplicate of what is in flight, for one more
        than may be in flight, and for what no reply could be matched to. After a timeout or a
        break the outcome is not known, and the hook `reversal` is asked what to send.
        """
        return await self._exchange(fields, timeout_s, is_reversible=True)

    async def send(self, fields: Fields) -> None:
        """Send a message that gets no reply. Raises `EncodeError`, `LinkClosedError`."""
        link = self._linked()
        link.writer.write(link.framer.wrap(self.codec.encode(fields)))
        await self._drain(link)

    # Requests and their replies.

    async def _exchange(
        self, fields: Fields | Message, timeout_s: float | None, *, is_reversible: bool
    ) -> Message:
        loop = asyncio.get_running_loop()
        body = self.codec.encode(fields)
        request = self.codec.decode(body)
        link = self._linked()
        framed = link.framer.wrap(body)
        waiting = _Waiting(request, loop.create_future(), is_reversible)
        limit_s = self.rules.request_timeout_s if timeout_s is None else timeout_s
        self._matcher.sent(request, waiting, now=loop.time(), timeout_s=limit_s)
        self._arm()
        link.writer.write(framed)
        await self._drain(link)
        return await waiting.reply

    def _linked(self) -> _Link:
        for task in self._tasks:
            if task.done() and not task.cancelled():
                # A hook raised what it should not have: nobody keeps the link up any more.
                raise LinkClosedError(f"{task.get_name()} has ended") from task.exception()
        if self._link is None or not self._up.is_set():
            reason = f": {self._last_failure}" if self._last_failure else ""
            raise LinkClosedError(f"there is no link to {self.address} now{reason}")
        return self._link

    async def _drain(self, link: _Link) -> None:
        """Wait while the peer does not read. A link that broke fails its requests by itself."""
        with contextlib.suppress(OSError):
            await link.writer.drain()

    def _arm(self) -> None:
        """See to it that the next deadline is noticed when it passes."""
        deadline = self._matcher.next_deadline()
        if deadline is None:
            return
        if self._timer is not None:
            if not self._timer.cancelled() and self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(deadline, self._expire)

    def _expire(self) -> None:
        self._timer = None
        # The timer may be a little early by the clock that the deadlines were made with.
        now = asyncio.get_running_loop().time() + 0.001
        text = f"{self.address} did not answer in time"
        self._give_up(self._matcher.expire(now), ReplyTimeoutError, text)
        self._arm()

    def _give_up(self, given_up: list[_Waiting], kind: type[ClientError], text: str) -> None:
        """Tell everybody who waits, then take back what may have been approved."""
        for waiting in given_up:
            if not waiting.reply.done():
                waiting.reply.set_exception(kind(text))
        for waiting in given_up:
            if waiting.is_reversible:
                self._reverse(waiting.request)

    # Taking back.

    def _reverse(self, request: Message) -> None:
        try:
            fields = self.hooks.reversal(request)
            if fields is not None:
                self._reversals.put_nowait(self.codec.decode(self.codec.encode(fields)))
        except asyncio.QueueFull:
            self._lose(request, "too many are waiting")
        except CodecError as error:
            self._lose(request, str(error))
        except Exception as error:
            # A fault of the hook's must not keep others from being taken back; its text may
            # quote the message.
            self._lose(request, f"the hook raised {type(error).__name__}")

    def _lose(self, request: Message, reason: str) -> None:
        self._tell(Event.REVERSAL_LOST, f"of {_name(request)}: {reason}", request=request)

    async def _send_reversals(self) -> None:
        """One after the other, the oldest first, each until it is answered."""
        while True:
            self._reversing = reversal = await self._reversals.get()
            for _ in range(self.rules.reversal_attempts_max):
                await self._up.wait()
                try:
                    reply = await self._exchange(reversal, None, is_reversible=False)
                except ClientError:
                    reversal = reversal.set("mti", repeat_mti(reversal.mti))
                    continue
                except ExchangeError:
                    # It did not leave: too many are in flight, or one of the same key.
                    await asyncio.sleep(self.rules.tick_s)
                    continue
                self._tell(Event.REVERSED, _name(reversal), reply, reversal)
                break
            else:
                self._tell(Event.REVERSAL_LOST, f"{_name(reversal)}: no answer", request=reversal)
            self._reversing = None

    # The link.

    async def _keep_connected(self) -> None:
        backoff = Backoff(self.rules.retry_delay_s, self.rules.retry_delay_s_max)
        while True:
            try:
                link = await self._connect()
            except OSError as error:
                reason = failure_text(error)
            else:
                reason = await self._serve(link)
                if link.session.ever_signed_on:
                    backoff.reset()
            self._last_failure = reason
            wait_s = backoff.next_s()
            self._tell(Event.LINK_DOWN, f"{self.address}: {reason}; again in {wait_s:.1f} s")
            await asyncio.sleep(wait_s)

    async def _connect(self) -> _Link:
        tls = {} if self.tls is None else self.tls.options(self.host)
        async with asyncio.timeout(self.rules.connect_timeout_s):
            reader, writer = await asyncio.open_connection(self.host, self.port, **tls)
        session = LinkSession(self.rules.session, originates=self.rules.signs_on)
        framer = Framer(self.framing, header=self.header or "auto")
        return _Link(reader, writer, framer, session)

    async def _serve(self, link: _Link) -> str:
        """Read until the link ends; why it did."""
        loop = asyncio.get_running_loop()
        self._link = link
        ticking = asyncio.create_task(self._tick(link), name=f"mux ticks {self.address}")
        try:
            self._carry_out(link, link.session.connected(loop.time()))
            self._note_state(link)
            while data := await link.reader.read(_READ_SIZE_BYTES):
                link.session.heard(loop.time())
                self._feed(link, data)
                self._note_state(link)
        except FrameError as error:
            link.end_reason = f"no frame: {error}"
        except OSError as error:
            link.end_reason = failure_text(error)
        finally:
            self._link = None
            self._up.clear()
            ticking.cancel()
            link.writer.close()
            text = f"the link to {self.address} is gone: {link.end_reason}"
            self._give_up(self._matcher.give_up_all(loop.time()), LinkClosedError, text)
        return link.end_reason

    def _feed(self, link: _Link, data: bytes) -> None:
        """Take the frames that are complete. Raises `FrameError` after those before the fault."""
        try:
            frames = link.framer.feed(data)
        except FrameError as error:
            for frame in error.frames:
                self._take(link, frame)
            raise
        for frame in frames:
            self._take(link, frame)

    def _note_state(self, link: _Link) -> None:
        """Requests may be sent once signed on, and no more once the peer has signed off."""
        is_up = link.session.signed_on or not self.rules.signs_on
        if is_up and not self._up.is_set():
            self._up.set()
            self._tell(Event.LINK_UP, self.address)
        elif not is_up:
            self._up.clear()

    async def _tick(self, link: _Link) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.rules.tick_s)
            self._carry_out(link, link.session.tick(loop.time()))

    def _carry_out(self, link: _Link, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Originate):
                fields = self.hooks.management(action.code, action.stan)
                link.writer.write(link.framer.wrap(self.codec.encode(fields)))
            else:
                link.end_reason = action.reason
                link.writer.transport.abort()

    def _take(self, link: _Link, frame: Frame) -> None:
        """Deal with one frame that arrived."""
        answer = link.framer.answer(frame)
        if answer is not None:
            link.writer.write(answer)
        if frame.kind != "message":
            return
        try:
            message = self.codec.decode(frame.body)
        except DecodeError as error:
            self._tell(Event.UNREADABLE, f"{error}", error.partial)
            return
        arrival = self._matcher.arrived(message, now=asyncio.get_running_loop().time())
        if arrival.verdict is Verdict.REQUEST:
            self._answer(link, frame, message)
        elif arrival.verdict is Verdict.UNKNOWN and self._is_for_session(link, message):
            code = message.get("39") or ""
            self._carry_out(link, link.session.response(int(message["11"]), code))
        else:
            self._hand_over(arrival)

    @staticmethod
    def _is_for_session(link: _Link, message: Message) -> bool:
        stan = message.get("11") or ""
        is_reply = is_network_management_reply(message.mti)
        return is_reply and stan.isdecimal() and link.session.awaits(int(stan))

    def _hand_over(self, arrival: Arrival[_Waiting]) -> None:
        waiting, message = arrival.token, arrival.message
        verdict = arrival.verdict
        if verdict is Verdict.REPLY and waiting is not None:
            if not waiting.reply.done():
                waiting.reply.set_result(message)
                return
            # Whoever waited was cancelled. What the reply approved has to be taken back.
            verdict = Verdict.LATE
            self._give_up([waiting], ReplyTimeoutError, "cancelled")
        request = None if waiting is None else waiting.request
        self._tell(_EVENTS[verdict], _name(message), message, request)

    def _answer(self, link: _Link, frame: Frame, message: Message) -> None:
        """Answer a request of the peer's. Responses never come here."""
        fields: Fields | None
        if is_network_management_request(message.mti):
            code = link.session.answer(message.get("70"))
            echoed = {number: message[number] for number in _ECHOED if number in message}
            fields = {"mti": reply_mti(message.mti), **echoed, "39": code}
        else:
            fields = self.hooks.answer(message)
        if fields is None:
            self._tell(Event.UNANSWERED_REQUEST, _name(message), message)
            return
        try:
            body = self.codec.encode(fields)
        except CodecError as error:
            self._tell(Event.UNANSWERED_REQUEST, f"{_name(message)}: {error}", message)
            return
        link.writer.write(link.framer.wrap(body, reply_to=frame))

    def _tell(
        self,
        event: Event,
        text: str,
        message: Message | None = None,
        request: Message | None = None,
    ) -> None:
        self.hooks.report(Report(event, text, message, request))


def _name(message: Message) -> str:
    """What a person finds a message by in a log."""
    return f"{message.mti} with trace number {message.get('11') or 'none'}"
