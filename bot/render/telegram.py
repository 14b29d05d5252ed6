"""Answers as Telegram HTML, in messages of at most 4,096 characters each.

Telegram counts a message's length after its tags are taken out; counting the tags too, as here, is
on the safe side; so is counting in UTF-16, where an emoji counts twice. Only `<b>`, `<i>`, `<a>`
and `<blockquote>` are used, and everything quoted is escaped.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape

from bot.answer import Answer, Citation, Source
from bot.engine import Context, Event
from bot.language import PHRASES, written
from bot.question import Question
from bot.render.buttons import Rows, under
from bot.render.words import (
    cautions,
    refusal,
    reprints,
    reserve,
    searched,
    source,
    source_line,
    standing,
)
from index.records import ArticleRecord, Outlet
from index.sentence import split_sentences
from index.words import Language

#: Characters of the longest message that Telegram takes.
MAX_MESSAGE = 4_096

#: A tag, a word with the space after it (a long one in pieces), or a space.
_TOKENS = re.compile(r"<[^>]*>|(?:&[^;]*;|[^<&\s]){1,100}\s?|\s")


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send: HTML, and the rows of buttons under it."""

    html: str
    buttons: Rows = ()


def messages(answer: Answer) -> list[Message]:
    """The messages to send, in order; at least one. The last has the buttons."""
    language = answer.question.reader
    if not answer.answered:
        lines = [escape(refusal(answer))]
        if answer.topics:
            lines += ["", escape(PHRASES[language].ask_about)]
            lines += [f"· <i>{escape(source(one, language))}</i>" for one in answer.topics]
        return _messages(["\n".join(lines)])
    first = answer.citations[0]
    head = f"<b>{escape(first.quote)}</b> {_number(first.n, first.url)}"
    if unsure := reserve(answer):
        head = f"<i>{escape(unsure)}</i>\n{head}"
    said = cautions(answer)
    if said:
        head += "\n" + "\n".join(f"<i>{escape(line)}</i>" for line in said)
    parts = [head, *(_passage(citation, language) for citation in answer.citations)]
    parts.append(f"<i>{escape(standing(answer))}</i>")
    return _messages(parts, under(answer))


def context(found: Context, generation: int, language: Language) -> list[Message]:
    """A passage with the paragraphs around it, and which index it came from."""
    phrases = PHRASES[language]
    article = found.article
    head = f"<b>{escape(article.title)}</b>\n{escape(_dated(article, language))}"
    parts = [head]
    for text, mark in ((found.before, "i"), (found.passage, ""), (found.after, "i")):
        parts += list(_quoted(text, article.lang, mark)) if text else []
    parts.append(f"<i>{escape(phrases.generation.format(generation=generation))}</i>")
    return _messages(parts)


def original(article: ArticleRecord, text: str, language: Language) -> list[Message]:
    """The paragraphs that a translated passage translates."""
    head = f"<b>{escape(article.title)}</b>\n{escape(_dated(article, language))}"
    return _messages([head, *_quoted(text, article.lang, "")])


def more(citations: Sequence[Citation], language: Language) -> list[Message]:
    """Passages that were found beside those an answer cites."""
    return _messages([_passage(citation, language) for citation in citations])


def sources(
    articles: Sequence[ArticleRecord], generation: int, language: Language
) -> list[Message]:
    """Cited articles with their links, authors, licences and what they were checked against."""
    phrases = PHRASES[language]
    parts = []
    for article in articles:
        lines = [f"<b>{_linked(article.title, article.url)}</b>", escape(_dated(article, language))]
        beside = ", ".join(article.authors)
        beside += (" · " if beside and article.license else "") + (article.license or "")
        lines += [escape(beside)] if beside else []
        if article.sources:
            lines.append(escape(phrases.checked_against))
            lines += [f"· {_source(one, language)}" for one in _as_sources(article)]
        parts += _lines(lines)
    parts.append(f"<i>{escape(phrases.generation.format(generation=generation))}</i>")
    return _messages(parts)


def outlets(found: Sequence[Outlet], reach: str, language: Language) -> list[Message]:
    """The outlets that are quoted from, and how many articles each has."""
    phrases = PHRASES[language]
    lines = [f"<b>{escape(phrases.sources_title)}</b>"]
    for one in found:
        name = one.name or phrases.outlet_unknown
        span = " – ".join(dict.fromkeys(written(day, language) for day in (one.first, one.last)))
        lines.append(f"· {escape(name)}: {one.articles} ({escape(span)})")
    return _messages([*_lines(lines), escape(reach)])


def latest(articles: Sequence[ArticleRecord], language: Language) -> list[Message]:
    """The newest articles, with links; withdrawn ones say so."""
    lines = [f"<b>{escape(PHRASES[language].latest_title)}</b>"]
    lines += [
        f"· {_linked(one.title, one.url)} — {escape(_dated(one, language))}" for one in articles
    ]
    return _messages(_lines(lines))


