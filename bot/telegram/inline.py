"""Inline mode: `@bot question` typed in any chat offers passages to send there."""

from telegram import (
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode
from telegram.ext import ContextTypes

from bot.answer import Answer
from bot.language import PHRASES, written
from bot.question import Question, QuestionError
from bot.render.telegram import inline
from bot.render.words import reserve
from bot.telegram.service import Service, app_language

#: Seconds that Telegram may show the same results for the same words.
_CACHED = 60
#: Characters typed before anything is searched: people type on.
_LEAST = 4


class Inline:
    """The handler of inline queries."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def query(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        """Passages as results; none under a refusal."""
        query = update.inline_query
        if query is None or len(query.query.strip()) < _LEAST:
            return
        service, user = self._service, query.from_user.id
        if await service.allowance.wait(user):
            await query.answer([], cache_time=1, is_personal=True)
            return
        chosen = await service.memory.languages.get(user)  # a private chat has its person's id
        try:
            question = Question.read(query.query, app_language(update), chosen)
        except QuestionError:
            await query.answer([], cache_time=_CACHED, is_personal=True)
            return
        answer = await service.live.ask(question)
        outcome = "answered" if answer.answered else "refused"
        service.metrics.questions.labels(f"inline_{outcome}", question.language).inc()
        # Personal: others who type the same words read another language.
        await query.answer(_results(answer), cache_time=_CACHED, is_personal=True)


def _results(answer: Answer) -> list[InlineQueryResultArticle]:
    language = answer.question.reader
    if not answer.answered:
        # Nothing that could be sent on as if it were an answer.
        return []
    phrases = PHRASES[language]
    return [
        InlineQueryResultArticle(
            id=f"{answer.generation}-{citation.chunk}",
            title=" ".join(citation.quote.split())[:120],
            description=f"{reserve(answer)} {citation.outlet or phrases.outlet_unknown} · "
            f"{written(citation.date, language)} · {citation.title}".strip()[:200],
            input_message_content=InputTextMessageContent(
                inline(citation, language),
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            ),
        )
        for citation in answer.citations
    ]
