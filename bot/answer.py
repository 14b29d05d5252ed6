"""Hits to an answer: what to quote, what to cite, or that there is nothing. Pure; no I/O.

An answer is the best sentence of the best passage, verbatim, with as many sentences before it as it
takes to keep the claimant; then at most three passages it and its like stand in. A refusal carries
the same passages for those who read JSON, marked as not answering; people are not shown them.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.confidence import confidence
from bot.question import Question
from index.attribution import claim_start
from index.chunk import MAX_CHARS
from index.lexical import QuestionWords
from index.retrieve import Found, Hit, ScoredSentence
from index.store import ArticleRecord, Overview
from index.words import Language, tokens

#: Passages cited at most.
MAX_CITATIONS = 3
#: Titles named at most where nothing was found.
MAX_TOPICS = 3

Reason = Literal["not_covered", "outside_period", "unknown_words"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage: `text` is characters `start` to `end` (exclusive) of its article's file.

    `evidence` is the span of `text` that answers; `score` orders citations of one answer.
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
    score: float

    @property
    def quote(self) -> str:
        """The evidence, verbatim."""
        return self.text[self.evidence[0] : self.evidence[1]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to one question, in no particular form; `bot.render` gives it one.

    `reason` is None exactly if `answered`; `topics` are titles to ask about instead.
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
    topics: tuple[str, ...] = ()

    @property
    def text(self) -> str | None:
        """The quote that answers, None under a refusal."""
        return self.citations[0].quote if self.answered else None

    @property
    def newest(self) -> dt.date | None:
        """The newest date among the cited articles; None where none has one."""
        return max((c.date for c in self.citations if c.date), default=None)


def answer(
    question: Question, found: Found, reach: Overview, generation: int, sure: float
) -> Answer:
    """The answer to `question`, or the refusal where confidence is under `sure` (0 to 1)."""
    citations = tuple(_cite(n, passage) for n, passage in enumerate(_passages(found.hits), start=1))
    sureness = confidence(found)
    years = _years_outside(question.text, reach)
    unknown = _unknown_words(question, found.words)
    reason: Reason | None = None
    if years:
        reason = "outside_period"
    elif not citations or sureness < sure:
        reason = "unknown_words" if unknown else "not_covered"
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
        topics=tuple(dict.fromkeys(hit.article.title for hit in found.hits))[:MAX_TOPICS],
    )


@dataclass(frozen=True, slots=True)
class _Passage:
    """One hit, or several that overlap, as one run of sentences of one article."""

    article: ArticleRecord
    start: int
    end: int
    sentences: tuple[ScoredSentence, ...]
    score: float

    @classmethod
    def of(cls, hit: Hit) -> "_Passage":
        return cls(hit.article, hit.chunk.start, hit.chunk.end, hit.sentences, hit.score)

    def overlaps(self, hit: Hit) -> bool:
        same = self.article.id == hit.article.id
        return same and hit.chunk.start < self.end and self.start < hit.chunk.end

    def joined(self, hit: Hit) -> "_Passage":
        spans = {one.span.number: one for one in (*hit.sentences, *self.sentences)}
        return _Passage(
            self.article,
            min(self.start, hit.chunk.start),
            max(self.end, hit.chunk.end),
            tuple(spans[number] for number in sorted(spans)),
            self.score,
        )

    @property
    def length(self) -> int:
        return self.end - self.start


def _passages(hits: Sequence[Hit]) -> list[_Passage]:
    """At most `MAX_CITATIONS` passages that share no sentence, best first."""
    passages: list[_Passage] = []
    for hit in hits:
        if not any(not one.span.heading for one in hit.sentences):
            continue
        touching = [i for i, passage in enumerate(passages) if passage.overlaps(hit)]
        if not touching:
            if len(passages) == MAX_CITATIONS:
                break
            passages.append(_Passage.of(hit))
        elif len(touching) == 1:
            joined = passages[touching[0]].joined(hit)
            if joined.length <= MAX_CHARS:
                passages[touching[0]] = joined
    return passages


def _cite(number: int, passage: _Passage) -> Citation:
    article, spans = passage.article, [one.span for one in passage.sentences]
    best = max(
        (i for i, one in enumerate(passage.sentences) if not one.span.heading),
        key=lambda i: passage.sentences[i].score,
    )
    first = claim_start(article.text, spans, best, article.lang)
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
        evidence=(spans[first].start - passage.start, spans[best].end - passage.start),
        score=passage.score,
    )


def _years_outside(question: str, reach: Overview) -> tuple[int, ...]:
    """The years a question names, if all of them lie outside what the articles report on."""
    years = tuple(int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", question))
    if not years or reach.first_year is None or reach.last_year is None:
        return ()
    # An undated article may have been written the year after the last that any article names.
    last = reach.last_year + (1 if reach.undated else 0)
    outside = tuple(year for year in years if not reach.first_year <= year <= last)
    return outside if len(outside) == len(years) else ()


def _unknown_words(question: Question, words: QuestionWords) -> tuple[str, ...]:
    """The names in a question, as typed, that no article contains.

    A capital letter marks a name, but for the first word and, in German, for any noun; saying of a
    noun that no article contains it is true as well.
    """
    unknown = {term.word for term in words.terms if not term.known}
    found = tokens(question.text)
    typed = [question.text[token.start : token.end] for token in found if token.text in unknown]
    first = question.text[found[0].start : found[0].end] if found else ""
    return tuple(dict.fromkeys(word for word in typed if word[0].isupper() and word != first))
