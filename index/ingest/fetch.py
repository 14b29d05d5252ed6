"""Web pages over HTTP, politely, and never from inside the network it runs in.

Only http and https; robots.txt is asked first; no private, loopback or link-local address is
contacted, whatever a name resolves to and wherever a redirect leads, because the address that was
checked is the address that is connected to. Sizes and times have limits.
"""

import asyncio
import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from index.errors import FetchError

#: Bytes of the largest page, seconds it may take, and redirects followed.
MAX_PAGE = 10_000_000
_MAX_ROBOTS = 500_000
SECONDS = 30.0
MAX_REDIRECTS = 5
#: Seconds between two pages of one server.
PAUSE = 1.0
#: How the program introduces itself.
AGENT = "mali-bot"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TYPES = frozenset(
    {
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "text/markdown",
        "application/pdf",
        "application/rss+xml",
        "application/atom+xml",
        "application/xml",
        "text/xml",
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent: the address it came from in the end, its type, its bytes."""

    url: str
    content_type: str
    charset: str | None
    data: bytes
    stamp: "Stamp"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a server marked a page with, so that it can be asked whether it changed since."""

    etag: str | None
    modified: str | None

    def headers(self) -> dict[str, str]:
        """The headers that ask so."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


class Fetcher:
    """Fetches pages one after another over one connection pool; a context manager.

    Between two pages of a server it waits `pause` seconds, and it reads a server's robots.txt once.
    """

    def __init__(self, *, allow_private: bool = False, pause: float = PAUSE) -> None:
        self._allow_private = allow_private
        self._pause = pause
        self._runner = asyncio.Runner()
        self._session: aiohttp.ClientSession | None = None
        self._robots: dict[str, RobotFileParser | None] = {}
        self._asked: dict[str, float] = {}

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        if self._session is not None:
            self._runner.run(self._session.close())
        self._runner.close()

    def get(self, url: str, before: Stamp | None = None) -> Page | None:
        """The page at `url`; None if it is as it was when it had the stamp `before`.

        Raises `FetchError`.
        """
        return self._runner.run(self._get(url, before))

    async def _get(self, url: str, before: Stamp | None) -> Page | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=_PublicResolver(self._allow_private)),
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                headers={"User-Agent": AGENT},
            )
        try:
            return await self._follow(self._session, url, before)
        except _Private as error:
            raise FetchError(url, f"{error} is a private address", "a public one") from None
        except ValueError:
            raise FetchError(url, "it leads to an address that is none", "another one") from None
        except TimeoutError:
            raise FetchError(url, f"no answer within {SECONDS:.0f} seconds", "try later") from None
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, _Private) or isinstance(error.__context__, _Private):
                host = urlsplit(url).hostname
                raise FetchError(url, f"{host} is a private address", "a public one") from None
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise FetchError(url, f"cannot be reached ({reason})", "check the address") from None

    async def _follow(
        self, session: aiohttp.ClientSession, url: str, before: Stamp | None
    ) -> Page | None:
        address = url
        for _ in range(MAX_REDIRECTS + 1):
            _check(address, self._allow_private)
            if not await self._welcome(session, address):
                raise FetchError(url, "robots.txt does not allow this page", "another source")
            await self._wait(address)
            asked = before.headers() if before else {}
            async with session.get(address, allow_redirects=False, headers=asked) as reply:
                if reply.status == 304 and before:
                    return None
                if reply.status in _REDIRECTS and "Location" in reply.headers:
                    address = urljoin(address, reply.headers["Location"])
                    continue
                return await _page(url, address, reply)
        raise FetchError(url, f"more than {MAX_REDIRECTS} redirects", "the final address")

    async def _wait(self, address: str) -> None:
        host = urlsplit(address).netloc
        now = time.monotonic()
        await asyncio.sleep(max(0.0, self._asked.get(host, -self._pause) + self._pause - now))
        self._asked[host] = time.monotonic()

    async def _welcome(self, session: aiohttp.ClientSession, address: str) -> bool:
        """Whether the server's robots.txt lets this page be fetched; yes where it has none."""
        robots = urljoin(address, "/robots.txt")
        if robots not in self._robots:
            parser: RobotFileParser | None = None
            async with session.get(robots, allow_redirects=False) as reply:
                if reply.status == 200:
                    data = await _read(reply, _MAX_ROBOTS)
                    parser = RobotFileParser()
                    parser.parse(data[:_MAX_ROBOTS].decode("utf-8", "replace").splitlines())
            # Only now: rules that did not arrive whole are asked for again, and are not "none".
            self._robots[robots] = parser
        rules = self._robots[robots]
        return rules is None or rules.can_fetch(AGENT, address)


async def _page(url: str, address: str, reply: aiohttp.ClientResponse) -> Page:
    if reply.status != 200:
        raise FetchError(url, f"the server says {reply.status}", "a page that is there")
    if reply.content_type not in _TYPES:
        raise FetchError(url, f"{reply.content_type}, not text", "a web page, a feed or a PDF")
    size = f"more than {MAX_PAGE:,} bytes"
    if (reply.content_length or 0) > MAX_PAGE:
        raise FetchError(url, size, "a single article")
    data = await _read(reply, MAX_PAGE)
    if len(data) > MAX_PAGE:
        raise FetchError(url, size, "a single article")
    stamp = Stamp(reply.headers.get("ETag"), reply.headers.get("Last-Modified"))
    return Page(address, reply.content_type, reply.charset, data, stamp)


async def _read(reply: aiohttp.ClientResponse, most: int) -> bytes:
    """All that is sent; or, if that is longer, more than `most` bytes of it."""
    data = b""
    async for part in reply.content.iter_chunked(65_536):
        data += part
        if len(data) > most:
            break
    return data


def _check(address: str, allow_private: bool) -> None:
    """Raises unless `address` may be asked; names are checked when they are resolved."""
    try:
        # As it will be asked: "127。0。0。1" and "①27.0.0.1" are addresses too.
        parts = URL(address)
        host = parts.host
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise FetchError(address, "not an http or https address", "https://…")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if not allow_private and not literal.is_global:
        raise _Private(host)


class _Private(OSError):
    """A name leads to an address that is not public."""


class _PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; what it gives is what is connected to."""

    def __init__(self, allow_private: bool) -> None:
        self._resolver = ThreadedResolver()
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if self._allow_private:
            return found
        public = [one for one in found if ipaddress.ip_address(one["host"]).is_global]
        if not public:
            raise _Private(host)
        return public

    async def close(self) -> None:
        await self._resolver.close()
