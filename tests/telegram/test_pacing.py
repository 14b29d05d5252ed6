"""Limits: a message a second in a chat, so many questions a minute a person."""

import asyncio
import time
from itertools import pairwise
from typing import Any

from bot.shared import Shared
from bot.telegram.pacing import Allowance, ChatPace
from tests.redis_server import TOKEN, redis_server, together

PERSON = 987654321


def test_messages_in_one_chat_are_a_pace_apart_and_others_do_not_wait() -> None:
    pace = 0.2
    sent: list[tuple[int, float]] = []

    async def run() -> None:
        limiter = ChatPace(pace)
        await limiter.initialize()

        async def send(chat: int) -> bool:
            sent.append((chat, time.monotonic()))
            return True

        async def through(chat: int, endpoint: str) -> Any:
            return await limiter.process_request(
                send, (chat,), {}, endpoint, {"chat_id": chat}, None
            )

        await asyncio.gather(*(through(chat, "sendMessage") for chat in (1, 1, 1, 2)))
        await asyncio.gather(*(through(3, "sendChatAction") for _ in range(3)))

    began = time.monotonic()
    asyncio.run(run())
    times = {chat: [at - began for c, at in sent if c == chat] for chat in (1, 2, 3)}
    gaps = [b - a for a, b in zip(times[1], times[1][1:], strict=False)]
    assert all(gap >= pace * 0.9 for gap in gaps)
    assert times[2][0] < times[1][1]
    assert times[3][-1] - times[3][0] < pace


def test_a_person_may_ask_so_often_and_others_as_well() -> None:
    async def run() -> tuple[list[int], int]:
        allowance = Allowance(3)
        waits = [await allowance.wait(1) for _ in range(5)]
        return waits, await allowance.wait(2)

    waits, other = asyncio.run(run())
    assert waits[:3] == [0, 0, 0]
    assert all(0 < seconds <= 60 for seconds in waits[3:])
    assert other == 0


def test_copies_count_a_persons_questions_together_and_alone_without_redis() -> None:
    async def test(one: Shared, two: Shared) -> None:
        first, second = Allowance(4, one), Allowance(4, two)
        waits = [await copy.wait(PERSON) for copy in (first, second) * 3]
        assert waits[:4] == [0, 0, 0, 0]
        assert all(0 < seconds <= 60 for seconds in waits[4:])
        assert await second.wait(2) == 0
        held = server.held()
        assert held
        for name, (left, value) in held.items():
            assert name.startswith("mali:limit:")
            assert 0 < left <= 120_000
            assert str(PERSON) not in name + value.decode()
            assert TOKEN.split(":")[1] not in name + value.decode()
        server.stop()
        alone = [await first.wait(PERSON) for _ in range(5)]
        assert alone[:4] == [0, 0, 0, 0]
        assert alone[4] > 0

    with redis_server() as server:
        together(server, test)


def test_copies_keep_the_pace_of_a_chat_together() -> None:
    pace = 0.3
    sent: list[float] = []

    async def send() -> bool:
        sent.append(time.monotonic())
        return True

    async def test(*copies: Shared) -> None:
        limiters = [ChatPace(pace, shared) for shared in copies]
        calls = []
        for limiter in limiters:
            await limiter.initialize()
            call: Any = ((), {}, "sendMessage", {"chat_id": PERSON}, None)
            calls += [limiter.process_request(send, *call) for _ in range(2)]
        await asyncio.gather(*calls)
        [(name, (left, _))] = server.held().items()
        assert 0 < left <= 1000 * pace
        assert str(PERSON) not in name

    with redis_server() as server:
        together(server, test)
    assert len(sent) == 4
    assert all(b - a >= pace * 0.9 for a, b in pairwise(sent))
