"""One article: read from a file, checked, and held with its text exactly as it stands there.

Offsets anywhere in this project count characters of `Article.text`, which is the whole file
decoded as UTF-8, line ends and front matter included; so `file_text[start:end]` proves a citation
with nothing but the file. Broken input is an `ArticleError`, never an article with silent gaps:
what is merely missing (a date, an outlet) is listed in `Article.warnings`.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from index.errors import ArticleError
from index.language import detect
from index.sentence import split_sentences
from index.words import Language

MAX_BYTES = 5_000_000  # a long article has 50,000; more is a dump, not an article
MAX_TITLE = 120  # characters of a title taken from a first sentence
SUFFIXES = (".md", ".txt")

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]


def _no_number(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("a number is no date; write YYYY-MM-DD")
    return value


Day = Annotated[dt.date, BeforeValidator(_no_number)]


class Source(BaseModel):
    """A report that an article's facts were checked against."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    outlet: Line
    title: Line
    date: Day | None = None
    url: HttpUrl | None = None


_ADDRESS = TypeAdapter(HttpUrl)


def address_of(url: str | None) -> str | None:
    """`url` as it is read back from front matter ("/été" becomes "/%C3%A9t%C3%A9"); None for none.

    >>> address_of("https://example.org")
    'https://example.org/'
    """
    try:
        return str(_ADDRESS.validate_python(url)) if url else None
    except ValidationError:
        return None


class FrontMatter(BaseModel):
    """What may stand between the two `---` lines of an article; only the title must."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: Line
    outlet: Line | None = None
    date: Day | None = None
    url: HttpUrl | None = None
    lang: Language | None = None
    authors: tuple[Line, ...] = ()
    license: Line | None = None
    sources: tuple[Source, ...] = ()
    topics: tuple[Line, ...] = ()
    corrected: Day | None = None
    withdrawn: Day | None = None
    note: Line | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An article; `text` is the whole file and its body begins at `body_start` (characters).

    `id` is the file's path relative to its corpus folder, with `/` between folders. A translation
    names the id of its `original`. `corrected` and `withdrawn` say since when; `note` says why.
    """

    id: str
    text: str
    body_start: int
    title: str
    lang: Language
    outlet: str | None = None
    date: dt.date | None = None
    url: str | None = None
    authors: tuple[str, ...] = ()
    license: str | None = None
    sources: tuple[Source, ...] = ()
    topics: tuple[str, ...] = ()
    corrected: dt.date | None = None
    withdrawn: dt.date | None = None
    note: str | None = None
    original: str | None = None
    title_derived: bool = False  # from the first sentence, for want of front matter
    warnings: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the file."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def paragraphs(self) -> int:
        """Paragraphs and headings."""
        return split_sentences(self.text, self.body_start, self.lang)[-1].paragraph + 1

    @classmethod
    def read(cls, path: Path, folder: Path) -> "Article":
        """Reads one `.md` or `.txt` file; raises `ArticleError` if it cannot be used."""
        try:
            path.name.encode("utf-8")
        except UnicodeEncodeError:
            raise ArticleError(path, "a file name that is not UTF-8", "one that is") from None
        text = _decode(path)
        front, body_start = _front_matter(text, path)
        if not split_sentences(text, body_start, "de"):
            raise ArticleError(path, "there is no text", "an article of at least one sentence")
        if front is None and path.suffix.lower() != ".txt":
            raise ArticleError(path, "no front matter", "'---' and a title (see README)", line=1)
        lang = (front.lang if front else None) or detect(text[body_start:])
        meta = front or FrontMatter(title=_title_from(text, body_start, lang) or path.stem)
        return cls(
            id=path.relative_to(folder).as_posix(),
            text=text,
            body_start=body_start,
            title=meta.title,
            lang=lang,
            outlet=meta.outlet,
            date=meta.date,
            url=str(meta.url) if meta.url else None,
            authors=meta.authors,
            license=meta.license,
            sources=meta.sources,
            topics=meta.topics,
            corrected=meta.corrected,
            withdrawn=meta.withdrawn,
            note=meta.note,
            title_derived=front is None,
            warnings=tuple(_missing(front, lang)),
        )


def _decode(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            size = f"{path.stat().st_size:,} bytes"
            raise ArticleError(path, size, f"at most {MAX_BYTES:,}; split it into articles")
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ArticleError(path, f"cannot be read ({reason})", "a readable file") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        found = f"byte 0x{data[error.start]:02x} is not UTF-8"
        way_out = "UTF-8; convert with: iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        raise ArticleError(path, found, way_out, line) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ArticleError(path, "a NUL byte", "plain text, not a binary or UTF-16 file", line)
    return text


def _front_matter(text: str, path: Path) -> tuple[FrontMatter | None, int]:
    opening = re.match(r"\ufeff?---[ \t]*\r?\n", text)
    if not opening:
        return None, 0
    closing = re.compile(r"^(---|\.\.\.)[ \t]*\r?(\n|\Z)", re.MULTILINE).search(text, opening.end())
    if not closing:
        raise ArticleError(path, "front matter is never closed", "a second line '---'", line=1)
    block = text[opening.end() : closing.start()]
    try:
        values = yaml.safe_load(block)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 2
        problem = getattr(error, "problem", None) or "unreadable"
        raise ArticleError(path, f"broken front matter ({problem})", "YAML", line) from None
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError) as error:
        # PyYAML's own: a date such as 2022-13-45, a tag with a value it is not made for.
        reason = str(error)[:100] or type(error).__name__
        raise ArticleError(path, f"broken front matter ({reason})", "YAML", 2) from None
    keys = re.findall(r"^(\w+):", block, re.MULTILINE)
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise ArticleError(path, f"front matter key {twice!r} twice", "each key once", line=2)
    if not isinstance(values, dict):
        found = "front matter without keys"
        raise ArticleError(path, found, "'title: ...' and the like", line=2)
    try:
        return FrontMatter.model_validate(values), closing.end()
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        found = f"front matter key {'.'.join(map(str, first['loc']))!r}: {first['msg']}"
        known = f"the keys {', '.join(FrontMatter.model_fields)}"
        raise ArticleError(path, found, known, _line_of(key, block)) from None


def _line_of(key: str, block: str) -> int:
    """The line of the file (from 1) on which a front matter key stands; 1 where it is missing."""
    for number, line in enumerate(block.splitlines(), start=2):
        if line.startswith(f"{key}:"):
            return number
    return 1


def _title_from(text: str, body_start: int, lang: Language) -> str:
    first = split_sentences(text, body_start, lang)[0]
    printable = re.sub(r"[\x00-\x1f\x7f]", " ", text[first.start : first.end])
    title = " ".join(printable.lstrip("\ufeff# ").split())
    if len(title) <= MAX_TITLE:
        return title
    return title[: MAX_TITLE - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def _missing(front: FrontMatter | None, lang: Language) -> Iterator[str]:
    if front is None:
        yield (
            f"no front matter: title taken from the first sentence, language guessed ({lang}), "
            "date, outlet and url unknown"
        )
        return
    absent = [key for key in ("date", "outlet") if getattr(front, key) is None]
    if front.lang is None:
        yield f"front matter lacks lang: guessed {lang}"
    if absent:
        yield f"front matter lacks {' and '.join(absent)}: shown to readers as unknown"
