"""The words' side of the index: BM25 over stems, and how much evidence the words of a question are.

BM25 is Lucene's variant (Kamphuis et al. 2020, "Which BM25 do you mean?"; k1 = 1.5, b = 0.75),
computed from the postings when a question is asked, so that a segment added or an article left out
counts at once. What is added is a measure that means the same for every question: the share of a
question's word evidence that a chunk holds. Each content word of the question weighs its inverse
document frequency, and a word that no article has weighs most, so an English question about German
articles, sharing little but names with them, gets small shares and the dense side decides; a German
one gets large shares and the words decide.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from index.aliases import MARK, NO_ALIASES, Aliases
from index.dense import Flags, Numbers
from index.embed import Vectors
from index.now import asked_words
from index.postings import Ints, Postings, PostingsWriter
from index.words import Language, fold, stem

#: Likeness (RapidFuzz ratio, 0 to 100) from which an unknown word is read as a misspelt known one.
ALIKE = 80.0
#: Characters a word must have before it is read as misspelt: short words are alike by chance.
LONG_ENOUGH = 5
#: How soon more of the same word stops to count, and how much a chunk's length does.
_K1, _B = 1.5, 0.75
#: Known words that may stand for a misspelt one.
_LIKENESSES = 3


@dataclass(frozen=True, slots=True)
class Term:
    """A content word of a question, the stems that stand for it, and its weight (idf, above 0).

    The key of a name that the word is part of is among the stems, see `aliases.py`.
    """

    word: str
    stems: dict[str, float]  # stem → likeness, from 0 to 1
    weight: float

    @property
    def known(self) -> bool:
        """Whether any article has the word, or one much like it."""
        return bool(self.stems)

    @property
    def names(self) -> dict[str, float]:
        """Those of the stems that are keys of names."""
        return {one: likeness for one, likeness in self.stems.items() if one.startswith(MARK)}


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The content words of a question as terms; empty for "what is this?" and the like."""

    terms: tuple[Term, ...]

    @property
    def weight(self) -> float:
        """The evidence that a chunk with every word would hold."""
        return sum(term.weight for term in self.terms)


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """BM25 over the chunks of one or more segments, numbered from 0 through all of them.

    Chunks that are not `living` are not found and count for nothing.
    """

    _segments: tuple[Postings, ...]
    languages: tuple[Language, ...]
    _living: Flags
    _size: int  # chunks that are living
    _stems: tuple[str, ...]  # those that some living chunk holds, sorted; no keys of names
    _damping: Vectors  # what a chunk's length adds to a count below the line
    aliases: Aliases = NO_ALIASES

    @classmethod
    def of(
        cls,
        segments: Sequence[Postings],
        languages: tuple[Language, ...],
        living: Flags | None = None,
        aliases: Aliases = NO_ALIASES,
    ) -> "LexicalIndex":
        """The index over `segments`, which are texts in `languages` written with `aliases`."""
        lengths = np.concatenate([one.lengths for one in segments]).astype(np.float32)
        if living is None:
            living = np.ones(len(lengths), dtype=np.bool_)
        mean = lengths[living].mean() if living.any() else np.float32(1)
        damping = np.float32(_K1 * (1 - _B)) + np.float32(_K1 * _B) * lengths / max(
            mean, np.float32(1)
        )
        living_stems = set().union(*_living_stems(segments, living))
        stems = tuple(sorted(one for one in living_stems if not one.startswith(MARK)))
        size = int(living.sum())
        return cls(tuple(segments), languages, living, size, stems, damping, aliases)

    @classmethod
    def build(cls, texts: Sequence[str], languages: Sequence[Language]) -> "LexicalIndex":
        """An index of `texts`, each stemmed in its language; at least one text."""
        writer = PostingsWriter()
        for text, language in zip(texts, languages, strict=True):
            writer.add(NO_ALIASES.stems(text, language))
        return cls.of([writer.postings()], tuple(sorted(set(languages))))

    def read_question(self, question: str, language: Language) -> QuestionWords:
        """The words of `question` as this index knows them, misspelt ones included."""
        keys: dict[str, set[str]] = {}
        for found in self.aliases.named(question, language):
            for token in found.words:
                keys.setdefault(token.text, set()).add(found.key)
        words = asked_words(question, language)
        return QuestionWords(
            tuple(self._term(word, language, keys.get(word, set())) for word in words)
        )

    def shares(self, words: QuestionWords) -> Vectors:
        """For every chunk, the BM25 score as a share of the question's weight; shape `(n,)`.

        From 0 to 1; above 0.2 is much: BM25 gives a word that stands once in a chunk of
        average length 0.4 of its weight.
        """
        total = np.zeros(len(self._living), dtype=np.float32)
        for term in words.terms:
            best = np.zeros_like(total) if len(term.stems) > 1 else None
            for found, likeness in term.stems.items():
                weight = np.float32(likeness * self._rarity(self._holding(found)))
                for begin, chunks, counts in self._postings(found):
                    there = chunks + begin
                    score = weight * (counts / (counts + self._damping[there]))
                    # The rarer of two stems may bring more than the term's weight, which the
                    # commoner set.
                    score = np.minimum(score, np.float32(term.weight))
                    if best is None:
                        total[there] += score
                    else:
                        best[there] = np.maximum(best[there], score)
            if best is not None:
                total += best
        if words.terms:
            total /= np.float32(words.weight)
        total[~self._living] = 0
        return total

    def holding(self, found: str, chunks: Sequence[int]) -> Flags:
        """Which of `chunks` hold a stem; shape `(len(chunks),)`."""
        held = [there + begin for begin, there, _ in self._postings(found)]
        return np.isin(chunks, np.concatenate(held)) if held else np.zeros(len(chunks), dtype=bool)

    def chunks(self, found: str) -> Numbers:
        """The chunks that hold a stem, ascending."""
        held = [there.astype(np.int64) + begin for begin, there, _ in self._postings(found)]
        every = np.concatenate(held) if held else np.array([], dtype=np.int64)
        return every[self._living[every]]

    def _term(self, word: str, language: Language, keys: Collection[str]) -> Term:
        # The chunk's language decides how it was stemmed, so a word is tried in each of them.
        stems = {stem(word, lang) for lang in self.languages}
        tried = stems.union(keys)
        known = {found: 1.0 for found in sorted(tried) if self._holding(found)}
        if not known and len(word) >= LONG_ENOUGH and not word.isdigit():
            known = self._alike(stems | {stem(word, language)}) | self._named_alike(word)
        return Term(word, known, self._rarity(max(map(self._holding, known), default=0)))

    def _alike(self, tried: Collection[str]) -> dict[str, float]:
        found: dict[str, float] = {}
        for wanted in sorted(tried):
            matches = process.extract(
                wanted, self._stems, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=_LIKENESSES
            )
            for match, score, _ in matches:
                if not match.isdigit():
                    found[match] = max(found.get(match, 0.0), score / 100)
        return found

    def _named_alike(self, word: str) -> dict[str, float]:
        """The keys of names with a form of one word that a misspelt `word` is most like."""
        match = process.extractOne(
            fold(word), self.aliases.words.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE
        )
        if not match:
            return {}
        key = self.aliases.words[match[0]]
        return {key: match[1] / 100} if self._holding(key) else {}

    def _rarity(self, holding: int) -> float:
        """The inverse document frequency of a stem that so many chunks hold; above 0."""
        return math.log(1 + (self._size - holding + 0.5) / (holding + 0.5))

    def _holding(self, found: str) -> int:
        """How many chunks hold a stem."""
        return sum(
            int(self._living[chunks + begin].sum()) for begin, chunks, _ in self._postings(found)
        )

    def _postings(self, found: str) -> Iterator[tuple[int, Ints, Vectors]]:
        """For every segment: its first number, its chunks that hold a stem, and how often."""
        begin = 0
        for segment in self._segments:
            chunks, counts = segment.of(found)
            if len(chunks):
                yield begin, chunks, counts.astype(np.float32)
            begin += len(segment.lengths)


def _living_stems(segments: Sequence[Postings], living: Flags) -> Iterator[set[str]]:
    begin = 0
    for segment in segments:
        end = begin + len(segment.lengths)
        here = living[begin:end]
        if here.all():
            yield set(segment.stems)
        elif len(segment.stems):
            held = np.add.reduceat(here[segment.chunks].astype(np.int64), segment.begins[:-1]) > 0
            yield {segment.stems[number] for number in np.flatnonzero(held)}
        begin = end
