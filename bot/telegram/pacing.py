"""How fast is allowed: what Telegram lets the bot send, and what one person may ask.

Telegram's limits are 30 messages a second in all, 20 a minute in a group and one a second in any
one chat; the library's limiter keeps the first two, for each copy of the bot. Copies that share a
Redis keep the third, and what a person may ask, together.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from cachetools import TTLCache
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from telegram.ext import AIORateLimiter

from bot.shared import AwayError, Shared

#: Seconds between two messages in one chat.
CHAT_PACE = 1.0
#: Times a message is sent again when Telegram says "too many" (429), after the wait it asks for.
_FLOOD_RETRIES = 5
#: Calls that Telegram does not count as messages.
_UNCOUNTED = frozenset({"sendChatAction"})

_Reply = bool | dict[str, Any] | list[dict[str, Any]]


class ChatPace(AIORateLimiter):
    """The library's limiter, and one message a second in each chat."""

    def __init__(self, pace: float = CHAT_PACE, shared: Shared | None = None) -> None:
        super().__init__(max_retries=_FLOOD_RETRIES)
        self._pace = pace
        self._shared = shared
        self._next: TTLCache[str, float] = TTLCache(100_000, max(60.0, 4 * pace))

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, _Reply]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> _Reply:
        """Waits for the chat's turn, then does as the library does."""
        chat = data.get("chat_id")
        if endpoint in _UNCOUNTED:
            return await callback(*args, **kwargs)
        if chat is not None and endpoint.startswith("send"):
            await self._turn(str(chat))
        return await super().process_request(
            callback, args, kwargs, endpoint, data, rate_limit_args
        )

    async def _turn(self, chat: str) -> None:
        now = time.monotonic()
        turn = max(now, self._next.get(chat, now))
        self._next[chat] = turn + self._pace
        if turn > now:
            await asyncio.sleep(turn - now)
        if self._shared is not None:
            # Without it Telegram would refuse one of two copies, and that one then waits with
            # its messages to all chats.
            with suppress(AwayError):
                name = self._shared.name("pace", chat)
                while not await self._shared.take(name, b"", self._pace):
                    await asyncio.sleep(max(0.01, await self._shared.left(name)))


class Allowance:
    """How many questions one person may ask in a minute, of all copies that share a Redis."""

    def __init__(self, per_minute: int, shared: Shared | None = None) -> None:
        self._item = RateLimitItemPerMinute(per_minute)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = shared
        if shared is not None:
            self._together = SlidingWindowCounterRateLimiter(shared.limits())

    async def wait(self, user: int) -> int:
        """0 if `user` may ask now, else the seconds until they may."""
        if self._shared is not None:
            name = self._shared.name("person", user)
            with suppress(AwayError):
                return await self._shared.ask(lambda: self._wait(self._together, name))
        return await self._wait(self._alone, str(user))

    async def _wait(self, limiter: SlidingWindowCounterRateLimiter, name: str) -> int:
        if await limiter.hit(self._item, name):
            return 0
        reset = (await limiter.get_window_stats(self._item, name)).reset_time
        return max(1, round(reset - time.time()))
