"""Hits to passages: those that overlap joined, reprints of one text counted once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.reference import understood_from
from index.attribution import claim_start
from index.chunk import MAX_CHARS
from index.dates import Days, named_days
from index.records import ArticleRecord
from index.retrieve import Hit, ScoredSentence
from index.words import lowered_words

#: Passages cited at most.
MAX_CITATIONS = 3
#: Further passages offered at most: as many as a button can name.
MAX_MORE = 6
#: Sentences that a quote goes on for at most, to tell what became of it.
FURTHER = 3
#: Share of runs of four words from which two passages are one text printed twice (Jaccard).
REPRINT = 0.6


@dataclass(frozen=True, slots=True)
class Passage:
    """One hit, or several that overlap, as one run of sentences of one article."""

    article: ArticleRecord
    start: int
    end: int
    sentences: tuple[ScoredSentence, ...]
    score: float
    chunk: int
    reprints: tuple[ArticleRecord, ...] = ()

    @classmethod
    def of(cls, hit: Hit) -> "Passage":
        """A hit alone."""
        chunk = hit.chunk
        return cls(hit.article, chunk.start, chunk.end, hit.sentences, hit.score, chunk.number)

    def evidence(self, within: Days | None = None) -> tuple[int, int]:
        """The numbers in `sentences` of the first and last that answer: the best, its claimant.

        The best of those that may be of `within`, if any is; at least one must be no heading.
        """
        spans = [one.span for one in self.sentences]
        ordered = sorted(
            (number for number, span in enumerate(spans) if not span.heading),
            key=lambda number: -self.sentences[number].score,
        )
        # One after another, for a claimant is looked for with slow patterns.
        quotes = (
            (claim_start(self.article.text, spans, last, self.article.lang), last)
            for last in ordered
        )
        best = next(quotes)
        if not self._elsewhen(best, within):
            return best
        return next((quote for quote in quotes if not self._elsewhen(quote, within)), best)

    def brought_up_to_date(self, first: int, last: int) -> int:
        """Up to which of `sentences` one must read for the last state, where that is asked for.

        The next that tell of later days than those from `first` to `last` do, if these name any;
        who was in office, and a sentence on, who is.
        """
        until = max((days.last for days in self._days(first, last)), default=None)
        if until is None:
            return last
        known = self.article.date or dt.date.max
        for number in range(last + 1, min(last + FURTHER + 1, len(self.sentences))):
            if self.sentences[number].span.heading:
                break
            told = [days.last for days in self._days(number, number) if days.first <= known]
            if told and max(told) > until:
                last, until = number, max(told)
        return last

    def quoted_from(self, first: int, last: int) -> int:
        """From which of `sentences` evidence is quoted, so that it can be understood."""
        spans = [one.span for one in self.sentences]
        return understood_from(self.article.text, spans, first, last, self.article.lang)

    def tells_of(self, within: Days) -> bool:
        """Whether what is quoted may be of `within`.

        It names a day of it, or what it points to does; or neither names any, and then the article
        is of it or the last day named before.
        """
        return not self._elsewhen(self.evidence(within), within)

    def _elsewhen(self, quote: tuple[int, int], within: Days | None) -> bool:
        """Whether a quote is of other times than `within`, see `tells_of`."""
        if within is None:
            return False
        first, last = quote
        named = self._days(first, last) or self._days(self.quoted_from(first, last), last)
        if not named:
            if self.article.date and self.article.date in within:
                return False
            named = next((days for n in range(first - 1, -1, -1) if (days := self._days(n, n))), [])
        return not any(days.meets(within) for days in named)

    def _days(self, first: int, last: int) -> list[Days]:
        """What the sentences from `first` to `last` name."""
        start, end = self.sentences[first].span.start, self.sentences[last].span.end
        return [named.days for named in named_days(self.article.text[start:end])]

    def overlaps(self, hit: Hit) -> bool:
        """Whether the two share characters of one article."""
        same = self.article.id == hit.article.id
        return same and hit.chunk.start < self.end and self.start < hit.chunk.end

    def joined(self, hit: Hit) -> "Passage":
        """Joins an overlapping hit; the best chunk's number and score stay."""
        spans = {one.span.number: one for one in (*hit.sentences, *self.sentences)}
        return Passage(
            self.article,
            min(self.start, hit.chunk.start),
            max(self.end, hit.chunk.end),
            tuple(spans[number] for number in sorted(spans)),
            self.score,
            self.chunk,
            self.reprints,
        )

    def reprinted_in(self, hit: Hit) -> bool:
        """Whether the hit is the same text in another article."""
        if hit.article.original == self.article.original:
            return False
        text = self.article.text[self.start : self.end]
        own, theirs = _runs(text), _runs(hit.text)
        common = len(own & theirs)
        if not common or common < REPRINT * (len(own) + len(theirs) - common):
            return False
        # The same words with another figure are no reprint but another report.
        given, other = _numbers(text), _numbers(hit.text)
        return not (given - other and other - given)

    @property
    def length(self) -> int:
        """Characters."""
        return self.end - self.start


def quotable(hits: Sequence[Hit], within: Days | None = None) -> list[Hit]:
    """Those of `hits` with a sentence to quote; with `within`, one that may be of that time."""
    found = [hit for hit in hits if any(not one.span.heading for one in hit.sentences)]
    return [hit for hit in found if within is None or Passage.of(hit).tells_of(within)]


def passages_of(hits: Sequence[Hit], needed: Hit | None = None) -> tuple[list[Passage], list[int]]:
    """At most `MAX_CITATIONS` passages that share no sentence, best first; chunks left over.

    Each of `hits` must have a sentence to quote, see `quotable`. The article of the hit `needed` is
    among the passages, or the reprints of one.
    """
    passages: list[Passage] = []
    left: list[Hit] = []
    for hit in hits:
        copied = [i for i, passage in enumerate(passages) if passage.reprinted_in(hit)]
        touching = [i for i, passage in enumerate(passages) if passage.overlaps(hit)]
        if copied:
            first = passages[copied[0]]
            if hit.article.original not in {one.original for one in first.reprints}:
                passages[copied[0]] = replace(first, reprints=(*first.reprints, hit.article))
        elif len(touching) == 1:
            joined = passages[touching[0]].joined(hit)
            if joined.length <= MAX_CHARS:
                passages[touching[0]] = joined
        elif not touching and (hit is needed or len(passages) < _room(passages, needed)):
            passages.append(Passage.of(hit))
        elif not touching:
            left.append(hit)
    more: list[Hit] = []
    for hit in left:
        shown = any(passage.overlaps(hit) for passage in passages)
        if not shown and not any(Passage.of(one).overlaps(hit) for one in more):
            more.append(hit)
    return passages, [hit.chunk.number for hit in more[:MAX_MORE]]


def _room(passages: Sequence[Passage], needed: Hit | None) -> int:
    """How many passages there may be of other articles than that of `needed`."""
    if needed is None:
        return MAX_CITATIONS
    there = {one.id for passage in passages for one in (passage.article, *passage.reprints)}
    return MAX_CITATIONS - (needed.article.id not in there)


@lru_cache(maxsize=5_000)  # the same passages are compared again and again
def _runs(text: str) -> frozenset[int]:
    """The runs of four words of `text`, each as its hash."""
    words = lowered_words(text)
    return frozenset(hash(tuple(words[begin : begin + 4])) for begin in range(len(words) - 3))


def _numbers(text: str) -> set[str]:
    return {word for word in lowered_words(text) if word.isdigit()}
