"""The HTTP side: Telegram's webhook, `/healthz`, `/readyz` and `/metrics`.

`/healthz` says that the process lives and has an index; `/readyz` that it takes calls as
well, which begins once Telegram was reached for the first time.

A webhook call is answered when its update has been handled, so what a killed process had not
answered yet Telegram delivers again, to whichever copy of the bot comes next; see `once.py`.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import json
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from telegram import Update
from telegram.ext import Application

from bot.telegram.once import InWorkError
from bot.telegram.patient import parsable
from bot.telegram.service import Service

log = logging.getLogger(__name__)

#: Path that Telegram posts updates to, under the address given with `--webhook`.
HOOK = "/telegram"
#: Bytes of the largest update taken; Telegram's are far smaller.
_MAX_UPDATE = 1_000_000
#: Seconds after which Telegram is told "received" although the answer is still being made; it would
#: otherwise give up and deliver the update again.
_PATIENCE = 25.0
#: Seconds that what has begun may take when the server stops.
_LAST_WORDS = 30.0
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


def secret_of(token: str) -> str:
    """What Telegram proves itself with: the same for every copy of a bot, and not the token."""
    return hmac.new(token.encode(), b"mali-bot webhook", hashlib.sha256).hexdigest()


def on_loopback(address: str | None) -> bool:
    """Whether an address, or the host of a URL, is this machine's own."""
    host = urlsplit(address or "").hostname or address or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Proof:
    """What a caller proves itself with.

    Where it is not `needed`, a caller on this machine may leave it out: a Bot API server beside the
    bot may know no secrets.
    """

    secret: str
    needed: bool

    def accepts(self, given: str | None, remote: str | None) -> bool:
        """Whether a call from the address `remote` is Telegram's."""
        if given is None:
            return not self.needed and on_loopback(remote)
        return hmac.compare_digest(given.encode(), self.secret.encode())


class Server:
    """Listens until it is stopped."""

    def __init__(
        self,
        application: "Application[Any, Any, Any, Any, Any, Any]",
        service: Service,
        proof: Proof | None,
    ) -> None:
        self._application = application
        self._service = service
        self._proof = proof
        app = web.Application(client_max_size=_MAX_UPDATE)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._metrics)
        if proof is not None:
            app.router.add_post(HOOK, self._hook)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_WORDS)

    async def start(self, host: str, port: int) -> None:
        """Begins to listen; raises `OSError` if it cannot."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()

    async def stop(self) -> None:
        """Takes nothing new, and waits for what has begun."""
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        given = request.headers.get(_SECRET_HEADER)
        if self._proof is None or not self._proof.accepts(given, request.remote):
            return web.Response(status=403, text="not from Telegram\n")
        if not self._application.running:
            # Just started, and known to Telegram from before: let it deliver again.
            return web.Response(status=503, text="not ready\n")
        try:
            safe = parsable(json.loads(await request.read()))
        except (ValueError, RecursionError):
            return web.Response(status=400, text="not JSON\n")
        if safe is None:
            return web.Response()
        update = Update.de_json(safe, self._application.bot)
        work = self._application.create_task(self._handle(update))
        await asyncio.wait({work}, timeout=_PATIENCE)
        if work.done() and not work.result():
            return web.Response(status=503, text="in work\n")
        return web.Response()

    async def _handle(self, update: Update) -> bool:
        """Whether `update` is handled now; False if that is still in work elsewhere."""
        application = self._application
        try:
            await application.update_processor.process_update(
                update, application.process_update(update)
            )
        except InWorkError:
            return False
        return True

    async def _health(self, _: web.Request) -> web.Response:
        engine = self._service.live.engine
        body = {"ok": True, "generation": engine.generation, "articles": engine.reach.articles}
        return web.json_response(body)

    async def _ready(self, _: web.Request) -> web.Response:
        if not self._application.running:
            return web.Response(status=503, text="not ready\n")
        return web.Response(text="ready\n")

    async def _metrics(self, _: web.Request) -> web.Response:
        engine, metrics = self._service.live.engine, self._service.metrics
        metrics.generation.set(engine.generation)
        metrics.articles.set(engine.reach.articles)
        return web.Response(
            body=metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )
