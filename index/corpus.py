"""The articles of one or more folders: which files there are, and which belong together.

`NAME.en.md` and `NAME.fr.md` beside `NAME.de.md` are its translations; the three are a group, and
what changes in one of them changes how the others are stored. A scan tells what files hold without
parsing them, and without reading those that are as they were at the last one, so that a build over
many articles costs what has changed.
"""

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from index.article import MAX_BYTES, SUFFIXES, Article
from index.errors import ArticleError, BrokenArticles, CorpusError
from index.words import LANGUAGES

_VERSION = re.compile(r"(?P<name>.+)\.(?P<lang>de|en|fr)(?P<suffix>\.md|\.txt)")
#: Seconds within which a file may change twice without its time telling.
_UNSETTLED = 2.0


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """A file that may hold an article; `digest` is the SHA-256 (hex) of it."""

    id: str
    path: Path
    folder: Path
    digest: str

    @property
    def group(self) -> str:
        """See `group_of`."""
        return group_of(self.id)


@dataclass
class Seen:
    """What files held when they were last read: path to size, time of change (ns) and digest."""

    files: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Seen":
        """What `write` kept; nothing if there is no such file or it cannot be read."""
        try:
            kept = json.loads(path.read_bytes())
            return cls({str(k): (int(v[0]), int(v[1]), str(v[2])) for k, v in kept.items()})
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return cls()

    def write(self, path: Path) -> None:
        """Keeps it in a file, replaced in one step."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(self.files), "utf-8")
        part.replace(path)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The article files of one or more folders, sorted by id; none is parsed yet."""

    files: tuple[ArticleFile, ...]

    @classmethod
    def scan(cls, folders: Iterable[Path], seen: Seen | None = None) -> "Corpus":
        """Lists the article files, reading those that `seen` does not know as they are.

        `seen` then knows them. Raises `CorpusError` where a folder is missing, nothing is found or
        two folders hold the same file name.
        """
        folders = tuple(folders)
        seen = seen or Seen()
        known, seen.files = seen.files, {}
        files: dict[str, ArticleFile] = {}
        for folder in folders:
            for path in article_files(folder):
                one = path.relative_to(folder).as_posix()
                if one in files:
                    raise CorpusError(
                        f"{files[one].path} and {path}: same name in two corpus folders; "
                        "citations could not tell them apart: rename one"
                    )
                files[one] = ArticleFile(one, path, folder, _digest(path, known, seen.files))
        if not files:
            places = ", ".join(str(folder) for folder in folders)
            raise CorpusError(
                f"{places}: no articles found (*.md or *.txt, README aside); "
                "add one or name another folder with --corpus DIR"
            )
        return cls(tuple(files[name] for name in sorted(files)))

    def groups(self) -> Iterator[tuple[ArticleFile, ...]]:
        """The files that belong together, those of one article and its translations."""
        by_group = sorted(self.files, key=lambda one: (one.group, one.id))
        for _, files in groupby(by_group, key=lambda one: one.group):
            yield tuple(files)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the ids and digests of all files."""
        lines = "".join(f"{file.id}\0{file.digest}\n" for file in self.files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def read(self) -> "Articles":
        """All of the articles and what cannot be used."""
        return Articles.read(self.groups())


@dataclass(frozen=True, slots=True)
class Articles:
    """Articles that were read, sorted by id, and the files that could not be used."""

    articles: tuple[Article, ...]
    broken: tuple[ArticleError, ...] = ()

    @classmethod
    def read(cls, groups: Iterable[tuple[ArticleFile, ...]]) -> "Articles":
        """Reads groups of files."""
        articles: list[Article] = []
        broken: list[ArticleError] = []
        for group in groups:
            read, refused = _read_group(group)
            articles += read
            broken += refused
        return cls(tuple(sorted(articles, key=lambda one: one.id)), tuple(broken))

    def checked(self) -> "Articles":
        """Itself; raises `BrokenArticles`, listing all of them, if there are any."""
        if self.broken:
            raise BrokenArticles(list(self.broken))
        return self


def group_of(article: str) -> str:
    """The same for the ids of one article in several languages.

    >>> group_of("2020/a.fr.md"), group_of("2020/a.md")
    ('2020/a.md', '2020/a.md')
    """
    found = _VERSION.fullmatch(article)
    return f"{found['name']}{found['suffix']}" if found else article


def read_corpus(*folders: Path) -> tuple[Article, ...]:
    """Every article under `folders`; raises `CorpusError` and `BrokenArticles`."""
    return Corpus.scan(folders).read().checked().articles


def article_files(folder: Path) -> Iterator[Path]:
    """The article files under `folder`, sorted; hidden files and READMEs are none.

    Raises `CorpusError` if `folder` is not a folder.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder; name one with --corpus DIR")
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        readme = path.stem.lower() == "readme"
        if path.suffix.lower() not in SUFFIXES or hidden or readme:
            continue
        # A dangling link is listed, and refused with a reason; a pipe or a device is no article.
        if path.is_file() or not path.exists():
            yield path


def _read_group(
    files: tuple[ArticleFile, ...],
) -> tuple[list[Article], list[ArticleError]]:
    articles: dict[str, Article] = {}
    broken: list[ArticleError] = []
    paths = {file.id: file.path for file in files}
    for file in files:
        try:
            articles[file.id] = Article.read(file.path, file.folder)
        except ArticleError as error:
            broken.append(error)
    for article in list(articles.values()):
        try:
            articles[article.id] = _with_original(article, articles, paths[article.id])
        except ArticleError as error:
            broken.append(error)
            del articles[article.id]
    return list(articles.values()), broken


def _with_original(article: Article, articles: Mapping[str, Article], path: Path) -> Article:
    """`article` with its original, if `NAME.de.md` stands beside this `NAME.fr.md`.

    Raises `ArticleError` where the two cannot be laid side by side.
    """
    found = _VERSION.fullmatch(article.id)
    if not found:
        return article
    if found["lang"] != article.lang:
        said = f"lang {article.lang!r} in a file whose name says {found['lang']!r}"
        raise ArticleError(path, said, "the same language in both", line=1)
    names = (f"{found['name']}.{lang}{found['suffix']}" for lang in LANGUAGES)
    original = next((articles[name] for name in names if name in articles), article)
    if original is article:
        return article
    own, theirs = article.paragraphs, original.paragraphs
    if own != theirs:
        said = f"{own} paragraphs and headings, but {theirs} in {original.id}"
        raise ArticleError(path, said, "those of the original, in the same order")
    return replace(article, original=original.id)


def _digest(
    path: Path,
    known: Mapping[str, tuple[int, int, str]],
    seen: dict[str, tuple[int, int, str]],
) -> str:
    """The SHA-256 of a file; for what cannot be read, something that no file has.

    A file that changed within the last seconds is read again next time: it may change once more
    without its time telling (git calls this "racily clean").
    """
    key = str(path.absolute())
    try:
        found = path.stat()
        before = known.get(key)
        if before and before[:2] == (found.st_size, found.st_mtime_ns):
            seen[key] = before
            return before[2]
        if found.st_size > MAX_BYTES:
            return f"{found.st_size} bytes"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"
    if time.time() - found.st_mtime > _UNSETTLED:
        seen[key] = (found.st_size, found.st_mtime_ns, digest)
    return digest
