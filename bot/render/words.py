"""The sentences around the quotes, the same in every form: refusals, dates, what else to ask."""

from bot.answer import Answer, Citation
from bot.language import PHRASES, written
from index.store import Overview
from index.words import Language


def source_line(citation: Citation, language: Language) -> str:
    """Outlet · title · date; the date always, if only to say that it is unknown."""
    outlet = citation.outlet or PHRASES[language].outlet_unknown
    return f"{outlet} · {citation.title} · {written(citation.date, language)}"


def standing(answer: Answer) -> str:
    """As of when the newest cited article is, and from which language is quoted."""
    language = answer.question.language
    phrases = PHRASES[language]
    newest = answer.newest
    dated = phrases.newest.format(date=written(newest, language))
    said = dated if newest else phrases.newest_unknown
    return f"{said} {phrases.quoted_in[answer.citations[0].lang]}".strip()


def refusal(answer: Answer) -> str:
    """Why there is no answer and how far the articles reach, in one paragraph."""
    phrases = PHRASES[answer.question.language]
    if answer.reason == "outside_period":
        years = ", ".join(map(str, answer.years))
        why = phrases.outside_period.format(year=years)
    else:
        why = phrases.nothing
        if answer.unknown_words:
            why += " " + phrases.unknown_words.format(words=", ".join(answer.unknown_words))
    return f"{why} {reach(answer.reach, answer.question.language)}"


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
