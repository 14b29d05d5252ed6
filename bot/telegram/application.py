"""The Telegram application: its handlers, and how it runs, by long polling or behind a webhook."""

import asyncio
import logging
import signal
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.error import BadRequest, InvalidToken, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)
from tenacity import retry, retry_if_exception, wait_exponential_jitter

from bot.engine import Engine
from bot.language import PHRASES
from bot.live import LiveEngine
from bot.memory import Memory
from bot.render.telegram import plain
from bot.settings import BotSettings
from bot.shared import Shared
from bot.telegram.admin import Admin
from bot.telegram.commands import Commands, register
from bot.telegram.inline import Inline
from bot.telegram.once import InWorkError, Once
from bot.telegram.pacing import Allowance, ChatPace
from bot.telegram.patient import PatientRequest
from bot.telegram.presses import Presses
from bot.telegram.questions import Questions
from bot.telegram.quiet import place, set_up
from bot.telegram.server import HOOK, Proof, Server, on_loopback, secret_of
from bot.telegram.service import Service, reply

log = logging.getLogger(__name__)

#: Updates handled at the same time; questions that wait are answered together.
_CONCURRENT = 256
_KINDS = [Update.MESSAGE, Update.CALLBACK_QUERY, Update.INLINE_QUERY]

_Application = Application[Any, Any, Any, Any, Any, Any]


class TelegramRefusedError(Exception):
    """Telegram does not take the token; the message is one line and without the token."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen, and the public address Telegram posts to (None: long polling)."""

    host: str
    port: int
    webhook: str | None = None


def run(
    engine: Engine,
    settings: BotSettings,
    token: str,
    listening: Listening | None,
    shared: Shared | None = None,
) -> None:
    """Runs the bot until a signal stops it, as one of several copies if it has something `shared`.

    Telegram out of reach is waited for; a token it does not know is a `TelegramRefusedError`.
    Raises `OSError` if it cannot listen.
    """
    set_up(token)
    try:
        asyncio.run(_run(engine, settings, token, listening, shared))
    except InvalidToken:
        raise TelegramRefusedError(
            "Telegram does not know this token: get one from @BotFather and set TELEGRAM_BOT_TOKEN"
        ) from None
    except BadRequest as error:
        raise TelegramRefusedError(
            f"Telegram does not take what it is told ({error.message}); see --webhook and "
            "MALI_WEBHOOK_SECRET"
        ) from None
    except TelegramError as error:
        raise TelegramRefusedError(
            f"Telegram refuses to start the bot ({type(error).__name__}); try again later"
        ) from None


async def _run(
    engine: Engine,
    settings: BotSettings,
    token: str,
    listening: Listening | None,
    shared: Shared | None,
) -> None:
    service = Service(
        live=LiveEngine(engine, settings),
        settings=settings,
        allowance=Allowance(settings.per_minute, shared),
        memory=Memory(shared),
        shared=shared,
    )
    application = build(service, token)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    webhook = listening.webhook if listening else None
    secret = settings.webhook_secret
    proof = Proof(
        secret.get_secret_value() if secret else secret_of(token),
        needed=secret is not None or not on_loopback(settings.telegram_api),
    )
    server = Server(application, service, proof if webhook else None)
    if listening:
        await server.start(listening.host, listening.port)
    try:
        await _until(stopped, _patiently(application.initialize))
        if stopped.is_set():
            return
        service.live.start()
        await application.start()
        await register(application.bot)
        if webhook:
            await _until(stopped, _patiently(_hook, application, webhook, proof.secret))
        elif application.updater:
            await application.updater.start_polling(
                allowed_updates=_KINDS, bootstrap_retries=-1, error_callback=_fetching_failed
            )
        log.info("answering from generation %d", engine.generation)
        await stopped.wait()
        log.info("stopping; what has begun is answered")
    finally:
        await _stop(application, service, server)


async def _stop(application: _Application, service: Service, server: Server) -> None:
    """Takes nothing new, answers what has begun, lets go."""
    if application.updater and application.updater.running:
        await application.updater.stop()
    await server.stop()
    if application.running:
        await application.stop()
    await service.live.stop()
    await application.shutdown()
    if service.shared is not None:
        await service.shared.close()


def build(service: Service, token: str) -> _Application:
    """The application with its handlers, not started."""
    api = service.settings.telegram_api.rstrip("/")
    application = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .rate_limiter(ChatPace(shared=service.shared))
        .concurrent_updates(Once(_CONCURRENT, service.shared))
        .get_updates_request(PatientRequest(connection_pool_size=1))
        .build()
    )
    questions = Questions(service)
    commands, admin = Commands(service, questions), Admin(service)
    for names, handler in (
        ("start", commands.start),
        ("help", commands.help),
        ("ask", commands.ask),
        ("sources", commands.sources),
        ("latest", commands.latest),
        ("timeline", commands.timeline),
        ("lang", commands.language),
        ("zeit period periode", commands.period),
        ("privacy", commands.privacy),
        ("forget", commands.forget),
        ("stats", admin.stats),
        ("reindex", admin.reindex),
        ("add", admin.add),
    ):
        application.add_handler(
            CommandHandler(names.split(), handler, filters=filters.UpdateType.MESSAGE)
        )
    text = filters.TEXT & ~filters.COMMAND & filters.UpdateType.MESSAGE
    application.add_handler(MessageHandler(text, questions.message))
    file = filters.Document.ALL & filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE
    application.add_handler(MessageHandler(file, admin.file))
    application.add_handler(CallbackQueryHandler(Presses(service, questions).press))
    application.add_handler(InlineQueryHandler(Inline(service).query))
    application.add_error_handler(_Apology(service).apologise)
    return application


class _Apology:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def apologise(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Whatever went wrong: logged by its kind and place, and an apology to who asked."""
        if isinstance(context.error, InWorkError):
            return  # fetched twice; whoever has it answers
        self._service.metrics.errors.labels(type(context.error).__name__).inc()
        log.error("failed to handle an update: %s", place(context.error))
        if isinstance(update, Update) and update.effective_message:
            sorry = PHRASES[await self._service.language(update)].trouble
            try:
                await reply(update.effective_message, [plain(sorry)])
            except TelegramError as second:
                log.warning("could not apologise: %s", type(second).__name__)


def _fetching_failed(error: TelegramError) -> None:
    # A Conflict says that another copy of the bot fetches with the same token.
    log.warning("while fetching updates, which goes on: %s", type(error).__name__)


async def _hook(application: _Application, webhook: str, secret: str) -> None:
    await application.bot.set_webhook(
        webhook.rstrip("/") + HOOK, allowed_updates=_KINDS, secret_token=secret, max_connections=100
    )


@retry(
    retry=retry_if_exception(
        lambda error: (
            isinstance(error, TelegramError) and not isinstance(error, InvalidToken | BadRequest)
        )
    ),
    wait=wait_exponential_jitter(multiplier=0.5, max=30),
    before_sleep=lambda state: log.warning("Telegram is out of reach; trying again"),
)
async def _patiently(call: Any, *arguments: Any) -> None:
    await call(*arguments)


async def _until(stopped: asyncio.Event, work: Any) -> None:
    """Awaits `work`, but no longer than until the bot is stopped."""
    task, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopped.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        await task
    else:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
