"""A Redis (fakeredis) over TCP that can be stopped, and started again with what it held."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import redis
from fakeredis import FakeServer, TcpFakeServer

from bot.shared import Shared

TOKEN = "123456:TEST-token-that-must-not-leak"


class RedisServer:
    """Listens on loopback, in threads of this process."""

    def __init__(self) -> None:
        self.port = 0
        self._data: FakeServer | None = None
        self._server: TcpFakeServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Listens, on the same port as before."""
        self._server = TcpFakeServer(("127.0.0.1", self.port), server_type="redis")
        if self._data is not None:
            self._server.fake_server = self._data
        self._data = self._server.fake_server
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        """Breaks all connections and refuses new ones."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def held(self) -> dict[str, tuple[int, bytes]]:
        """Everything in it: name, milliseconds that it is still kept (-1: for ever), value."""
        found = {}
        with redis.Redis(port=self.port, protocol=2) as client:
            for name in client.scan_iter():
                kind = client.type(name)
                value = b" ".join(client.smembers(name)) if kind == b"set" else client.get(name)
                found[name.decode()] = (client.pttl(name), value or b"")
        return found


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def together(server: RedisServer, test: Callable[..., Awaitable[None]], copies: int = 2) -> None:
    """Runs `test` with the `Shared` of so many copies."""

    async def run() -> None:
        shared = [Shared.open(server.url, TOKEN) for _ in range(copies)]
        try:
            await test(*shared)
        finally:
            for one in shared:
                await one.close()

    asyncio.run(run())
