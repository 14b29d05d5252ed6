"""Looks through the articles of a corpus for what a build would refuse or readers would stumble on.

An error is what is wrong whatever one thinks of it; a warning is what a person should look at.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import ftfy

from index.aliases import Aliases
from index.article import Article
from index.chunk import Chunker
from index.corpus import ArticleFile, Articles, Corpus, group_of
from index.duplicates import near_duplicates
from index.errors import ArticleError
from index.language import detect
from index.segment import embedding_text

#: Characters of text below which an article is taken for a stub or closed to readers.
SHORTEST = 200
#: The outlet of the project's own articles, which must name what they were checked against.
OWN_OUTLET = "Mali-Bot Dossier"
#: What is left of articles that only subscribers may read.
_PAYWALL = re.compile(
    r"(?i)weiterlesen mit|jetzt abonnieren|nur für abonnenten|spiegel\+|artikel freischalten"
    r"|subscribe to (continue|read)|subscribers only|sign in to read"
    r"|réservé aux abonnés|il vous reste \d+ ?% de cet article|abonnez-vous pour"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at, in the form compilers use; `line` counts from 1."""

    path: Path
    line: int | None
    level: Literal["error", "warning"]
    said: str

    def __str__(self) -> str:
        """`file:line: level: what`."""
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        return f"{place}: {self.level}: {self.said}"


class Limit(Protocol):
    """Tells how many tokens more than a model reads a text has."""

    def excess(self, texts: list[str]) -> list[int]:
        """Tokens that the model leaves out of each text; 0 where it reads all."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in how many articles, in the order of the files."""

    articles: int
    findings: tuple[Finding, ...] = field(default=())

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.level == "error" for finding in self.findings)


def check(
    folders: Iterable[Path], limit: Limit | None = None, today: dt.date | None = None
) -> Report:
    """Checks the articles under `folders`; `limit` is the model whose length chunks must keep.

    Raises `CorpusError` where there is nothing to check.
    """
    folders = tuple(folders)
    corpus = Corpus.scan(folders)
    read = Articles.read(corpus.groups())
    paths = {file.id: file for file in corpus.files}
    found = [Finding(one.path, one.line, "error", one.found) for one in read.broken]
    try:
        Aliases.read(folders)
    except ArticleError as error:
        found.append(Finding(error.path, error.line, "error", error.found))
    for article in read.articles:
        found += _article(article, paths[article.id], today or dt.date.today())
    found += _same_address(read.articles, paths)
    found += _near(read.articles, paths)
    if limit:
        found += _too_long(read.articles, paths, limit)
    found.sort(key=lambda finding: (str(finding.path), finding.line or 0, finding.said))
    return Report(len(corpus.files), tuple(found))


def _article(article: Article, file: ArticleFile, today: dt.date) -> Iterator[Finding]:
    def line(key: str) -> int | None:
        found = re.search(rf"^{key}:", article.text[: article.body_start], re.MULTILINE)
        return article.text.count("\n", 0, found.start()) + 1 if found else None

    def error(key: str, said: str) -> Finding:
        return Finding(file.path, line(key), "error", said)

    def warning(place: int | None, said: str) -> Finding:
        return Finding(file.path, place, "warning", said)

    for said in article.warnings:
        yield warning(None, said)
    for key in ("date", "corrected", "withdrawn"):
        day = getattr(article, key)
        if day and day > today:
            yield error(key, f"{key} {day} is in the future")
        elif day and article.date and day < article.date:
            yield error(key, f"{key} {day} is before the article's date {article.date}")
    if article.outlet == OWN_OUTLET and not article.sources:
        yield error("outlet", f"no sources: an article of {OWN_OUTLET} names what it rests on")
    body = article.text[article.body_start :].strip()
    first = article.text.count("\n", 0, article.body_start) + 1
    if len(body) < SHORTEST:
        yield warning(first, f"only {len(body)} characters of text: a stub, or closed to readers?")
    elif (looks := detect(body)) != article.lang:
        yield warning(line("lang"), f"lang is {article.lang}, but the text looks like {looks}")
    if closed := _PAYWALL.search(body[-1_000:]):
        yield warning(first, f"{closed.group()!r}: is the text cut off by a paywall?")
    for number, text in enumerate(article.text.splitlines(), start=1):
        if ftfy.fix_encoding(text) != text:
            yield warning(number, f"letters garbled by a wrong encoding: {_excerpt(text)!r}")
            break


def _same_address(articles: Sequence[Article], files: dict[str, ArticleFile]) -> Iterator[Finding]:
    first: dict[str, Article] = {}
    for article in articles:
        if not article.url:
            continue
        other = first.setdefault(article.url, article)
        if group_of(other.id) != group_of(article.id):
            said = f"same url as {other.id}: the same article twice?"
            yield Finding(files[article.id].path, None, "warning", said)


def _near(articles: Sequence[Article], files: dict[str, ArticleFile]) -> Iterator[Finding]:
    for pair in near_duplicates(articles):
        said = f"shares {pair.likeness:.0%} of its word runs with {pair.other}"
        yield Finding(files[pair.article].path, None, "warning", said)


def _too_long(
    articles: Sequence[Article], files: dict[str, ArticleFile], limit: Limit
) -> Iterator[Finding]:
    chunker = Chunker()
    for article in articles:
        chunks = chunker.cut(article).chunks
        tokens = limit.excess([embedding_text(article, chunk) for chunk in chunks])
        for chunk, excess in zip(chunks, tokens, strict=True):
            if excess:
                line = article.text.count("\n", 0, chunk.start) + 1
                said = f"passage is {excess} tokens longer than the model reads: shorter sentences"
                yield Finding(files[article.id].path, line, "warning", said)


def _excerpt(text: str) -> str:
    return text.strip()[:40]
