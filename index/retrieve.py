"""A question to hits: the dense and the lexical side of the index, fused.

But for what is lost by age (see `score`), every number here is absolute, the same question giving
the same chunk the same score whatever else is in the index, so scores can be compared across
questions and a threshold on them means something:

- `dense`: mean of two cosines with the question, the chunk's and its best sentence's (-1 to 1).
- `lexical`: the chunk's share of the question's word evidence (0 to under 1, see `lexical.py`).
- `likeness`: the same share, where a word counts as far as the passage or its title has one like it
  (0 to 1, see `likeness.py`). Only the best by the other two are looked at.
- `lead`: the same share of the title alone, for a passage that its article begins with; else 0.
- `score`: the four together, a little for the days that a question names, and less for what tells
  of older days than others where it is asked how things stand; the order of hits.
- `read`: the log-odds by which the reader says that a hit, under its article's headline, tells what
  is asked (see `reader.py`), part of the score too. It reads the best five; the others count as
  badly as the worst of those.
- `checked`: what the cross-encoder says of the best hit in the same way (see `cross_encoder.py`),
  where that is wanted and confidence in it in doubt; else None. It changes no order.

Reciprocal-rank fusion is not used: it gives the word side the same say when it has seen nothing
but a name as when it has seen every word, and falls below the better half across languages.

Where an article comes with a translation into the question's language, the hit is the translated
passage, whichever version was found, with the scores of the one that was. Without one it is the
original's.
"""

import datetime as dt
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from index.answer_type import AnswerType, asked_for, holds
from index.concordance import Concordance
from index.confidence import doubtful
from index.dates import Days, last_named, named_days
from index.dense import Flags, Numbers
from index.embed import Embedder, Vectors
from index.generation import Generation
from index.lexical import QuestionWords
from index.likeness import WordLikeness
from index.now import asks_for_now
from index.persons import Person, Persons
from index.pieces import Pieces
from index.proper_names import ProperNames
from index.reader import Reader
from index.records import ArticleRecord, ChunkRecord, SentenceRecord
from index.segment import headline
from index.store import Places, Store
from index.words import Language, content_words

