"""Hits to an answer: what to quote, what to cite, or that there is nothing. Pure; no I/O.

An answer is the best sentence of the best passage, verbatim, with as many sentences before it as it
takes to keep the claimant; then at most three passages it and its like stand in. Where a question
asks how things stand, the quote goes on to the last state that the passage tells, and the newest
article that is about as good as the best is among them. Reprints of one text count as one passage,
and figures that differ between the passages are pointed out. A refusal carries the same passages
for those who read JSON, marked as not answering; people are not shown them.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.figures import TOLLS, differing, figures
from bot.passage import Passage, passages_of, quotable
from bot.period import asked_period
from bot.question import Question
from index.attribution import names_source
from index.confidence import LIKELY, confidence
from index.dates import Days, last_named, named_days, numbers_of_papers
from index.lexical import QuestionWords
from index.records import ArticleRecord, Overview
from index.retrieve import Found, Hit
from index.words import Language, tokens

#: Titles named at most where nothing was found.
MAX_TOPICS = 3
#: How far below the best hit's score one may be and its article still count as on the question.
_NEAR = 0.2
#: From which age on of what a passage tells its article's date does not say how things stand.
_LOOKS_BACK = dt.timedelta(days=365)

Reason = Literal["not_covered", "outside_period", "unknown_words"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was published, and when."""

    title: str
    outlet: str | None
    date: dt.date | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage: `text` is characters `start` to `end` (exclusive) of its article's file.

    `told` is the span of `text` that answers, with who says it; `evidence` is what is quoted, which
    may begin further up, with what `told` points to. `score` is comparable within one answer;
    `chunk` is its number in the index. `reprints` are others who printed the same.
    """

    n: int
    article: str
    title: str
    outlet: str | None
    date: dt.date | None
    url: str | None
    lang: Language
    text: str
    start: int
    end: int
    evidence: tuple[int, int]
    told: tuple[int, int]
    score: float
    chunk: int
    translated: bool = False
    corrected: dt.date | None = None
    reprints: tuple[Source, ...] = ()

    @property
    def quote(self) -> str:
        """The evidence, verbatim."""
        return self.text[self.evidence[0] : self.evidence[1]]

    @property
    def answering(self) -> str:
        """What is told, verbatim: the quote without what it points to."""
        return self.text[self.told[0] : self.told[1]]

    @property
    def last(self) -> dt.date | None:
        """When it was printed last, here or in a reprint; None where no date is known."""
        dates = (self.date, *(one.date for one in self.reprints))
        return max((date for date in dates if date), default=None)

    @property
    def looks_back(self) -> dt.date | None:
        """The last day the passage names, if that is over a year before it was printed, or None."""
        printed, told = self.last, last_named(self.text)
        return told if printed and told and told < printed - _LOOKS_BACK else None


@dataclass(frozen=True, slots=True)
class Differing:
    """Characters `start` to `end` (exclusive) of citation `n`: a figure other than the quote's."""

    n: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to one question, in no particular form; `bot.render` gives it one.

    `reason` is None exactly if `answered`; `unsure` says that what is answered may well not be what
    was asked; `namesakes` are people in the articles who have a part of a name that is in none;
    `topics` are articles to ask about instead; `more` are numbers of chunks that were found and not
    cited; `newer` is the newest article among the hits on the question, if it is newer than all
    that are cited.
    """

    question: Question
    answered: bool
    citations: tuple[Citation, ...]
    confidence: float
    reach: Overview
    generation: int
    reason: Reason | None = None
    years: tuple[int, ...] = ()
    unknown_words: tuple[str, ...] = ()
    namesakes: tuple[str, ...] = ()
    unsure: bool = False
    topics: tuple[Source, ...] = ()
    differing: tuple[Differing, ...] = ()
    more: tuple[int, ...] = ()
    newer: Source | None = None

    @property
    def text(self) -> str | None:
        """The quote that answers, None under a refusal."""
        return self.citations[0].quote if self.answered else None

    @property
    def figure_by(self) -> Citation | None:
        """The citation whose outlet alone vouches for a toll that is quoted; mostly None."""
        if not self.answered:
            return None
        first = self.citations[0]
        tolls = [one for one in figures(first.answering) if one.things & TOLLS]
        return first if tolls and not names_source(first.answering, first.lang) else None

    @property
    def newest(self) -> dt.date | None:
        """The newest date among the cited articles; None where none has one."""
        return _last(self.citations)


def answer(
    question: Question,
    found: Found,
    reach: Overview,
    generation: int,
    sure: float,
    likely: float = LIKELY,
) -> Answer:
    """The answer to `question`, or the refusal where confidence is under `sure` (0 to 1).

    Under `likely` the answer is `unsure`.
    """
    found = _on_papers(found, numbers_of_papers(question.asked))
    hits = quotable(found.hits, question.within)
    newest = _newest(hits)
    passages, more = passages_of(hits, newest if question.now else None)
    citations = tuple(
        _cite(n, passage, question.within, now=question.now)
        for n, passage in enumerate(passages, start=1)
    )
    sureness = confidence(replace(found, hits=tuple(hits)) if question.within else found)
    years = _years_outside(question, reach)
    unheard = [one.name for one in found.unheard]
    unknown = (*unheard, *_unknown_words(question, found.words))
    reason: Reason | None = None
    if years:
        reason = "outside_period"
    elif not citations or sureness < sure:
        reason = "unknown_words" if unknown else "not_covered"
    nearest: dict[int, Source] = {}
    for hit in found.hits:
        nearest.setdefault(hit.article.original, _source(hit.article))
    shown = _last(citations) or dt.date.min
    return Answer(
        question=question,
        answered=reason is None,
        citations=citations,
        confidence=sureness,
        reach=reach,
        generation=generation,
        reason=reason,
        years=years,
        unknown_words=unknown,
        namesakes=tuple(dict.fromkeys(name for one in found.unheard for name in one.namesakes)),
        unsure=reason is None and sureness < likely,
        topics=tuple(nearest.values())[:MAX_TOPICS],
        differing=tuple(_differing(citations)) if reason is None else (),
        more=tuple(more),
        newer=_source(newest.article) if newest and _dated(newest) > shown else None,
    )


def cite(hit: Hit, within: Days | None = None) -> Citation:
    """One hit as the only citation, whatever was asked; its quote is of `within` if one can be."""
    return _cite(1, Passage.of(hit), within)


def _on_papers(found: Found, numbers: Sequence[str]) -> Found:
    """The hits that give one of `numbers`, or all if there are none: one resolution is no other."""
    if not numbers:
        return found
    given = re.compile(rf"\b(?:{'|'.join(numbers)})\b")
    hits = [h for h in found.hits if given.search(h.article.text, h.chunk.start, h.chunk.end)]
    return replace(found, hits=tuple(hits))


def _cite(number: int, passage: Passage, within: Days | None, *, now: bool = False) -> Citation:
    article, spans = passage.article, [one.span for one in passage.sentences]
    first, last = passage.evidence(within)
    last = passage.brought_up_to_date(first, last) if now else last
    begin, end = passage.quoted_from(first, last), spans[last].end - passage.start
    return Citation(
        n=number,
        article=article.id,
        title=article.title,
        outlet=article.outlet,
        date=article.date,
        url=article.url,
        lang=article.lang,
        text=article.text[passage.start : passage.end],
        start=passage.start,
        end=passage.end,
        evidence=(spans[begin].start - passage.start, end),
        told=(spans[first].start - passage.start, end),
        score=passage.score,
        chunk=passage.chunk,
        translated=article.translated,
        corrected=article.corrected,
        reprints=tuple(_source(one) for one in passage.reprints),
    )


def _newest(hits: Sequence[Hit]) -> Hit | None:
    """The best hit of the newest article among those near the best, if any has a date."""
    near = [hit for hit in hits if hit.article.date and hit.score >= hits[0].score - _NEAR]
    return max(near, key=_dated, default=None)


def _last(citations: Sequence[Citation]) -> dt.date | None:
    return max((one.last for one in citations if one.last), default=None)


def _dated(found: Hit) -> dt.date:
    return found.article.date or dt.date.min


def _source(article: ArticleRecord) -> Source:
    return Source(article.title, article.outlet, article.date, article.url)


def _differing(citations: Sequence[Citation]) -> Iterator[Differing]:
    first = citations[0]
    start, end = first.told
    rest = [(first, 0, first.text[:start]), (first, end, first.text[end:])]
    rest += [(other, 0, other.text) for other in citations[1:] if other.lang == first.lang]
    texts = [text for _, _, text in rest]
    for position, figure in differing(first.answering, texts, first.lang):
        citation, offset, _ = rest[position]
        yield Differing(citation.n, offset + figure.start, offset + figure.end)


def _years_outside(question: Question, reach: Overview) -> tuple[int, ...]:
    """The years a question names, if all it asks about lies outside what the articles report on."""
    named = named_days(question.asked)
    if not named or reach.first_year is None or reach.last_year is None:
        return ()
    # An undated article may have been written the year after the last that any article names.
    last = reach.last_year + (1 if reach.undated else 0)
    covered = Days(Days.of_year(reach.first_year).first, Days.of_year(last).last)
    # "Since 1950" names a year outside and asks about years that are not.
    period = asked_period(question.asked, question.language)
    if any(days.meets(covered) for days in ([period] if period else [n.days for n in named])):
        return ()
    return tuple(dict.fromkeys(one.days.first.year for one in named))


def _unknown_words(question: Question, words: QuestionWords) -> tuple[str, ...]:
    """The names in a question, as typed, that no article contains.

    A capital letter marks a name, but for the first word and, in German, for any noun; saying of a
    noun that no article contains it is true as well.
    """
    unknown = {term.word for term in words.terms if not term.known}
    found = tokens(question.asked)
    typed = [question.asked[token.start : token.end] for token in found if token.text in unknown]
    first = question.asked[found[0].start : found[0].end] if found else ""
    return tuple(dict.fromkeys(word for word in typed if word[0].isupper() and word != first))
