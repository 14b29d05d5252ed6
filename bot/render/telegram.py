"""An answer as Telegram HTML, in messages of at most 4,096 characters each.

Telegram counts a message's length after its tags are taken out; counting the tags too, as here, is
on the safe side. Only `<b>`, `<i>`, `<a>` and `<blockquote expandable>` are used, and everything
quoted is escaped.
"""

from html import escape

from bot.answer import Answer, Citation
from bot.language import PHRASES
from bot.render.words import refusal, source_line, standing
from index.words import Language

#: Characters of the longest message that Telegram takes.
MAX_MESSAGE = 4_096


def messages(answer: Answer) -> list[str]:
    """The messages to send, in order; at least one."""
    language = answer.question.language
    if not answer.answered:
        lines = [escape(refusal(answer))]
        if answer.topics:
            lines += ["", escape(PHRASES[language].ask_about)]
            lines += [f"· <i>{escape(title)}</i>" for title in answer.topics]
        return ["\n".join(lines)]
    first = answer.citations[0]
    parts = [f"<b>{escape(first.quote)}</b> {_number(first)}"]
    parts += [_passage(citation, language) for citation in answer.citations]
    parts.append(f"<i>{escape(standing(answer))}</i>")
    return _packed(parts)


def _passage(citation: Citation, language: Language) -> str:
    start, end = citation.evidence
    text = citation.text
    marked = f"{escape(text[:start])}<b>{escape(text[start:end])}</b>{escape(text[end:])}"
    source = escape(source_line(citation, language))
    return f"{_number(citation)} {source}\n<blockquote expandable>{marked}</blockquote>"


def _number(citation: Citation) -> str:
    if citation.url is None:
        return f"[{citation.n}]"
    return f'<a href="{escape(citation.url)}">[{citation.n}]</a>'


def _packed(parts: list[str]) -> list[str]:
    """`parts`, each whole, in as few messages as hold them.

    No part is too long alone: passages have at most 1,000 characters, titles and names 500, and
    escaping makes a character at most 6.
    """
    packed = [parts[0]]
    for part in parts[1:]:
        joined = f"{packed[-1]}\n\n{part}"
        if len(joined) <= MAX_MESSAGE:
            packed[-1] = joined
        else:
            packed.append(part)
    return packed
