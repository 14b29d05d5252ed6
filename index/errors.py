"""Every error this package raises on purpose: one line, what was found, and the way out.

    IndexingError
    ├── ArticleError       one article file cannot be read or is not as it should be
    ├── FetchError         a web page cannot be fetched, or there is no article on it
    ├── CorpusError        a corpus folder is missing, empty, or two articles share a name
    ├── ModelError         the embedding model cannot be loaded or answers nonsense
    ├── GenerationError    a built index cannot be used
    │   ├── NotBuilt       there is none yet
    │   ├── Damaged        files are missing, changed or unreadable
    │   ├── Mismatch       it was made by another model or another version of this program
    │   └── Unreachable    it is in Milvus, which does not do as asked
    ├── BuildLocked        another build is running
    ├── SettingError       a setting has a value that cannot be used
    ├── TrainingDataError  sentence pairs or evaluation files are missing or not of the form
    ├── QuestionsError     a file of questions for evaluation is missing or not of the form
    └── GateClosed         a generation would answer worse than the one that serves

The command line prints `str(error)` and exits with 1; nothing here is meant to show a traceback.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self


class IndexingError(Exception):
    """The root: catch this one to catch everything listed in the module's tree."""


@dataclass
class ArticleError(IndexingError):
    """One article file is unusable.

    `line` counts from 1, None where the whole file is meant; `expected` says what would be right.
    """

    path: Path
    found: str
    expected: str
    line: int | None = None

    def __str__(self) -> str:
        """`file:line: found; expected`, on one line, as compilers do."""
        place = f"{self.path}:{self.line}" if self.line else f"{self.path}"
        line = " ".join(f"{place}: {self.found}; expected {self.expected}".split())
        return line.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass
class FetchError(IndexingError):
    """A web page cannot be had; `expected` says what would be right."""

    url: str
    found: str
    expected: str

    def __str__(self) -> str:
        """`url: found; expected`, on one line."""
        return " ".join(f"{self.url}: {self.found}; expected {self.expected}".split())


class CorpusError(IndexingError):
    """A corpus folder is missing, empty, or two folders hold an article of the same name."""


@dataclass
class BrokenArticles(CorpusError):
    """Some article files are unusable; the index was left as it was."""

    errors: list[ArticleError] = field(default_factory=list)

    def __str__(self) -> str:
        """One line an article, then the way out."""
        lines = [str(error) for error in self.errors]
        lines.append(
            f"{len(lines)} article file(s) cannot be used and nothing was changed: mend them, or "
            "leave them out with: mali-index build --skip-broken"
        )
        return "\n".join(lines)


class ModelError(IndexingError):
    """The embedding model cannot be loaded, or returned vectors that are not numbers."""

    @classmethod
    def of_shipped(cls, file: Path, error: Exception) -> Self:
        """A file that ships with the project, and what went wrong with it."""
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return cls(f"{file}: cannot be loaded ({reason}); install again")


class GenerationError(IndexingError):
    """A built index cannot be used; the message names the command that mends it."""


class NotBuilt(GenerationError):
    """There is no index at this place yet."""


class Damaged(GenerationError):
    """Files of the index are missing, truncated or changed since they were written."""


class Mismatch(GenerationError):
    """The index was made by another model, or by another version of the index format."""


class Unreachable(GenerationError):
    """The index is in Milvus, and Milvus does not answer, or not as it should."""


class TrainingDataError(IndexingError):
    """Files to train or to evaluate a model on are missing or not of the form."""


class QuestionsError(IndexingError):
    """A file of questions for evaluation is missing or not of the form."""


class SettingError(IndexingError):
    """A setting has a value that cannot be used."""


class GateClosed(IndexingError):
    """A generation answers worse than the one that serves, by more than the margin."""


class BuildLocked(IndexingError):
    """Another process is building into the same index directory."""
