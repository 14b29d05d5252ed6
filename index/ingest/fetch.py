"""One web page over HTTP, politely, and never from inside the network it runs in.

Only http and https; robots.txt is asked first; no private, loopback or link-local address is
contacted, whatever a name resolves to and wherever a redirect leads, because the address that was
checked is the address that is connected to. Sizes and times have limits.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from index.errors import FetchError

#: Bytes of the largest page, seconds it may take, and redirects followed.
MAX_PAGE = 10_000_000
SECONDS = 30.0
MAX_REDIRECTS = 5
#: How the program introduces itself.
AGENT = "mali-bot"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/markdown")


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent: the address it came from in the end, its type, its bytes."""

    url: str
    content_type: str
    charset: str | None
    data: bytes


def fetch(url: str, *, allow_private: bool = False) -> Page:
    """The page at `url`; raises `FetchError`."""
    return asyncio.run(_fetch(url, allow_private))


async def _fetch(url: str, allow_private: bool) -> Page:
    connector = aiohttp.TCPConnector(resolver=_PublicResolver(allow_private))
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    headers = {"User-Agent": AGENT}
    try:
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=headers
        ) as session:
            return await _follow(session, url, allow_private)
    except _Private as error:
        raise FetchError(url, f"{error} is a private address", "a public one") from None
    except TimeoutError:
        raise FetchError(url, f"no answer within {SECONDS:.0f} seconds", "try later") from None
    except aiohttp.ClientError as error:
        if isinstance(error.__cause__, _Private) or isinstance(error.__context__, _Private):
            host = urlsplit(url).hostname
            raise FetchError(url, f"{host} is a private address", "a public one") from None
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise FetchError(url, f"cannot be reached ({reason})", "check the address") from None


async def _follow(session: aiohttp.ClientSession, url: str, allow_private: bool) -> Page:
    address = url
    for _ in range(MAX_REDIRECTS + 1):
        _check(address, allow_private)
        if not await _welcome(session, address, allow_private):
            raise FetchError(url, "robots.txt does not allow this page", "another source")
        async with session.get(address, allow_redirects=False) as reply:
            if reply.status in _REDIRECTS and "Location" in reply.headers:
                address = urljoin(address, reply.headers["Location"])
                continue
            return await _page(url, address, reply)
    raise FetchError(url, f"more than {MAX_REDIRECTS} redirects", "the final address")


async def _page(url: str, address: str, reply: aiohttp.ClientResponse) -> Page:
    if reply.status != 200:
        raise FetchError(url, f"the server says {reply.status}", "a page that is there")
    if reply.content_type not in _TYPES:
        raise FetchError(url, f"{reply.content_type}, not text", "a web page")
    size = f"more than {MAX_PAGE:,} bytes"
    if (reply.content_length or 0) > MAX_PAGE:
        raise FetchError(url, size, "a single article")
    data = b""
    async for part in reply.content.iter_chunked(65_536):
        data += part
        if len(data) > MAX_PAGE:
            raise FetchError(url, size, "a single article")
    return Page(address, reply.content_type, reply.charset, data)


def _check(address: str, allow_private: bool) -> None:
    """Raises unless `address` may be asked; names are checked when they are resolved."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
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


async def _welcome(session: aiohttp.ClientSession, address: str, allow_private: bool) -> bool:
    """Whether the server's robots.txt lets this page be fetched; yes where it has none."""
    robots = urljoin(address, "/robots.txt")
    _check(robots, allow_private)
    try:
        async with session.get(robots, allow_redirects=False) as reply:
            if reply.status != 200:
                return True
            text = (await reply.content.read(500_000)).decode("utf-8", "replace")
    except UnicodeError:
        return True
    parser = RobotFileParser()
    parser.parse(text.splitlines())
    return parser.can_fetch(AGENT, address)


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