#: What a full share of word evidence and of likeness are worth in cosine, and that a passage, or
#: its article, is of the days a question names. `python -m tests.bench.ranking` fits them on the
#: XQuAD and PIAF development questions.
LEXICAL_WEIGHT = 0.5
LIKENESS_WEIGHT = 0.43
NAMED_DAYS_BONUS = 0.26
#: What it is worth to be how an article begins whose title has every word of the question: who asks
#: what happened, or types a name, wants what the article is about, and that is told there. Chosen
#: on questions of that kind (`tests/eval/topics-dev.jsonl`).
LEAD_WEIGHT = 0.3
#: What a passage loses, where it is asked how things stand, for the years by which the last day it
#: tells of is before that of the newest found: this, times the logarithm of one more. An article of
#: this year may tell of the war ten years ago. Chosen on the same questions, where 0.1 to 0.2
#: measure alike, and on the development ones on two articles, where 0.2 costs a point.
AGE_WEIGHT = 0.15
#: What a point of the reader's log-odds is worth: of the weights from 0 to 0.1 that were tried, the
#: one that puts most right passages first for the same questions.
READ_WEIGHT = 0.05
#: Passages that are read; each takes about two milliseconds. Three put three in a hundred fewer
#: right ones among the first three.
READ = 5
#: Of these, those are read that score at most so much less than the best. Of 749 development
#: questions none has another first passage by it, and a quarter of the time on the corpus is saved;
#: 0.2 changes one.
READ_DEPTH = 0.25
#: The same for the sentences of a passage: full likeness, holding a number or a date where one is
#: asked for and, for those of the best passage, a point of what the reader says of each alone.
SENTENCE_LIKENESS_WEIGHT = 1.9
ANSWER_TYPE_BONUS = 0.9
SENTENCE_READ_WEIGHT = 0.9
#: The same for the first sentence of an article whose title has every word; see `LEAD_WEIGHT`.
SENTENCE_LEAD_WEIGHT = 1.0
#: Candidates taken from each of the chunk vectors, the sentence vectors and the words.
CANDIDATES = 200
#: Passages whose words are compared one by one, beside those their articles begin with; if more
#: hits are wanted, as many as those.
COMPARED = 50
#: Chunks of which it is remembered which one is read instead in a language, and names they hold.
_REMEMBERED = 50_000
_YEAR = 365.25  # days


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for, written in `language`, answered in `reader` (None: the same).

    Passages of other times than `within` are left out. With `now`, what tells of later days is
    wanted; with `check`, the best hit is read once more where confidence in it is in doubt.
    """

    text: str
    language: Language
    within: Days | None = None
    reader: Language | None = None
    now: bool = False
    check: bool = False

    @classmethod
    def of(cls, question: str, language: Language, check: bool = False) -> "Query":
        """A question by itself, whose words tell whether it asks how things stand."""
        return cls(question, language, now=asks_for_now(question, language), check=check)


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a hit; `score` (cosine, plus a little) orders the sentences of one hit."""

    span: SentenceRecord
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question; see the module for what the scores mean."""

    article: ArticleRecord
    chunk: ChunkRecord
    sentences: tuple[ScoredSentence, ...]
    score: float
    dense: float
    lexical: float
    likeness: float
    read: float = 0.0
    lead: float = 0.0
    checked: float | None = None

    @property
    def text(self) -> str:
        """The chunk, verbatim."""
        return self.article.text[self.chunk.start : self.chunk.end]


@dataclass(frozen=True, slots=True)
class Unheard:
    """A person whom no article names, as typed, and people who have a part of the name."""

    name: str
    namesakes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The hits for a question, best first, and how the index read its words.

    `searched` is the number of chunks among which they are the best; `kinds` is what is asked for,
    `named` the days the question names; `strange` says that no article has any of its words, though
    there are some in its language; `newest` that nothing was searched but the newest were wanted.
    `unheard` are the persons it names and no article does; `beside`, that every hit is of others
    than the persons it names, or of an article that lacks one of its names.
    """

    hits: tuple[Hit, ...]
    words: QuestionWords
    searched: int
    kinds: frozenset[AnswerType] = frozenset()
    strange: bool = False
    named: tuple[Days, ...] = ()
    newest: bool = False
    unheard: tuple[Unheard, ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """A share of likeness of a passage with its title, of the title, and of each sentence."""

    passage: float
    title: float
    sentences: Vectors


class Retriever:
    """Searches one generation; may be used from several threads."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self.generation = generation
        self._embedder = embedder
        self._likeness = WordLikeness(embedder, self._words)
        model = generation.manifest.model_fingerprint
        self._reader = Reader.of(embedder, fingerprint=model) if generation.pieces else None
        bounds = generation.store.chunk_sentences()
        self._first, self._last = bounds[:, 0], bounds[:, 1]
        self._places = generation.store.chunk_places()
        passages = Concordance(generation.words, generation.store, self._places)
        self._persons, self._proper_names = Persons(passages), ProperNames(passages)
        versions = _Versions.of(self._places, generation.store)
        self._read_in = lru_cache(maxsize=_REMEMBERED)(versions.read_in)
        self._names = lru_cache(maxsize=_REMEMBERED)(self._named)
        self._told = lru_cache(maxsize=_REMEMBERED)(self._told_until)

    def hit(self, chunk: int) -> Hit:
        """The chunk of that number as if found, with nothing asked; `KeyError` if there is none."""
        nothing = np.zeros(self.generation.chunks.dimension, dtype=np.float32)
        record = self.generation.store.chunk(chunk)
        unlike = np.zeros(record.last_sentence - record.first_sentence + 1, dtype=np.float32)
        [quoted] = self._quoted(nothing, [(chunk, unlike)], frozenset())
        return Hit(*quoted, score=0.0, dense=0.0, lexical=0.0, likeness=0.0)

    def newest(self, language: Language, count: int = 3) -> Found:
        """How the newest articles begin, at most `count`, in `language` where it can be read."""
        newest = self.generation.store.latest(2 * count)
        numbers = [one.number for one in newest if not one.withdrawn][:count]
        leads = [self._read_in(language, lead) for lead in self._leads(numbers).tolist()]
        hits = tuple(self.hit(int(lead[0])) for lead in leads)
        return Found(hits, QuestionWords(()), len(self.generation.living), newest=True)

    def search(self, question: str, language: Language, count: int = 10) -> Found:
        """At most `count` hits for a question written in `language`, as the bot would ask it."""
        return self.search_many([Query.of(question, language)], count)[0]

    def embed(self, question: str, language: Language) -> Vectors:
        """The vector that a question written in `language` is searched with; shape `(d,)`."""
        found: Vectors = self._embedder.embed_questions([self._usual(question, language)])[0]
        return found

    def search_many(self, queries: Sequence[Query], count: int = 10) -> list[Found]:
        """At most `count` hits for each of `queries`, whose vectors are made in one go.

        Several are searched for side by side.
        """
        if not queries:
            return []
        texts = [self._usual(query.text, query.language) for query in queries]
        pieces: Sequence[Pieces | None] = [None] * len(texts)
        if self._reader:
            vectors, pieces = self._reader.questions(texts)
        else:
            vectors = self._embedder.embed_questions(texts)
        searches = [
            partial(self._search, *one, count) for one in zip(queries, vectors, pieces, strict=True)
        ]
        if len(searches) < 2:
            return [search() for search in searches]
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return [one.result() for one in [threads.submit(search) for search in searches]]

    def _search(self, query: Query, vector: Vectors, asked: Pieces | None, count: int) -> Found:
        words = self.generation.words.read_question(query.text, query.language)
        shares = self.generation.words.shares(words)
        among = self.generation.store.chunks_about(query.within) if query.within else None
        if among is not None and not len(among):
            return Found((), words, 0)
        found = self._candidates(vector, shares, among)
        leads = self._leads_of(found)
        candidates = np.union1d(found, leads if among is None else np.intersect1d(leads, among))
        dense = self._dense(vector, candidates)
        lexical = shares[candidates]
        named = tuple(one.days for one in named_days(query.text))
        scores = dense + LEXICAL_WEIGHT * lexical + self._of_days(named, candidates)
        order = self._ordered(candidates, scores)
        ordered = candidates[order]
        brought = self._brought_or_led(query, vector, shares, ordered, max(COMPARED, count))
        passages = np.array(list(brought), dtype=np.int64)
        places = order[list(brought.values())]
        compared = self.alike(words, passages.tolist())
        likeness = np.array([one.passage for one in compared], dtype=np.float32)
        titles = np.array([one.title for one in compared], dtype=np.float32)
        lead = titles * np.isin(passages, self._leads_of(passages))
        scores = scores[places] + LIKENESS_WEIGHT * likeness + LEAD_WEIGHT * lead
        if query.now:
            scores -= AGE_WEIGHT * np.log1p(self._ages(passages))
        persons = self._persons.of(query.text, words, query.language)
        fit = self._may_tell_of(persons, passages)
        fit &= self._proper_names.all_in(self._proper_names.among(words), passages)
        best = np.argsort(-scores, kind="stable")
        best = best[fit[best]] if fit.any() else best
        best = best[: max(count, READ)].tolist()
        kinds = asked_for(query.text, query.language)
        quoted = self._quoted(
            vector, [(int(passages[i]), compared[i].sentences) for i in best], kinds
        )
        hits = [
            Hit(
                article,
                chunk,
                _begun(sentences, float(lead[i])),
                score=float(scores[i]),
                dense=float(dense[places[i]]),
                lexical=float(lexical[places[i]]),
                likeness=compared[i].passage,
                lead=float(lead[i]),
            )
            for (article, chunk, sentences), i in zip(quoted, best, strict=True)
        ]
        searched = len(self.generation.living if among is None else among)
        strange = (
            query.language in self.generation.manifest.languages
            and bool(words.terms)
            and not any(term.known for term in words.terms)
        )
        unheard = tuple(
            Unheard(one.name, self._persons.namesakes(one)) for one in persons if not one.articles
        )
        ranked = self._read(asked, hits)[:count]
        best_read = tuple(self._with_sentences_read(asked, hit) for hit in ranked[:1])
        best_first = (*best_read, *ranked[1:])
        beside = not fit.any()
        unchecked = Found(
            best_first, words, searched, kinds, strange, named, unheard=unheard, beside=beside
        )
        in_doubt = query.check and doubtful(unchecked)
        return self._checked(query, unchecked) if in_doubt else unchecked

    def _may_tell_of(self, persons: Sequence[Person], passages: Numbers) -> Flags:
        """Which of `passages` may tell of one of `persons`; all, if there are none."""
        tell = np.full(len(passages), not persons)
        for person in persons:
            tell |= self._persons.may_tell_of(person, passages)
        return tell

    def _brought_or_led(
        self, query: Query, vector: Vectors, shares: Vectors, ordered: Numbers, most: int
    ) -> dict[int, int]:
        """See `_brought`; then the same for how the articles begin that these are of."""
        brought = self._brought(query, vector, shares, ordered, most)
        seen = list(brought.values())
        leads = np.flatnonzero(np.isin(ordered, self._leads_of(ordered[seen])))
        others = np.setdiff1d(leads, seen)
        begun = self._brought(query, vector, shares, ordered[others], most)
        for passage, place in begun.items():
            brought.setdefault(passage, int(others[place]))
        return brought

    def _brought(
        self, query: Query, vector: Vectors, shares: Vectors, ordered: Numbers, most: int
    ) -> dict[int, int]:
        """By the passages that are read, at most so many, the place of what brought each up."""
        language = query.reader or query.language
        brought: dict[int, int] = {}
        # A block at a time, for most are needed rarely, and each lookup of vectors may be a call.
        for begin in range(0, len(ordered), most):
            sayings = [
                self._read_in(language, one) for one in ordered[begin : begin + most].tolist()
            ]
            several = [saying for saying in sayings if len(saying) > 1]
            every = np.unique(np.concatenate(several)) if several else np.array([], dtype=np.int64)
            scores = self._dense(vector, every) + shares[every] if several else shares[:0]
            for place, saying in enumerate(sayings, start=begin):
                if len(saying) > 1:
                    saying = saying[[np.argmax(scores[np.searchsorted(every, saying)])]]
                brought.setdefault(int(saying[0]), place)
                if len(brought) == most:
                    return brought
        return brought

    def alike(self, words: QuestionWords, chunks: Sequence[int]) -> list[Alike]:
        """How much of the question's evidence the words of each chunk are like."""
        weights = np.array([term.weight for term in words.terms], dtype=np.float32)
        weights /= max(float(weights.sum()), 1e-9)
        compared = self._likeness.of([term.word for term in words.terms], chunks)
        self._same_name(words, chunks, compared)
        found = []
        for texts in compared:
            best = texts.max(axis=0)
            found.append(
                Alike(
                    float((best * weights).sum()),
                    float((texts[0] * weights).sum()),
                    (texts[1:] * weights).sum(axis=1),
                )
            )
        return found

    def _same_name(
        self, words: QuestionWords, chunks: Sequence[int], compared: Sequence[Vectors]
    ) -> None:
        """Likens a name to its other forms, which nothing in the letters tells: GSIM and JNIM.

        Writes into `compared`, one of shape `(texts, words)` for each of `chunks`.
        """
        for column, term in enumerate(words.terms):
            for key, likeness in term.names.items():
                for place in np.flatnonzero(self.generation.words.holding(key, chunks)).tolist():
                    texts = compared[place][:, column]
                    if texts.max() < likeness:
                        texts[[key in names for names in self._names(chunks[place])]] = likeness

    def read(self, question: str, language: Language, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """`hits` as if there were no others: the best are read; in the order of their scores."""
        return self._read(self._pieces(question, language), hits)

    def read_sentences(self, question: str, language: Language, hit: Hit) -> Vectors:
        """What the reader says of each sentence of a hit alone; zeros where there is no reader."""
        return self._read_sentences(self._pieces(question, language), hit)

    def check(self, question: str, language: Language, hit: Hit) -> float | None:
        """What the cross-encoder says of a hit; None where there is none for the model."""
        if not self._reader:
            return None
        from index.cross_encoder import shipped

        spans = (one.span for one in hit.sentences)
        texts = [hit.article.text[span.start : span.end] for span in spans]
        asked = self._usual(question, language)
        return shipped().read(asked, [headline(hit.article.title, hit.article.date), *texts])

    def _checked(self, query: Query, found: Found) -> Found:
        best = found.hits[0]
        checked = self.check(query.text, query.language, best)
        return replace(found, hits=(replace(best, checked=checked), *found.hits[1:]))

    def _pieces(self, question: str, language: Language) -> Pieces | None:
        if not self._reader:
            return None
        return self._reader.questions([self._usual(question, language)])[1][0]

    def _usual(self, question: str, language: Language) -> str:
        """`question` as the model is asked it: with names as they are best known."""
        return self.generation.words.aliases.usual(question, language)

    def _read(self, asked: Pieces | None, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        pieces = self.generation.pieces
        if asked is None or self._reader is None or pieces is None or not hits:
            return tuple(hits)
        unread = [replace(hit, score=hit.score - READ_WEIGHT * hit.read) for hit in hits]
        unread.sort(key=lambda hit: -hit.score)
        rows = [
            pieces.passage(hit.article.number, hit.chunk.first_sentence, hit.chunk.last_sentence)
            for hit in unread[:READ]
            if hit.score >= unread[0].score - READ_DEPTH
        ]
        read = self._reader.read(asked, rows).tolist()
        read += [min(read)] * (len(unread) - len(read))
        found = [
            replace(hit, score=hit.score + READ_WEIGHT * one, read=one)
            for hit, one in zip(unread, read, strict=True)
        ]
        return tuple(sorted(found, key=lambda hit: -hit.score))

    def _with_sentences_read(self, asked: Pieces | None, hit: Hit) -> Hit:
        """`hit` with each of its sentences read alone; what is not read is as good as the worst."""
        read = self._read_sentences(asked, hit)
        gained = (SENTENCE_READ_WEIGHT * (read - read.min())).tolist()
        scored = zip(hit.sentences, gained, strict=True)
        return replace(
            hit, sentences=tuple(ScoredSentence(one.span, one.score + more) for one, more in scored)
        )

    def _read_sentences(self, asked: Pieces | None, hit: Hit) -> Vectors:
        pieces = self.generation.pieces
        if asked is None or self._reader is None or pieces is None:
            return np.zeros(len(hit.sentences), dtype=np.float32)
        rows = pieces.sentences.of(hit.chunk.first_sentence, hit.chunk.last_sentence)
        return self._reader.read(asked, [[one] for one in rows])

    def _words(self, chunk: int) -> list[list[str]]:
        """The content words of the title of a chunk's article, then of each of its sentences."""
        language, texts = self._texts(chunk)
        return [content_words(text, language) for text in texts]

    def _named(self, chunk: int) -> tuple[frozenset[str], ...]:
        """The keys of the names in the same texts."""
        language, texts = self._texts(chunk)
        named = self.generation.words.aliases.named
        return tuple(frozenset(found.key for found in named(one, language)) for one in texts)

    def _ages(self, passages: Numbers) -> Vectors:
        """How many years before the newest each tells of; as the oldest, where it has no day."""
        told = [self._told(number) for number in passages.tolist()]
        days = np.array([day.toordinal() if day else np.nan for day in told], dtype=np.float32)
        if np.isnan(days).all():
            return np.zeros(len(days), dtype=np.float32)
        ages: Vectors = (np.nanmax(days) - days) / np.float32(_YEAR)
        return np.where(np.isnan(ages), np.nanmax(ages), ages)

    def _told_until(self, chunk: int) -> dt.date | None:
        """The last day that a passage or else its title names, but not after it was published.

        Where neither names one, when it was published, or the last day its article names.
        """
        record = self.generation.store.chunk(chunk)
        article = self.generation.store.article(record.article)
        named = last_named(article.text[record.start : record.end]) or last_named(article.title)
        told = [day for day in (named, article.date) if day]
        return min(told) if told else last_named(article.text)

    def _texts(self, chunk: int) -> tuple[Language, list[str]]:
        """The language of a chunk, the title of its article and each of its sentences."""
        store = self.generation.store
        title, language, text = store.written(chunk)
        spans = store.sentences(store.chunk(chunk))
        return language, [title, *(text[span.start : span.end] for span in spans)]

    def _ordered(self, candidates: Numbers, scores: Vectors) -> Numbers:
        """Places in `candidates`, best first; where scores are equal, by the article's name.

        Not by its number, for that depends on the segment it came to be in.
        """
        order: Numbers = np.lexsort((candidates, -scores))
        _, firsts, times = np.unique(scores[order], return_index=True, return_counts=True)
        for first, many in zip(firsts[times > 1], times[times > 1], strict=True):
            equal = order[first : first + many]
            names = self.generation.store.names(self._places[candidates[equal], 0].tolist())
            order[first : first + many] = equal[sorted(range(many), key=names.__getitem__)]
        return order

    def _leads_of(self, chunks: Numbers) -> Numbers:
        """The chunks that the articles of `chunks` begin with, ascending."""
        return self._leads(np.unique(self._places[chunks, 0]))

    def _leads(self, articles: Numbers | Sequence[int]) -> Numbers:
        """The chunk that each of `articles` begins with."""
        found: Numbers = np.searchsorted(self._places[:, 0], articles, "left")
        return found

    def _of_days(self, named: Sequence[Days], candidates: Numbers) -> Vectors:
        """The bonus of every candidate for being of a time that the question names."""
        bonus = np.zeros(len(candidates), dtype=np.float32)
        for days in named:
            about = self.generation.store.chunks_about(days)
            bonus[np.isin(candidates, about)] = NAMED_DAYS_BONUS
        return bonus

    def _candidates(self, vector: Vectors, shares: Vectors, among: Numbers | None) -> Numbers:
        by_chunk = self.generation.chunks.nearest(vector, CANDIDATES, among)
        top = min(CANDIDATES, len(shares))
        by_word = np.argpartition(-shares, top - 1)[:top]
        by_word = by_word[shares[by_word] > 0]
        if among is not None:
            allowed = among[shares[among] > 0]
            by_word = allowed[np.argsort(-shares[allowed], kind="stable")[:CANDIDATES]]
            return np.unique(np.concatenate([by_chunk, by_word])).astype(np.int64)
        by_sentence = self.generation.sentences.nearest(vector, CANDIDATES)
        # Sentences overlap between chunks: the chunks of a sentence are a run.
        begin = np.searchsorted(self._last, by_sentence, "left")
        end = np.searchsorted(self._first, by_sentence, "right")
        holding = [np.arange(b, e) for b, e in zip(begin, end, strict=True)]
        found: Numbers = np.unique(np.concatenate([by_chunk, by_word, *holding])).astype(np.int64)
        return found

    def _dense(self, vector: Vectors, candidates: Numbers) -> Vectors:
        own = self.generation.chunks.cosines(vector, candidates)
        lengths = self._last[candidates] - self._first[candidates] + 1
        starts = np.cumsum(lengths) - lengths
        within = np.arange(lengths.sum()) - np.repeat(starts, lengths)
        numbers = np.repeat(self._first[candidates], lengths) + within
        best = np.maximum.reduceat(self.generation.sentences.cosines(vector, numbers), starts)
        found: Vectors = ((own + best) / 2).astype(np.float32)
        return found

    def _quoted(
        self,
        vector: Vectors,
        passages: Sequence[tuple[int, Vectors]],
        kinds: frozenset[AnswerType],
    ) -> list[tuple[ArticleRecord, ChunkRecord, tuple[ScoredSentence, ...]]]:
        """Chunks, given with the likeness of each of their sentences, as they are handed out."""
        store = self.generation.store
        chunks = [store.chunk(number) for number, _ in passages]
        spans = [store.sentences(chunk) for chunk in chunks]
        numbers = np.array([one.number for some in spans for one in some], dtype=np.int64)
        cosines = iter(self.generation.sentences.cosines(vector, numbers).tolist())
        found = []
        for chunk, own, (_, alike) in zip(chunks, spans, passages, strict=True):
            article = store.article(chunk.article)
            scored = []
            for span, likeness in zip(own, alike, strict=True):
                bonus = ANSWER_TYPE_BONUS * holds(kinds, article.text[span.start : span.end])
                score = next(cosines) + SENTENCE_LIKENESS_WEIGHT * float(likeness) + bonus
                scored.append(ScoredSentence(span, score))
            found.append((article, chunk, tuple(scored)))
        return found


def _begun(sentences: Sequence[ScoredSentence], lead: float) -> tuple[ScoredSentence, ...]:
    """`sentences` with what is gained by the first that is no heading, if an article begins so."""
    first = next((n for n, one in enumerate(sentences) if not one.span.heading), None)
    return tuple(
        replace(one, score=one.score + SENTENCE_LEAD_WEIGHT * lead * (number == first))
        for number, one in enumerate(sentences)
    )


@dataclass(frozen=True, slots=True)
class _Versions:
    """Which chunk of a translation stands for which chunk of its original, and the reverse."""

    places: Places  # as `Store.chunk_places`
    articles: dict[tuple[int, Language], int]  # translated ones, by original and language

    @classmethod
    def of(cls, places: Places, store: Store) -> "_Versions":
        translated = {
            (original, language): number for original, language, number in store.translations()
        }
        return cls(places, translated)

    def read_in(self, language: Language, chunk: int) -> Numbers:
        """The chunks that say in `language`, or else in the original, what `chunk` says.

        They are those that share the most paragraphs with it; itself where there are none.
        """
        article, original, first, last = (int(value) for value in self.places[chunk])
        wanted = self.articles.get((original, language), original)
        if wanted == article:
            return np.array([chunk])
        theirs = self._of(wanted)
        shared = np.minimum(self.places[theirs, 3], last)
        shared = shared - np.maximum(self.places[theirs, 2], first) + 1
        best: Numbers = theirs[shared == shared.max()]
        return best if shared.max() > 0 else np.array([chunk])

    def _of(self, article: int) -> Numbers:
        begin = np.searchsorted(self.places[:, 0], article, "left")
        end = np.searchsorted(self.places[:, 0], article, "right")
        return np.arange(begin, end)
