"""What all handlers share, and how they send: one message after another, again where it failed."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
    Update,
)
from telegram import Message as Received
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from bot.live import LiveEngine
from bot.memory import Memory
from bot.render.buttons import Press, Rows
from bot.render.telegram import Message
from bot.settings import BotSettings
from bot.shared import Shared
from bot.telegram.metrics import Metrics
from bot.telegram.pacing import Allowance
from index.words import LANGUAGES, Language

log = logging.getLogger(__name__)

#: Times a reply is tried before it is given up; the waits between grow from 0.5 to 8 seconds.
_TRIES = 6


@dataclass(frozen=True)
class Service:
    """The parts of a running bot that its handlers use."""

    live: LiveEngine
    settings: BotSettings
    allowance: Allowance
    memory: Memory = field(default_factory=Memory)
    shared: Shared | None = None
    metrics: Metrics = field(default_factory=Metrics)

    async def language(self, update: Update) -> Language:
        """The language chosen in a chat, or else of the sender's app."""
        chat = update.effective_chat
        chosen = await self.memory.languages.get(chat.id) if chat else None
        return chosen or app_language(update)

    def keep_vote(self, question: str, press: Press) -> None:
        """Writes a vote where the operator wants it; nothing tells whose it is."""
        if self.settings.feedback is None:
            return
        vote = {
            "question": question,
            "generation": press.generation,
            "chunks": press.chunks,
            "vote": press.wish,
        }
        try:
            with self.settings.feedback.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(vote, ensure_ascii=False) + "\n")
        except OSError as error:
            log.warning("a vote could not be written: %s", error.strerror)


def app_language(update: Update) -> Language:
    """The language of the sender's app, for what is said before there is a question."""
    user = update.effective_user
    code = (user.language_code or "")[:2] if user else ""
    return next((language for language in LANGUAGES if language == code), "de")


async def reply(to: Received, messages: Sequence[Message]) -> list[int]:
    """Sends `messages`, the first as a reply to `to`; the ids they got."""
    sent = []
    for number, message in enumerate(messages):
        found = await _send(to, message, quote=number == 0)
        sent.append(found.message_id)
    return sent


def _passing(error: BaseException) -> bool:
    """Whether trying again may help: a network error, but not a message Telegram refuses."""
    return isinstance(error, NetworkError) and not isinstance(error, BadRequest)


@retry(
    retry=retry_if_exception(_passing),
    stop=stop_after_attempt(_TRIES),
    wait=wait_exponential_jitter(multiplier=0.5, max=8),
    reraise=True,
)
async def _send(to: Received, message: Message, *, quote: bool) -> Received:
    # A reply still goes out if what it replies to was deleted meanwhile.
    quoted = ReplyParameters(to.message_id, allow_sending_without_reply=True)
    return await to.get_bot().send_message(
        to.chat_id,
        message.html,
        parse_mode=ParseMode.HTML,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=quoted if quote else None,
        reply_markup=_keyboard(message.buttons),
        message_thread_id=to.message_thread_id if to.is_topic_message else None,
    )


def _keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(one.label, callback_data=one.press.data()) for one in row]
            for row in rows
        ]
    )
