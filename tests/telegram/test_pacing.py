"""Limits: a message a second in a chat, so many questions a minute a person."""

import asyncio
import time
from typing import Any

from bot.telegram.pacing import Allowance, ChatPace


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
