"""Short encyclopedic articles, and questions that one of their paragraphs answers.

They were written for this project, from memory, to train the embedding model: nobody looked their
facts up, and nothing is to be learned from them about the world.
"""

from collections.abc import Mapping

from index.model.rows import Row
from index.words import Language


class Paragraph(Row):
    """A paragraph, and questions that it answers and the others of its article do not."""

    text: str
    questions: Mapping[Language, tuple[str, ...]]


class TrainingArticle(Row):
    """An article in one language, whose paragraphs are asked about in three."""

    language: Language
    title: str
    paragraphs: tuple[Paragraph, ...]
