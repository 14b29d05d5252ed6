"""Each update once: whoever it is delivered to, and whoever dies meanwhile."""

import asyncio
from collections.abc import Callable

import pytest
from telegram import Chat, Message, Update

from bot.shared import Shared
from bot.telegram.once import InWorkError, Once
from tests.redis_server import redis_server, together

CHAT = 987654321


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("_LEASE", 0.6), ("_RENEW_EVERY", 0.2), ("_WAIT", 1.0)):
        monkeypatch.setattr(f"bot.telegram.once.{name}", seconds)
    monkeypatch.setattr("bot.telegram.once._LOOK_EVERY", 0.05)


class Copy:
    """A copy of the bot that does nothing but handle."""

    def __init__(self, shared: Shared | None = None) -> None:
        self.once = Once(10, shared)
        self.handled = 0

    async def deliver(self, number: int = 1, seconds: float = 0.0) -> None:
        """An update arrives, whose handling takes so long."""
        message = Message(number, None, Chat(CHAT, "private"))  # type: ignore[arg-type]
        await self.once.process_update(Update(number, message), self._handle(seconds))

    async def _handle(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.handled += 1


def test_a_copy_alone_handles_each_update_once() -> None:
    async def test() -> None:
        copy = Copy()
        await asyncio.gather(copy.deliver(1, 0.1), copy.deliver(1), copy.deliver(2))
        await copy.deliver(1)
        assert copy.handled == 2

    asyncio.run(test())


def test_while_a_copy_is_at_it_nobody_is_told_that_it_is_done() -> None:
    async def test() -> None:
        copy = Copy()
        first = asyncio.create_task(copy.deliver(1, 1.5))
        await asyncio.sleep(0)
        with pytest.raises(InWorkError):
            await copy.deliver()
        await first
        await copy.deliver()
        assert copy.handled == 1

    asyncio.run(test())


def test_copies_handle_each_update_once() -> None:
    async def test(*shared: Shared) -> None:
        one, two = map(Copy, shared)
        await asyncio.gather(one.deliver(1, 0.3), two.deliver(1, 0.3))
        await two.deliver()
        await one.deliver()
        assert one.handled + two.handled == 1
        for name, (left, value) in server.held().items():
            assert 600_000 < left <= 3_600_000
            assert value == b"done"
            assert str(CHAT) not in name

    with redis_server() as server:
        together(server, test)


def test_what_is_in_work_elsewhere_for_long_is_to_be_delivered_again() -> None:
    async def test(*shared: Shared) -> None:
        one, two = map(Copy, shared)
        first = asyncio.create_task(one.deliver(1, 2.0))  # three times the lease: it is renewed
        await asyncio.sleep(0.1)
        with pytest.raises(InWorkError):
            await two.deliver()
        assert two.handled == 0
        await first
        await two.deliver()
        assert (one.handled, two.handled) == (1, 0)

    with redis_server() as server:
        together(server, test)


def test_what_a_killed_copy_had_in_work_the_next_handles() -> None:
    async def test(*shared: Shared) -> None:
        one, two = map(Copy, shared)
        first = asyncio.create_task(one.deliver(1, 60))
        await asyncio.sleep(0.1)
        first.cancel()  # it renews no more, and marks nothing as done
        await two.deliver()
        assert (one.handled, two.handled) == (0, 1)

    with redis_server() as server:
        together(server, test)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_without_redis_an_update_is_handled_all_the_same(when: str) -> None:
    async def test(shared: Shared) -> None:
        copy = Copy(shared)
        stop: Callable[[], None] = server.stop
        if when == "before":
            stop()
        first = asyncio.create_task(copy.deliver(1, 0.5))
        await asyncio.sleep(0.1)
        stop()
        await first
        await copy.deliver()
        assert copy.handled == 1

    with redis_server() as server:
        together(server, test, copies=1)