def timeline(question: Question, events: Sequence[Event]) -> list[Message]:
    """Dated passages in order: the day an event is dated to, what is said, who reported it when."""
    language = question.reader
    phrases = PHRASES[language]
    parts = [f"<b>{escape(phrases.timeline_title.format(topic=question.asked))}</b>"]
    if limited := searched(question):
        parts[0] += f"\n<i>{escape(limited)}</i>"
    for number, event in enumerate(events, start=1):
        citation = event.citation
        reported = phrases.timeline_reported.format(date=written(citation.date, language))
        day = _when(event, language) or reported
        outlet = f"{citation.outlet or phrases.outlet_unknown} · {reported}"
        head = f"<b>{escape(day)}</b> {_number(number, citation.url)}"
        parts.append(f"{head}\n{escape(citation.quote)}\n<i>{escape(outlet)}</i>")
    return _messages(parts)


def inline(citation: Citation, language: Language) -> str:
    """A passage to be sent into another chat: the quote in its passage, and where it is from."""
    return next(_cut(_passage(citation, language)))


def plain(text: str) -> Message:
    """A message of the bot's own words."""
    return Message(escape(text))


def _when(event: Event, language: Language) -> str:
    if event.day is None:
        return ""
    if event.precision > 31:
        return str(event.day.year)
    whole = written(event.day, language)
    return whole if event.precision == 1 else whole.split(" ", 1)[1]


def _passage(citation: Citation, language: Language) -> str:
    start, end = citation.evidence
    text = citation.text
    marked = f"{escape(text[:start])}<b>{escape(text[start:end])}</b>{escape(text[end:])}"
    about = escape(source_line(citation, language))
    also = escape(reprints(citation, language))
    return (
        f"{_number(citation.n, citation.url)} {about}\n"
        f"<blockquote expandable>{marked}</blockquote>" + (f"\n<i>{also}</i>" if also else "")
    )


def _number(number: int, url: str | None) -> str:
    return f"[{number}]" if url is None else f'<a href="{escape(url)}">[{number}]</a>'


def _linked(text: str, url: str | None) -> str:
    return escape(text) if url is None else f'<a href="{escape(url)}">{escape(text)}</a>'


def _dated(article: ArticleRecord, language: Language) -> str:
    phrases = PHRASES[language]
    said = f"{article.outlet or phrases.outlet_unknown} · {written(article.date, language)}"
    if article.translated:
        said += f" · {phrases.translated}"
    if article.corrected:
        said += " · " + phrases.corrected.format(date=written(article.corrected, language))
    if article.withdrawn:
        said += " · " + phrases.withdrawn.format(date=written(article.withdrawn, language))
    return said + (f" ({article.note})" if article.note else "")


def _as_sources(article: ArticleRecord) -> Iterator[Source]:
    for one in article.sources:
        yield Source(one.title, one.outlet, one.date, str(one.url) if one.url else None)


def _source(one: Source, language: Language) -> str:
    return _linked(source(one, language), one.url)


def _quoted(text: str, language: Language, mark: str) -> Iterator[str]:
    """`text` in block quotes, cut between sentences where it is too long for one message."""
    begin, mark_in, mark_out = 0, f"<{mark}>" if mark else "", f"</{mark}>" if mark else ""
    ends = [sentence.end for sentence in split_sentences(text, 0, language)] or [len(text)]
    most = MAX_MESSAGE // 2
    for end, after in zip(ends, [*ends[1:], None], strict=True):
        if after is None or len(escape(text[begin:after])) > most:
            piece = escape(text[begin:end].strip())
            yield f"<blockquote>{mark_in}{piece}{mark_out}</blockquote>"
            begin = end


def _lines(lines: Sequence[str]) -> list[str]:
    """`lines` joined to parts that fit a message each."""
    parts = [lines[0]]
    for line in lines[1:]:
        if len(parts[-1]) + len(line) + 1 <= MAX_MESSAGE // 2:
            parts[-1] += "\n" + line
        else:
            parts.append(line)
    return parts


def _messages(parts: Sequence[str], rows: Rows = ()) -> list[Message]:
    """`parts` in as few messages as hold them, each whole unless it is too long alone."""
    first, *rest = [piece for part in parts for piece in _cut(part)]
    packed = [first]
    for piece in rest:
        joined = f"{packed[-1]}\n\n{piece}"
        if _length(joined) <= MAX_MESSAGE:
            packed[-1] = joined
        else:
            packed.append(piece)
    return [*(Message(html) for html in packed[:-1]), Message(packed[-1], rows)]


def _cut(part: str) -> Iterator[str]:
    """`part`, in pieces if it is too long: cut between words, each with the tags around it."""
    if _length(part) <= MAX_MESSAGE:
        yield part
        return
    piece, length, tags = "", 0, list[str]()
    for token in _TOKENS.findall(part):
        if token.startswith("</"):
            tags.pop()
        elif token.startswith("<"):
            tags.append(token)
        else:
            more = _length(unescape(token))
            if length + more > MAX_MESSAGE:
                yield piece + "".join(f"</{tag[1:-1].split()[0]}>" for tag in reversed(tags))
                piece, length = "".join(tags), 0
            if not length and token.isspace():
                continue
            length += more
        piece += token
    if length:
        yield piece


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
