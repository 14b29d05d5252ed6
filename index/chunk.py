"""Chunks: what is embedded, searched and cited; each a verbatim span of one article.

About three sentences with two of overlap, never across a heading or an article, at most `MAX_CHARS`
long. A chunk with reported speech begins early enough to hold the sentence that names the speaker
(`attribution.py`); a sentence too far from its speaker for that is in no chunk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from index.article import Article
from index.attribution import claim_start
from index.sentence import Sentence, split_sentences

#: Characters a chunk may have at most; also the longest citation there is.
MAX_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Chunker:
    """How articles are cut: `size` sentences a chunk, `overlap` of them shared with the next.

    The defaults were the best of six pairs on the development questions (`make bench` scores them).
    """

    size: int = 3
    overlap: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.size:
            raise ValueError(f"overlap must be from 0 to {self.size - 1}, not {self.overlap}")

    @property
    def signature(self) -> str:
        """Names everything that changes what chunks an article gives; kept in the manifest."""
        return f"sentences-{self.size}-{self.overlap}-{MAX_CHARS}-v6"

    def cut(self, article: Article) -> "CutArticle":
        """The sentences and chunks of `article`, in the order of its text.

        No chunk holds another, so both their first and their last sentences ascend.
        """
        sentences = split_sentences(article.text, article.body_start, article.lang)
        chunks: list[Chunk] = []
        for heading, begin, end in _sections(article, sentences):
            chunks.extend(self._windows(article, sentences, begin, end, heading))
        return CutArticle(article, tuple(sentences), tuple(chunks))

    def _windows(
        self, article: Article, sentences: list[Sentence], begin: int, end: int, heading: str
    ) -> "list[Chunk]":
        chunks: list[Chunk] = []
        first = begin
        while first < end:
            last = min(first + self.size, end) - 1
            start = _start(article, sentences, begin, first, last)
            while last > first and _length(sentences, start, last) > MAX_CHARS:
                last -= 1
                start = _start(article, sentences, begin, first, last)
            if _length(sentences, start, last) > MAX_CHARS:
                first += 1  # its claimant does not fit: nobody is to read it without
                continue
            chunk = Chunk.of(article, sentences, start, last, heading)
            if not chunks or chunk.last > chunks[-1].last:
                while chunks and chunk.first <= chunks[-1].first:
                    chunks.pop()  # the new one holds it
                chunks.append(chunk)
            first = max(first + 1, last + 1 - self.overlap)
        return chunks


@dataclass(frozen=True, slots=True)
class Chunk:
    """A span of an article: `article.text[start:end] == text` (characters, end exclusive).

    `first` and `last` (inclusive) number its sentences within the article, from 0; none of them is
    a heading.
    """

    article_id: str
    start: int
    end: int
    first: int
    last: int
    text: str
    heading: str = ""  # what it stands under, without mark-up; not part of the span

    @classmethod
    def of(
        cls, article: Article, sentences: list[Sentence], first: int, last: int, heading: str
    ) -> "Chunk":
        """The chunk from sentence `first` to sentence `last`, both included."""
        start, end = sentences[first].start, sentences[last].end
        return cls(article.id, start, end, first, last, article.text[start:end], heading)


@dataclass(frozen=True, slots=True)
class CutArticle:
    """An article with its sentences and chunks."""

    article: Article
    sentences: tuple[Sentence, ...]
    chunks: tuple[Chunk, ...]


def _start(article: Article, sentences: list[Sentence], begin: int, first: int, last: int) -> int:
    """From where every sentence from `first` to `last` has its claimant; not before `begin`."""
    wanted = (
        claim_start(article.text, sentences, number, article.lang)
        for number in range(first, last + 1)
    )
    return max(begin, min(wanted))


def _length(sentences: list[Sentence], first: int, last: int) -> int:
    return sentences[last].end - sentences[first].start


def _sections(article: Article, sentences: list[Sentence]) -> Iterator[tuple[str, int, int]]:
    """Runs of sentences between headings (end exclusive), each with the heading it stands under."""
    heading: list[str] = []
    for is_heading, run in groupby(enumerate(sentences), key=lambda pair: pair[1].heading):
        numbered = list(run)
        if is_heading:
            heading = [article.text[s.start : s.end].lstrip("# \t") for _, s in numbered]
        else:
            yield " · ".join(heading), numbered[0][0], numbered[-1][0] + 1
