"""Each update handled once, whichever copy of the bot it is delivered to.

Telegram delivers an update again if it was not confirmed, and a proxy hands a call that broke to
the next copy. So an update is *in work* from its arrival on, and *done* for an hour after it was
answered; one that is done is passed over. "In work" lasts for seconds and is renewed as long as the
copy that has it lives. If that is killed, the next delivery waits until it has run out, and
answers. While it lives, the next delivery waits for its end, and if that takes long, Telegram is
told to try later, never that all is well: the copy at work could still be killed.

So a kill loses nothing that Telegram or the proxy delivers again. What may come twice is an answer
that was sent when its copy was killed, before the update was marked as done: better twice than
never. Without Redis, or while it is away, a copy knows of its own updates only, and one that is
delivered to two is answered by both.
"""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

from cachetools import TTLCache
from telegram import Update
from telegram.ext import BaseUpdateProcessor

from bot.shared import AwayError, Shared

#: Updates remembered, and seconds.
_SEEN, _SEEN_FOR = 50_000, 3600
#: Seconds that an update is in work unless that is renewed, and seconds between renewals: a copy
#: that is very busy may be late, and must not be taken for dead.
_LEASE, _RENEW_EVERY = 8.0, 2.0
#: Seconds that a second delivery waits: longer than a dead copy's lease lasts, shorter than the
#: server's patience, after which Telegram would be told that all is well.
_WAIT = 12.0
#: Seconds between two looks at whether another copy is done.
_LOOK_EVERY = 0.25

_IN_WORK, _DONE = b"in work", b"done"


class InWorkError(Exception):
    """Someone else is still handling the update: deliver it again later."""


class Once(BaseUpdateProcessor):
    """Lets updates through to their handlers, so many at a time, and each once."""

    def __init__(self, at_a_time: int, shared: Shared | None = None) -> None:
        super().__init__(at_a_time)
        self._shared = shared
        # An event only, no word of the update; it is set when the update is done.
        self._seen: TTLCache[tuple[object, ...], asyncio.Event] = TTLCache(_SEEN, _SEEN_FOR)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Awaits `coroutine`, which handles `update`, unless that was done before.

        Raises `InWorkError` if it is in work, here or elsewhere, and stays so.
        """
        try:
            key = _key(update)
            before = self._seen.get(key)
            if before is not None:
                await self._ended(key, before)
                return
            done = self._seen[key] = asyncio.Event()
            try:
                if await self._begin(key):
                    async with self._renewed(key) if self._shared else nullcontext():
                        await coroutine
                    await self._end(key)
            except BaseException:  # not handled: the next delivery must be
                self._seen.pop(key, None)
                raise
            finally:
                done.set()
        finally:
            if inspect.iscoroutine(coroutine):
                coroutine.close()

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of."""

    async def _ended(self, key: tuple[object, ...], before: asyncio.Event) -> None:
        """Waits for the delivery before to end; raises `InWorkError` if it was not handled."""
        with suppress(TimeoutError):
            await asyncio.wait_for(before.wait(), _WAIT)
        if not before.is_set() or key not in self._seen:
            raise InWorkError

    async def _begin(self, key: tuple[object, ...]) -> bool:
        """Takes the update into work; False if it is done. Raises `InWorkError`."""
        if self._shared is None:
            return True
        name = self._shared.name("update", *key)
        until = time.monotonic() + _WAIT
        with suppress(AwayError):
            while not await self._shared.take(name, _IN_WORK, _LEASE):
                if await self._shared.get(name) == _DONE:
                    return False
                if time.monotonic() > until:
                    raise InWorkError
                await asyncio.sleep(_LOOK_EVERY)
        return True

    @asynccontextmanager
    async def _renewed(self, key: tuple[object, ...]) -> AsyncIterator[None]:
        """Within it, the update stays in work."""
        task = asyncio.create_task(self._renew(key))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _renew(self, key: tuple[object, ...]) -> None:
        while self._shared is not None:
            await asyncio.sleep(_RENEW_EVERY)
            with suppress(AwayError):
                await self._shared.set(self._shared.name("update", *key), _IN_WORK, _LEASE)

    async def _end(self, key: tuple[object, ...]) -> None:
        if self._shared is not None:
            with suppress(AwayError):
                await self._shared.set(self._shared.name("update", *key), _DONE, _SEEN_FOR)


def _key(update: object) -> tuple[object, ...]:
    """What tells an update from others, also where its number does not."""
    if not isinstance(update, Update):
        return (id(update),)
    chat, message = update.effective_chat, update.effective_message
    query = update.callback_query or update.inline_query
    return (
        update.update_id,
        chat.id if chat else None,
        message.message_id if message else None,
        query.id if query else None,
    )
