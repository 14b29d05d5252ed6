"""Short encyclopedic articles, and questions that one of their paragraphs answers.

They were written for this project, from memory, to train the embedding model: nobody looked their
facts up, and nothing is to be learned from them about the world.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from index.model.questions import unwritten
from index.words import Language


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paragraph(_Row):
    """A paragraph, and questions that it answers and the others of its article do not."""

    text: str
    questions: Mapping[Language, tuple[str, ...]]


class TrainingArticle(_Row):
    """An article in one language, whose paragraphs are asked about in three."""

    language: Language
    title: str
    paragraphs: tuple[Paragraph, ...]


def read_articles(path: Path) -> list[TrainingArticle]:
    """The articles of a file with one a line, as JSON; raises `TrainingDataError`."""
    try:
        lines = path.read_text("utf-8").splitlines()
        return [TrainingArticle.model_validate_json(line) for line in lines]
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise unwritten(path, error) from None
