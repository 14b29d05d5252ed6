"""The sentences around the quotes, the same in every form: refusals, dates, what else to ask."""

import datetime as dt

from bot.answer import Answer, Citation, Source
from bot.language import PHRASES, period, written
from bot.question import Question
from index.records import Overview
from index.words import Language

#: Reprints named at most; further ones are counted.
_MAX_REPRINTS = 5


def source_line(citation: Citation, language: Language) -> str:
    """Outlet · title · date; the date always, if only to say that it is unknown."""
    phrases = PHRASES[language]
    line = source(Source(citation.title, citation.outlet, citation.date, citation.url), language)
    if citation.translated:
        line += f" · {phrases.translated}"
    if citation.corrected:
        line += " · " + phrases.corrected.format(date=written(citation.corrected, language))
    return line


def source(one: Source, language: Language) -> str:
    """Outlet · title · date of any source."""
    outlet = one.outlet or PHRASES[language].outlet_unknown
    return f"{outlet} · {one.title} · {written(one.date, language)}"


def reserve(answer: Answer) -> str:
    """What is said before a quote that may well not answer; "" where it likelier does than not."""
    return PHRASES[answer.question.reader].unsure if answer.unsure else ""


def cautions(answer: Answer) -> list[str]:
    """What must be said with the quote: as of when, whose figure, which other figures there are."""
    language = answer.question.reader
    phrases = PHRASES[language]
    said = []
    if limited := searched(answer.question):
        said.append(limited)
    if answer.question.now and (day := answer.citations[0].last):
        told, date = answer.citations[0].looks_back, written(day, language)
        as_of = (
            phrases.looks_back.format(told=written(told, language), date=date)
            if told
            else phrases.as_of.format(date=date)
        )
        said.append(f"{as_of} {_newer(answer, day) or phrases.none_newer}")
    if (by := answer.figure_by) is not None:
        named = f"{by.outlet}, {written(by.date, language)}"
        known = phrases.figure_by.format(source=named)
        said.append(known if by.outlet else phrases.figure_unknown)
    if answer.differing:
        shown = [_figure(answer, number) for number in range(len(answer.differing))]
        said.append(phrases.differing.format(figures="; ".join(dict.fromkeys(shown))))
    return said


def searched(question: Question) -> str:
    """In what period only it was searched; "" if in all."""
    if question.within is None:
        return ""
    language = question.reader
    return PHRASES[language].period.format(period=period(question.within, language))


def _newer(answer: Answer, day: dt.date) -> str:
    """Which article that was found is newer than `day`; "" if none is."""
    if answer.newer or answer.newest is None or answer.newest <= day:
        return _not_cited(answer)
    language = answer.question.reader
    number = next(one.n for one in answer.citations if one.last == answer.newest)
    date = written(answer.newest, language)
    return PHRASES[language].newer_cited.format(n=number, date=date)


def _not_cited(answer: Answer) -> str:
    """The article that was found and is newer than all cited; "" if there is none."""
    if answer.newer is None:
        return ""
    language = answer.question.reader
    date = written(answer.newer.date, language)
    return PHRASES[language].newer_found.format(title=answer.newer.title, date=date)


def _figure(answer: Answer, number: int) -> str:
    one = answer.differing[number]
    text = answer.citations[one.n - 1].text[one.start : one.end]
    return f"[{one.n}] {' '.join(text.split())}"


def reprints(citation: Citation, language: Language) -> str:
    """Who else printed the passage, not all by name if there are many; "" if nobody did."""
    if not citation.reprints:
        return ""
    phrases = PHRASES[language]
    named = [source(one, language) for one in citation.reprints[:_MAX_REPRINTS]]
    if count := len(citation.reprints) - len(named):
        named.append(phrases.also_more.format(count=count))
    return phrases.also_in.format(sources="; ".join(named))


def standing(answer: Answer) -> str:
    """As of when the newest cited article is, what language is quoted, and what newer was found."""
    language = answer.question.reader
    phrases = PHRASES[language]
    newest = answer.newest
    dated = phrases.newest.format(date=written(newest, language))
    said = dated if newest else phrases.newest_unknown
    said = f"{said} {phrases.quoted_in[answer.citations[0].lang]}".strip()
    return f"{said}\n{_not_cited(answer)}".strip()


def refusal(answer: Answer) -> str:
    """Why there is no answer and how far the articles reach, in one paragraph."""
    language = answer.question.reader
    phrases = PHRASES[language]
    if answer.reason == "outside_period":
        years = ", ".join(map(str, answer.years))
        why = phrases.outside_period.format(year=years)
    elif answer.question.within:
        asked = period(answer.question.within, language)
        why = phrases.outside_asked.format(period=asked)
    else:
        why = phrases.nothing
    if answer.unknown_words and answer.reason != "outside_period":
        why += " " + phrases.unknown_words.format(words=", ".join(answer.unknown_words))
    if answer.namesakes and answer.reason != "outside_period":
        why += " " + phrases.namesakes.format(names=", ".join(answer.namesakes))
    return f"{why} {reach(answer.reach, language)} {phrases.not_reported}"


def reach(overview: Overview, language: Language) -> str:
    """How many articles there are, and from when to when."""
    phrases = PHRASES[language]
    if overview.first is None or overview.last is None:
        return phrases.reach_undated.format(count=overview.articles)
    said = phrases.reach_partly if overview.undated else phrases.reach_dated
    return said.format(
        count=overview.articles,
        first=written(overview.first, language),
        last=written(overview.last, language),
        undated=overview.undated,
    )
