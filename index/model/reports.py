"""Reports written to train the reader: several of one affair, and questions one of them answers.

The affairs, with all their names and figures, are invented, so nothing about the world can be
learned from them; and what makes a report the wrong one is not its topic but what it tells.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from index.model.questions import unwritten
from index.words import Language


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Report(_Row):
    """A passage of a report."""

    language: Language
    text: str


class Question(_Row):
    """A question that no report of an affair answers."""

    language: Language
    question: str


class Told(Question):
    """A question that only the report of that number answers."""

    passage: int


class Affair(_Row):
    """Reports of one affair, questions that one of them answers, and others that none does."""

    passages: tuple[Report, ...]
    told: tuple[Told, ...]
    untold: tuple[Question, ...]

    @model_validator(mode="after")
    def _there(self) -> "Affair":
        if not all(0 <= told.passage < len(self.passages) for told in self.told):
            raise ValueError("a question names a passage that is not there")
        return self


def read_affairs(path: Path) -> list[Affair]:
    """The affairs of a file with one a line, as JSON; raises `TrainingDataError`."""
    try:
        lines = path.read_text("utf-8").splitlines()
        return [Affair.model_validate_json(line) for line in lines]
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise unwritten(path, error) from None
