"""The Telegram application: long polling, network errors and limits seen to."""

from typing import Any

from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import (
    AIORateLimiter,
    Application,
    ApplicationBuilder,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.engine import Engine
from bot.telegram.handlers import Handlers
from bot.telegram.quiet import set_up

#: Updates handled at the same time; the model itself answers one after another.
_CONCURRENT = 32
#: Times a message is sent again when Telegram says "too many" (429), after the wait it asks for.
_FLOOD_RETRIES = 5


class TelegramRefusedError(Exception):
    """Telegram does not take the token; the message is one line and without the token."""


def run(engine: Engine, token: str, api: str) -> None:
    """Runs the bot until a signal stops it.

    Telegram out of reach is waited for; a token it does not know is a `TelegramRefusedError`.
    """
    set_up(token)
    try:
        application = build(engine, token, api)
        application.run_polling(allowed_updates=[Update.MESSAGE], bootstrap_retries=-1)
    except InvalidToken:
        raise TelegramRefusedError(
            "Telegram does not know this token: get one from @BotFather and set TELEGRAM_BOT_TOKEN"
        ) from None
    except TelegramError as error:
        raise TelegramRefusedError(
            f"Telegram refuses to start the bot ({type(error).__name__}); try again later"
        ) from None


def build(engine: Engine, token: str, api: str) -> Application[Any, Any, Any, Any, Any, Any]:
    """The application with its handlers, not started; `api` is the Bot API server's address."""
    handlers = Handlers(engine)
    application = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api.rstrip('/')}/bot")
        .base_file_url(f"{api.rstrip('/')}/file/bot")
        .rate_limiter(AIORateLimiter(max_retries=_FLOOD_RETRIES))
        .concurrent_updates(_CONCURRENT)
        .build()
    )
    application.add_handler(CommandHandler("start", handlers.start))
    application.add_handler(CommandHandler("help", handlers.help))
    # In groups the bot keeps quiet: how it is addressed there is not designed yet.
    question = filters.TEXT & ~filters.COMMAND & filters.ChatType.PRIVATE
    application.add_handler(MessageHandler(question, handlers.question))
    application.add_error_handler(handlers.error)
    return application
