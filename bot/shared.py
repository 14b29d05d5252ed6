"""What copies of the bot share: a Redis, with names in it that tell nobody's id.

Kept there for minutes are the last questions of chats (`memory.py`), how often people asked, when a
chat last got a message (`telegram/pacing.py`) and which updates are in work or done
(`telegram/once.py`). Every name is an HMAC under a key made from the bot's token, so that who reads
the Redis cannot tell chats and people, not even by trying all ids; every value expires. The
questions are in plain words: the Redis must be the operator's own and write nothing to disk.

A Redis that goes away stops nothing: its callers get an `AwayError` at once and do what a copy
alone does, until it is back.
"""

import hmac
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from cachetools import TTLCache

from index.errors import SettingError

if TYPE_CHECKING:
    from limits.aio.storage import RedisStorage
    from redis.asyncio import ConnectionPool

log = logging.getLogger(__name__)

#: Seconds that Redis may take to answer before it counts as away.
_PATIENCE = 3.0
#: Seconds between two looks at whether it is back.
_LOOK_EVERY = 2.0
#: Connections of one copy at most; who finds all in use waits for one.
_CONNECTIONS = 20
#: Groups to be deleted once Redis is back: as long as anything in them can live.
_OWED, _OWED_FOR = 100_000, 3600

# One step, so that nothing written meanwhile stays behind.
_DROP = """
local names = redis.call('smembers', KEYS[1])
for _, name in ipairs(names) do redis.call('del', name) end
return redis.call('del', KEYS[1])
"""

# One step, so that what is deleted meanwhile takes with it what is to be kept beside it.
_KEEP_BESIDE = """
if redis.call('exists', KEYS[3]) == 1 then
  redis.call('sadd', KEYS[2], KEYS[1])
  redis.call('pexpire', KEYS[2], ARGV[2])
  redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
"""

_Result = TypeVar("_Result")


class AwayError(Exception):
    """Redis cannot be asked now."""


class Shared:
    """A Redis that several copies of a bot use; for one event loop.

    Each of `on_return` is called when Redis is back after it was away.
    """

    def __init__(self, pool: "ConnectionPool", key: bytes) -> None:
        from redis import RedisError
        from redis.asyncio import Redis

        self.on_return: list[Callable[[], None]] = []
        self._pool = pool
        self._redis = Redis(connection_pool=pool)
        self._errors = (RedisError, OSError)
        self._key = key
        self._look_at: float | None = None  # None: it is there
        self._owed: TTLCache[str, bool] = TTLCache(_OWED, _OWED_FOR)

    @classmethod
    def open(cls, url: str, token: str) -> Self:
        """The Redis at `url`, shared by the copies that run with `token`.

        Raises `SettingError` if the package is missing or Redis does not answer.
        """
        try:
            import redis
            from redis.asyncio import BlockingConnectionPool
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
        except ImportError:
            raise SettingError(
                "MALI_REDIS is set, but the package redis is not installed: "
                "pip install 'mali-bot[redis]', or unset it to run one copy"
            ) from None
        waits = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
        try:
            with redis.Redis.from_url(url, **waits, retry=None) as once:
                once.ping()
        except (redis.RedisError, OSError, ValueError) as error:
            # The text of the error may hold the address, and that a password.
            raise SettingError(
                f"MALI_REDIS: Redis does not answer ({type(error).__name__}): start it or mend "
                "the address, or unset it to run one copy"
            ) from None
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE,
            # A connection kept since before Redis was restarted is broken: one more try.
            retry=Retry(NoBackoff(), 1),
            **waits,
        )
        return cls(pool, hmac.digest(token.encode(), b"mali-bot replicas", "sha256"))

    async def close(self) -> None:
        """Lets go of all connections."""
        await self._pool.disconnect()

    def name(self, kind: str, *of: object) -> str:
        """The name in Redis of what is kept as `kind` of a chat, a person, an update."""
        return (
            f"mali:{kind}:{hmac.new(self._key, repr((kind, *of)).encode(), 'sha256').hexdigest()}"
        )

    def limits(self) -> "RedisStorage":
        """Where `limits` counts; to be used within `ask`."""
        from limits.aio.storage import RedisStorage

        return RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix="mali:limit",
            connection_pool=self._pool,  # type: ignore[arg-type]
        )

    async def get(self, name: str) -> bytes | None:
        """The value of `name`; raises `AwayError`."""
        return cast("bytes | None", await self.ask(lambda: self._redis.get(name)))

    async def set(self, name: str, value: bytes, seconds: float, group: str | None = None) -> None:
        """Keeps `value` for so long, as one of `group`; raises `AwayError`."""

        async def write() -> None:
            async with self._redis.pipeline() as steps:
                if group is not None:
                    steps.sadd(group, name)
                    steps.pexpire(group, _ms(seconds))
                steps.set(name, value, px=_ms(seconds))
                await steps.execute()

        await self.ask(write)

    async def set_beside(
        self, name: str, value: bytes, seconds: float, group: str, beside: str
    ) -> None:
        """As `set`, but only while `beside` is kept; raises `AwayError`."""

        async def write() -> None:
            given: tuple[Any, ...] = (name, group, beside, value, _ms(seconds))
            reply: Any = self._redis.eval(_KEEP_BESIDE, 3, *given)
            await reply

        await self.ask(write)

    async def take(self, name: str, value: bytes, seconds: float) -> bool:
        """Keeps `value` for so long if there is none yet; whether so. Raises `AwayError`."""
        return bool(await self.ask(lambda: self._redis.set(name, value, px=_ms(seconds), nx=True)))

    async def left(self, name: str) -> float:
        """Seconds that `name` is still kept, 0 if it is not; raises `AwayError`."""
        return max(0.0, float(await self.ask(lambda: self._redis.pttl(name))) / 1000)

    async def drop(self, name: str) -> None:
        """Deletes `name`; raises `AwayError`."""
        await self.ask(lambda: self._redis.delete(name))

    async def drop_group(self, group: str) -> None:
        """Deletes all of `group` in one step; if Redis is away, as soon as it is back.

        Raises `AwayError` in that case.
        """
        try:
            await self.ask(lambda: self._drop_group(group))
        except AwayError:
            self._owed[group] = True
            raise

    async def ask(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """What `call` returns; raises `AwayError` if Redis is away, or goes away with it."""
        now = time.monotonic()
        away = self._look_at is not None
        if self._look_at is not None:
            if now < self._look_at:
                raise AwayError
            # Only this call looks; the others need not wait for it.
            self._look_at = now + _PATIENCE + _LOOK_EVERY
        try:
            if away:
                await self._return()
            return await call()
        except self._errors as error:
            if self._look_at is None:
                log.warning(
                    "Redis is away, this copy goes on alone until it is back: %s",
                    type(error).__name__,
                )
            self._look_at = time.monotonic() + _LOOK_EVERY
            raise AwayError from None

    async def _return(self) -> None:
        # Before anything is read: what was to be forgotten meanwhile must not be found.
        pong: Any = self._redis.ping()
        await pong
        for group in list(self._owed):
            await self._drop_group(group)
            self._owed.pop(group, None)
        for call in self.on_return:
            call()
        self._look_at = None
        log.info("Redis is back")

    async def _drop_group(self, group: str) -> None:
        reply: Any = self._redis.eval(_DROP, 1, group)
        await reply


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
