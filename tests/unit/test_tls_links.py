"""Links by TLS, on both event loops: who is let in, who is not, and that nothing else changes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import uvloop
from tests.unit.certificates import Certificates
from tests.unit.mux_host import MuxHost, approved

from cbs.codec import Codec, Framer
from cbs.link.connector import Connector
from cbs.link.limits import Limits
from cbs.link.links import Links
from cbs.link.pending import Pending
from cbs.link.rules import LinkRules
from cbs.mux.client import Mux
from cbs.mux.errors import HostUnreachableError, LinkClosedError
from cbs.mux.rules import MuxRules
from cbs.mux.tls import ClientTls, server_context
from cbs.network import Profile
from cbs.settings import Endpoint
from cbs.simulator import messages
from cbs.simulator.client import Client
from cbs.telemetry import Telemetry

ECHO = {"mti": "0800", "7": "1121123000", "11": "000001", "70": "301"}
PURCHASE = {
    "mti": "0100",
    "2": "4000000000000010",
    "3": "000000",
    "4": "000000000100",
    "7": "0527192031",
    "49": "978",
}

Scenario = Callable[[], Awaitable[None]]
Run = Callable[[Scenario], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    def run_scenario(scenario: Scenario) -> None:
        faults: list[dict[str, Any]] = []
        with asyncio.Runner(loop_factory=request.param) as runner:
            loop = runner.get_loop()
            loop.set_exception_handler(lambda _loop, context: faults.append(context))
            runner.run(asyncio.wait_for(scenario(), 30))
        assert faults == []

    return run_scenario


class Listener:
    """The server's links on a port, and a desk that declines at once or when the test says."""

    def __init__(self, codec: Codec, profile: Profile, limits: Limits, **rules: Any) -> None:
        self.codec, self.profile = codec, profile
        self.telemetry = Telemetry()
        self.reasons: list[str] = []
        self.queue: list[Pending] = []
        self.is_held = False
        self.port = 0
        self.links = Links(
            codec=codec,
            profile=profile,
            rules=LinkRules(**rules),
            desk=self,
            limits=limits,
            telemetry=self.telemetry,
            loop=asyncio.get_running_loop(),
        )

    def receive(self, link: Any, frame: Any, request: Any, now: float) -> None:
        pending = Pending(link, frame, request, received_at=now, deadline=now + 30)
        self.queue.append(pending)
        if not self.is_held:
            self.answer(pending)

    def answer(self, pending: Pending) -> None:
        assert pending.close()
        pending.link.send_decision(pending, self.profile.reply(pending.request, "05"))

    def refused(self, reason: str) -> None:
        self.reasons.append(reason)
        self.telemetry.tls_refused(reason)

    def client(self, tls: ClientTls | None) -> Client:
        return Client("127.0.0.1", self.port, self.codec, timeout_s=10, tls=tls)


@contextlib.asynccontextmanager
async def listening(
    codec: Codec,
    profile: Profile,
    made: Certificates,
    *,
    asks: bool = True,
    limits: Limits | None = None,
    **rules: Any,
) -> AsyncIterator[Listener]:
    """A listener by TLS; with `asks`, peers need a certificate."""
    it = Listener(codec, profile, limits or Limits(), **rules)
    authority = made.authority if asks else None
    context = server_context(*made.host, authority, on_refused=it.refused)
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    # What a peer does not read must be seen here before megabytes lie in the kernel.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = await loop.create_server(it.links.accept, sock=listener, ssl=context)
    it.port = listener.getsockname()[1]
    try:
        yield it
    finally:
        server.close()
        await it.links.finish("the test is over", 5)
        await server.wait_closed()


def echo_code(client: Client) -> str | None:
    with client:
        return client.request(ECHO).response_code


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def test_both_sides_show_their_certificates(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made) as it:
            client = it.client(made.client(made.network))
            assert await asyncio.to_thread(echo_code, client) == "00"
            async with Mux("127.0.0.1", it.port, visa_codec, tls=made.client(made.network)) as mux:
                replies = await asyncio.gather(
                    *(mux.request(PURCHASE | {"11": f"{stan:06d}"}) for stan in range(1, 101))
                )
                assert {reply["39"] for reply in replies} == {"05"}
            assert it.reasons == []

    run(scenario)


