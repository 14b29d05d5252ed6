"""The answer engine: one open index, asked questions; the same for terminal, Telegram and JSON."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answer import Answer, Citation, answer, cite
from bot.conversation import follow_up
from bot.passage import quotable
from bot.question import Question
from bot.settings import BotSettings
from index.confidence import LIKELY, SURE, confidence
from index.dates import Days, named_days
from index.embed import Embedder, SentenceEmbedder
from index.generation import Generation
from index.records import ArticleRecord, Outlet, Overview, SentenceRecord
from index.remote import pull
from index.retrieve import Hit, Query, Retriever
from index.words import Language

#: Hits looked at for an answer: enough to fill three passages and as many more.
_HITS = 24
#: Hits looked at for a timeline, and entries shown of it at most.
_TIMELINE_HITS = 60
MAX_TIMELINE = 10
#: How far below the best hit's score one may be and still belong on the timeline.
_TIMELINE_DEPTH = 0.45


@dataclass(frozen=True, slots=True)
class Context:
    """A passage with the paragraph before and after it ("" at the ends of an article)."""

    article: ArticleRecord
    before: str
    passage: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """A dated passage: `day` is what the quote names, or None, and then the article's date counts.

    `precision` is how exactly the quote dates it, in days: 1, about 30, about 365.
    """

    day: dt.date | None
    precision: int
    citation: Citation

    @property
    def when(self) -> dt.date | None:
        """By what it is ordered."""
        return self.day or self.citation.date


@dataclass(frozen=True, slots=True)
class Engine:
    """Answers questions from one generation of the index; may be used from several threads."""

    retriever: Retriever
    embedder: Embedder
    reach: Overview
    sure: float
    likely: float

    @classmethod
    def open(cls, settings: BotSettings) -> "Engine":
        """Opens the index and loads the model; raises `IndexingError` if either cannot be used."""
        return cls.over(SentenceEmbedder.from_settings(settings), settings)

    @classmethod
    def over(cls, embedder: Embedder, settings: BotSettings) -> "Engine":
        """Opens what serves now with a model that may be loaded; raises `IndexingError`."""
        generation = Generation.open(pull(settings), embedder)
        sure = SURE if settings.sure is None else settings.sure
        likely = LIKELY if settings.likely is None else settings.likely
        retriever = Retriever(generation, embedder)
        for hit in retriever.search("Mali", "de", 1).hits:  # so the first question is not slower
            retriever.check("Mali", "de", hit)
        return cls(retriever, embedder, generation.store.overview(), sure, likely)

    @property
    def generation(self) -> int:
        """The number of the generation that answers."""
        return self.retriever.generation.manifest.number

    def ask(self, raw: str, default: Language = "de", before: Question | None = None) -> Answer:
        """Answers a question as typed, which may be a follow-up to the question `before`.

        Raises `QuestionError` if nothing can be searched.
        """
        return self.answer([follow_up(Question.read(raw, default), before)])[0]

    def answer(self, questions: Sequence[Question]) -> list[Answer]:
        """Answers several questions in one go, which costs less than one after another."""
        searched = iter(
            self.retriever.search_many([_query(one) for one in questions if not one.newest], _HITS)
        )
        found = [
            self.retriever.newest(one.reader) if one.newest else next(searched) for one in questions
        ]
        return [
            answer(question, hits, self.reach, self.generation, self.sure, self.likely)
            for question, hits in zip(questions, found, strict=True)
        ]

    def passage(self, chunk: int) -> Citation:
        """The passage of that chunk; raises `KeyError` if the index has none."""
        return cite(self.retriever.hit(chunk))

    def context(self, chunk: int) -> Context:
        """What stands around a chunk; raises `KeyError` if the index has no such chunk."""
        store = self.retriever.generation.store
        record = store.chunk(chunk)
        article = store.article(record.article)
        own = store.sentences(record)
        first, last = own[0].paragraph, own[-1].paragraph
        near = store.paragraphs(article.number, max(0, first - 2), last + 2)
        text = article.text
        inside = [one for one in near if first <= one.paragraph <= last]
        before = _nearest([one for one in near if one.paragraph < first][::-1])[::-1]
        after = _nearest([one for one in near if one.paragraph > last])
        return Context(
            article,
            text[before[0].start : before[-1].end] if before else "",
            text[inside[0].start : inside[-1].end],
            text[after[0].start : after[-1].end] if after else "",
        )

    def original(self, chunk: int) -> tuple[ArticleRecord, str]:
        """The paragraphs of the original that a chunk of a translation translates."""
        store = self.retriever.generation.store
        record = store.chunk(chunk)
        own = store.sentences(record)
        article = store.article(store.article(record.article).original)
        near = store.paragraphs(article.number, own[0].paragraph, own[-1].paragraph)
        return article, article.text[near[0].start : near[-1].end]

    def article_of(self, chunk: int) -> ArticleRecord:
        """The article a chunk stands in; raises `KeyError` if the index has no such chunk."""
        store = self.retriever.generation.store
        return store.article(store.chunk(chunk).article)

    def timeline(self, question: Question) -> list[Event]:
        """Dated passages on a topic, oldest first; empty if nothing is sure enough."""
        within = question.within
        found = self.retriever.search_many([_query(question)], _TIMELINE_HITS)[0]
        hits = quotable(found.hits, within)
        if not hits or confidence(found) < self.sure:
            return []
        least = hits[0].score - _TIMELINE_DEPTH
        events: list[Event] = []
        taken: list[Hit] = []
        for hit in hits:
            if hit.score < least or len(events) == MAX_TIMELINE:
                break
            event = _event(cite(hit, within), within)
            if event and not any(_overlap(hit, other) for other in taken):
                taken.append(hit)
                events.append(event)
        return sorted(events, key=lambda event: event.when or dt.date.max)

    def latest(self, count: int) -> tuple[ArticleRecord, ...]:
        """The newest articles, newest first."""
        return self.retriever.generation.store.latest(count)

    def outlets(self) -> tuple[Outlet, ...]:
        """The outlets and how many articles they have here."""
        return self.retriever.generation.store.outlets()


def _query(question: Question) -> Query:
    within, now = question.within, question.now
    return Query(question.text, question.language, within, question.reader, now, check=True)


def _overlap(one: Hit, other: Hit) -> bool:
    same = one.article.original == other.article.original
    return same and one.chunk.start < other.chunk.end and other.chunk.start < one.chunk.end


def _event(citation: Citation, within: Days | None) -> Event | None:
    """What a citation is dated to by its own words, or else its article; None outside `within`.

    What it tells counts, or else what that points to; if days are named, one must be of `within`.
    """
    told = named_days(citation.answering) or named_days(citation.quote)
    named = [one.days for one in told]
    if not named:
        outside = within and not (citation.date and citation.date in within)
        return None if outside else Event(None, 0, citation)
    inside = (days for days in named if within is None or days.meets(within))
    days = min(inside, key=lambda days: days.last - days.first)
    return Event(days.first, (days.last - days.first).days + 1, citation)


def _nearest(sentences: list[SentenceRecord]) -> list[SentenceRecord]:
    """Those of the first paragraph; and of the next one, if the first is a heading."""
    if not sentences:
        return []
    own = [one for one in sentences if one.paragraph == sentences[0].paragraph]
    if own[0].heading:
        own += _nearest(sentences[len(own) :])
    return own
