"""What the bot does with an update: reads it, asks the engine off the event loop, replies.

Nothing of a message is logged or kept, neither its text nor who sent it.
"""

import asyncio
import logging

from telegram import LinkPreviewOptions, Message, Update
from telegram.constants import ChatAction, ParseMode
from telegram.error import NetworkError, TelegramError
from telegram.ext import ContextTypes
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from bot.engine import Engine
from bot.language import PHRASES
from bot.question import QuestionError
from bot.render.telegram import messages
from bot.render.words import reach
from bot.telegram.quiet import place
from index.words import LANGUAGES, Language

log = logging.getLogger(__name__)

#: Times a reply is tried before it is given up; the waits between grow from 0.5 to 8 seconds.
_TRIES = 6


class Handlers:
    """The handlers of one bot, over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/start`: what the bot is for, and how far its articles reach."""
        language = _language(update)
        phrases = PHRASES[language]
        about = reach(self._engine.reach, language)
        await _reply(update, f"{phrases.start}\n\n{about}\n\n{phrases.help}", html=False)

    async def help(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """`/help`: how to ask."""
        await _reply(update, PHRASES[_language(update)].help, html=False)

    async def question(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """A text message: an answer, or why there is none."""
        message = update.effective_message
        if message is None or message.text is None:
            return
        await _typing(message)
        try:
            answer = await asyncio.to_thread(self._engine.ask, message.text, _language(update))
        except QuestionError as error:
            await _reply(update, error.message, html=False)
            return
        for part in messages(answer):
            await _reply(update, part, html=True)

    async def error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Whatever went wrong: logged by its kind and place, and an apology to who asked."""
        error = context.error
        if not isinstance(update, Update):
            # A Conflict says that another copy of the bot fetches with the same token.
            log.warning("while fetching updates, which goes on: %s", type(error).__name__)
            return
        log.error("failed to handle an update: %s", place(error))
        if update.effective_message:
            try:
                await _reply(update, PHRASES[_language(update)].trouble, html=False)
            except TelegramError as second:
                log.warning("could not apologise: %s", type(second).__name__)


def _language(update: Update) -> Language:
    """The language of the sender's app, for what is said before there is a question."""
    user = update.effective_user
    code = (user.language_code or "")[:2] if user else ""
    return next((language for language in LANGUAGES if language == code), "de")


async def _typing(message: Message) -> None:
    try:
        await message.get_bot().send_chat_action(message.chat_id, ChatAction.TYPING)
    except TelegramError as error:
        log.info("no typing indicator: %s", type(error).__name__)


def _passing(error: BaseException) -> bool:
    """Whether trying again may help: a network error, but not a message Telegram refuses."""
    return isinstance(error, NetworkError) and type(error).__name__ != "BadRequest"


@retry(
    retry=retry_if_exception(_passing),
    stop=stop_after_attempt(_TRIES),
    wait=wait_exponential_jitter(initial=0.5, max=8),
    reraise=True,
)
async def _reply(update: Update, text: str, *, html: bool) -> None:
    message = update.effective_message
    if message is None:
        return
    await message.reply_text(
        text,
        parse_mode=ParseMode.HTML if html else None,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