def test_without_an_authority_peers_need_no_certificate(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made, asks=False) as it:
            assert await asyncio.to_thread(echo_code, it.client(made.client())) == "00"

    run(scenario)


def test_a_host_with_a_certificate_of_another_authority_is_not_talked_to(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made, asks=False) as it:
            wrong = made.client(authority=made.other_authority)
            with pytest.raises(HostUnreachableError, match="the certificate is refused: "):
                await asyncio.to_thread(echo_code, it.client(wrong))
            rules = MuxRules(connect_timeout_s=1.0)
            with pytest.raises(HostUnreachableError, match="the certificate is refused: "):
                async with Mux("127.0.0.1", it.port, visa_codec, tls=wrong, rules=rules):
                    pass
            named_otherwise = made.client(name="bank.example")
            with pytest.raises(HostUnreachableError, match=r"not valid for 'bank.example'"):
                await asyncio.to_thread(echo_code, it.client(named_otherwise))

    run(scenario)


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (None, "peer_did_not_return_a_certificate"),
        ("stranger", "certificate_verify_failed"),
    ],
)
def test_a_peer_without_a_certificate_of_the_authority_is_refused(
    run: Run,
    made: Certificates,
    visa_codec: Codec,
    visa_profile: Profile,
    shown: str | None,
    reason: str,
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made) as it:
            tls = made.client(getattr(made, shown) if shown else None)
            # By TLS 1.3 a client learns of it only when it reads.
            with pytest.raises(LinkClosedError, match="may not accept this side's certificate"):
                await asyncio.to_thread(echo_code, it.client(tls))
            await until(lambda: it.reasons)
            assert it.reasons == [reason]
            assert it.telemetry.links == 0
            good = it.client(made.client(made.network))
            assert await asyncio.to_thread(echo_code, good) == "00"

    run(scenario)


