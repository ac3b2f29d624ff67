"""Many links at once: one account is never overspent, one message is never booked twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import psycopg
from tests.e2e.client import EURO_PANS, PipelinedClient, changed, purchase
from tests.e2e.host import Host

from cbs.codec import Codec
from cbs.demo import demo_pan

OpenCard = Callable[[str, int], int]

PAN = demo_pan(50_000)


def test_purchases_on_32_links_spend_an_account_to_the_last_whole_one(
    running_server: Host, codec: Codec, books: psycopg.Connection, open_card: OpenCard
) -> None:
    account_id = open_card(PAN, 100_00)

    async def one_link() -> list[str]:
        async with await PipelinedClient(codec).connect(running_server.address) as client:
            started = [client.start(purchase(PAN, 3_00)) for _ in range(4)]
            return [reply["39"] for reply in await asyncio.gather(*started)]

    async def scenario() -> Counter[str]:
        answers = await asyncio.gather(*[one_link() for _ in range(32)])
        return Counter(code for link in answers for code in link)

    assert asyncio.run(scenario()) == {"00": 33, "51": 95}
    row = books.execute(
        "SELECT ledger_minor, held_minor, available_minor FROM cbs_api.account_state_v1(%s)",
        (account_id,),
    ).fetchone()
    assert row == (100_00, 99_00, 1_00)
    assert books.execute("SELECT * FROM cbs_api.check_v1()").fetchall() == []


def test_twenty_copies_of_one_purchase_on_four_links_get_one_answer(
    running_server: Host, codec: Codec, books: psycopg.Connection, open_card: OpenCard
) -> None:
    open_card(PAN, 1000_00)
    request = purchase(PAN, 42_50)

    async def one_link() -> list[bytes]:
        async with await PipelinedClient(codec).connect(running_server.address) as client:
            frame = client.framer.wrap(codec.encode(request))
            repeat = client.framer.wrap(codec.encode(changed(request, mti="0101")))
            for index in range(5):
                client.writer.write(repeat if index == 4 else frame)
            async with asyncio.timeout(20):
                while len(client.replies.get(request["11"], [])) < 5:
                    await asyncio.sleep(0.005)
            return [frame.body for frame in client.replies[request["11"]]]

    async def scenario() -> set[bytes]:
        answers = await asyncio.gather(*[one_link() for _ in range(4)])
        return {body for link in answers for body in link}

    (body,) = asyncio.run(scenario())
    assert codec.decode(body)["39"] == "00"
    rows = books.execute(
        "SELECT attempt, held_delta_minor FROM cbs.operation WHERE stan = %s", (request["11"],)
    ).fetchall()
    assert rows == [(1, 42_50)]


def test_every_pipelined_request_of_many_links_is_answered_exactly_once(
    running_server: Host, codec: Codec
) -> None:
    async def one_link(number: int) -> tuple[int, int]:
        async with await PipelinedClient(codec).connect(running_server.address) as client:
            started = [
                client.start(purchase(EURO_PANS[(number * 50 + index) % len(EURO_PANS)], 1))
                for index in range(500)
            ]
            replies = await asyncio.gather(*started)
            approved = sum(reply["39"] == "00" for reply in replies)
            return approved, sum(len(frames) for frames in client.replies.values())

    async def scenario() -> list[tuple[int, int]]:
        return await asyncio.gather(*[one_link(number) for number in range(10)])

    assert asyncio.run(scenario()) == [(500, 500)] * 10
