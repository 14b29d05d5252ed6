"""A question to hits: the dense and the lexical side of the index, fused.

Every number here is absolute, the same question giving the same chunk the same score whatever else
is in the index, so scores can be compared across questions and a threshold on them means something:

- `dense`: mean of two cosines with the question, the chunk's and its best sentence's (-1 to 1).
- `lexical`: the chunk's share of the question's word evidence (0 to under 1, see `lexical.py`).
- `score`: `dense + LEXICAL_WEIGHT * lexical`, the order of hits.

Reciprocal-rank fusion is not used: it gives the word side the same say when it has seen nothing
but a name as when it has seen every word, and falls below the better half across languages.
"""

from dataclasses import dataclass

import numpy as np

from index.answer_type import AnswerType, asked_for, holds
from index.dense import Numbers
from index.embed import Embedder, Vectors
from index.generation import Generation
from index.lexical import QuestionWords
from index.store import ArticleRecord, ChunkRecord, SentenceRecord
from index.words import Language, stems

#: What a full share of word evidence is worth in cosine. Chosen on one half of the XQuAD
#: development questions and confirmed on the other; see "Fusion" in the README.
LEXICAL_WEIGHT = 1.0
#: What a full share of word evidence is worth in cosine for a sentence, and what holding a number
#: or a date is worth where one is asked for. Chosen on the XQuAD development questions.
SENTENCE_WEIGHT = 0.5
ANSWER_TYPE_BONUS = 0.15
#: Candidates taken from each of the chunk vectors, the sentence vectors and the words.
CANDIDATES = 200


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

    @property
    def text(self) -> str:
        """The chunk, verbatim."""
        return self.article.text[self.chunk.start : self.chunk.end]


@dataclass(frozen=True, slots=True)
class Found:
    """The hits for a question, best first, and how the index read its words."""

    hits: tuple[Hit, ...]
    words: QuestionWords


class Retriever:
    """Searches one generation; may be used from several threads."""

    def __init__(self, generation: Generation, embedder: Embedder) -> None:
        self.generation = generation
        self._embedder = embedder
        bounds = generation.store.chunk_sentences()
        self._first, self._last = bounds[:, 0].copy(), bounds[:, 1].copy()

    def search(self, question: str, language: Language, count: int = 10) -> Found:
        """At most `count` hits for a question written in `language`."""
        words = self.generation.words.read_question(question, language)
        vector = self._embedder.embed_question(question)
        shares = self.generation.words.shares(words)
        candidates = self._candidates(vector, shares)
        dense = self._dense(vector, candidates)
        lexical = shares[candidates]
        scores = dense + LEXICAL_WEIGHT * lexical
        best = np.argsort(-scores, kind="stable")[:count]
        kinds = asked_for(question, language)
        hits = tuple(
            Hit(
                *self._quoted(int(candidates[i]), vector, words, kinds),
                score=float(scores[i]),
                dense=float(dense[i]),
                lexical=float(lexical[i]),
            )
            for i in best
        )
        return Found(hits, words)

    def _candidates(self, vector: Vectors, shares: Vectors) -> Numbers:
        by_chunk = self.generation.chunks.nearest(vector, CANDIDATES)
        by_sentence = self.generation.sentences.nearest(vector, CANDIDATES)
        # Sentences overlap between chunks: the chunks of a sentence are a run.
        begin = np.searchsorted(self._last, by_sentence, "left")
        end = np.searchsorted(self._first, by_sentence, "right")
        holding = [np.arange(b, e) for b, e in zip(begin, end, strict=True)]
        top = min(CANDIDATES, len(shares))
        by_word = np.argpartition(-shares, top - 1)[:top]
        by_word = by_word[shares[by_word] > 0]
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
        self, number: int, vector: Vectors, words: QuestionWords, kinds: frozenset[AnswerType]
    ) -> tuple[ArticleRecord, ChunkRecord, tuple[ScoredSentence, ...]]:
        store = self.generation.store
        chunk = store.chunk(number)
        article = store.article(chunk.article)
        spans = store.sentences(chunk)
        cosines = self.generation.sentences.cosines(
            vector, np.array([span.number for span in spans], dtype=np.int64)
        )
        scored = []
        for span, cosine in zip(spans, cosines, strict=True):
            text = article.text[span.start : span.end]
            share = words.share(set(stems(text, article.lang)))
            bonus = ANSWER_TYPE_BONUS * holds(kinds, text)
            scored.append(ScoredSentence(span, float(cosine) + SENTENCE_WEIGHT * share + bonus))
        return article, chunk, tuple(scored)