def test_a_plain_client_is_closed_without_noise(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    framed = Framer("vmlh").wrap(visa_codec.encode(ECHO))

    def plain(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
            link.sendall(framed)
            with contextlib.suppress(ConnectionResetError):
                while link.recv(4096):
                    pass
        return b"closed"

    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made) as it:
            for _ in range(5):
                assert await asyncio.to_thread(plain, it.port) == b"closed"
            assert len(it.reasons) == 5
            assert it.telemetry.handshakes_refused == 5
            assert it.telemetry.links == 0
            good = it.client(made.client(made.network))
            assert await asyncio.to_thread(echo_code, good) == "00"

    run(scenario)


def test_an_old_version_of_tls_is_refused(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made, asks=False) as it:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(made.authority)
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            with pytest.warns(DeprecationWarning):
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = ssl.TLSVersion.TLSv1_1
            with pytest.raises(HostUnreachableError, match="TLS: unexpected eof"):
                await asyncio.to_thread(echo_code, it.client(ClientTls(context, "127.0.0.1")))
            assert it.reasons == ["unsupported_protocol"]

    run(scenario)


def test_a_peer_that_does_not_read_is_not_read_from_and_loses_nothing(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    framer = Framer("vmlh")
    bodies = (visa_codec.encode(PURCHASE | {"11": f"{n:06d}"}) for n in range(1, 501))
    some = b"".join(framer.wrap(body) for body in bodies)

    async def scenario() -> None:
        limits = Limits(write_buffer_bytes_max=1 << 14)
        async with listening(visa_codec, visa_profile, made, limits=limits) as it:
            tls = made.client(made.network)
            ours = socket.socket()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            ours.setblocking(False)
            await asyncio.get_running_loop().sock_connect(ours, ("127.0.0.1", it.port))
            reader, writer = await asyncio.open_connection(
                sock=ours, limit=1 << 12, **tls.options("127.0.0.1")
            )
            await until(lambda: len(it.links))
            (link,) = it.links._open
            count = 0
            while link._is_reading:
                writer.write(some)
                count += 500
                await asyncio.sleep(0.001)
                assert count < 1_000_000, "nothing holds the peer back"
            writer.write(some)
            count += 500
            assert len(it.queue) < count
            answers = Framer("vmlh")
            received = 0
            while received < count:
                data = await reader.read(1 << 16)
                assert data, f"closed after {received} answers"
                received += len(answers.feed(data))
            assert len(it.queue) == count
            assert all(pending.is_decision_sent for pending in it.queue)
            writer.close()
            await writer.wait_closed()

    run(scenario)


def test_a_link_that_ends_answers_what_is_in_flight_first(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made) as it:
            it.is_held = True
            tls = made.client(made.network)
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", it.port, **tls.options("127.0.0.1")
            )
            framer = Framer("vmlh")
            for stan in ("000001", "000002"):
                writer.write(framer.wrap(visa_codec.encode(PURCHASE | {"11": stan})))
            await until(lambda: len(it.queue) == 2)
            ending = asyncio.create_task(it.links.finish("planned", 10))
            await asyncio.sleep(0)
            for pending in it.queue:
                it.answer(pending)
            received = await asyncio.wait_for(reader.read(-1), 10)
            assert len(Framer("vmlh").feed(received)) == 2
            writer.close()
            await ending
            assert it.telemetry.unsent == 0

    run(scenario)


def test_a_peer_that_leaves_ends_its_link_and_what_it_asked_counts_as_unsent(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made) as it:
            it.is_held = True
            tls = made.client(made.network)
            _, writer = await asyncio.open_connection(
                "127.0.0.1", it.port, **tls.options("127.0.0.1")
            )
            writer.write(Framer("vmlh").wrap(visa_codec.encode(PURCHASE | {"11": "000001"})))
            await until(lambda: it.queue)
            writer.close()
            await writer.wait_closed()
            await until(lambda: not it.queue[0].link.is_open)
            it.answer(it.queue[0])
            await until(lambda: it.telemetry.unsent == 1)
            assert not it.queue[0].is_decision_sent

    run(scenario)


def test_the_connecting_role_shows_its_certificate_and_checks_the_networks(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        network = MuxHost(visa_codec)
        network.answer = lambda message: approved(message)
        context = server_context(*made.host, made.authority)
        it = Listener(visa_codec, visa_profile, Limits())
        async with network.listening(context):
            connector = Connector(
                Endpoint("127.0.0.1", network.port),
                make_link=it.links.connect,
                telemetry=it.telemetry,
                tls=made.client(made.network),
            )
            connector.start()
            await network.until(lambda: network.received)
            assert network.received[0]["70"] == "001"
            network.send(PURCHASE | {"11": "000009"})
            await network.until(lambda: "0110" in network.types())
            await connector.stop()
            await it.links.finish("the test is over", 5)

    run(scenario)


def test_the_connecting_role_tells_why_it_does_not_trust_the_network(
    run: Run,
    made: Certificates,
    visa_codec: Codec,
    visa_profile: Profile,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def scenario() -> None:
        network = MuxHost(visa_codec)
        it = Listener(visa_codec, visa_profile, Limits())
        async with network.listening(server_context(*made.host)):
            failed = asyncio.Event()
            events: list[dict[str, Any]] = []

            def note(_name: str, **fields: Any) -> None:
                events.append(fields)
                failed.set()

            it.telemetry.warning = note  # type: ignore[method-assign]
            connector = Connector(
                Endpoint("127.0.0.1", network.port),
                make_link=it.links.connect,
                telemetry=it.telemetry,
                tls=made.client(name="other.example"),
            )
            connector.start()
            await asyncio.wait_for(failed.wait(), 10)
            await connector.stop()
            assert events[0]["reason"].startswith("the certificate is refused: Hostname mismatch")
            assert network.received == []

    run(scenario)


def test_the_simulators_messages_go_by_tls_as_they_go_plain(
    run: Run, made: Certificates, visa_codec: Codec, visa_profile: Profile
) -> None:
    async def scenario() -> None:
        async with listening(visa_codec, visa_profile, made) as it:
            client = it.client(made.client(made.network))

            def play() -> str | None:
                card = messages.Card("4000000000000010", "2912")
                with client:
                    return client.request(messages.purchase(card, 4250, "978")).response_code

            assert await asyncio.to_thread(play) == "05"

    run(scenario)
