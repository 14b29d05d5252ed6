"""The answer engine: one open index, asked questions; the same for terminal, Telegram and JSON."""

from dataclasses import dataclass

from bot.answer import Answer, answer
from bot.confidence import SURE
from bot.question import Question
from bot.settings import BotSettings
from index.embed import SentenceEmbedder
from index.generation import Generation
from index.retrieve import Retriever
from index.store import Overview
from index.words import Language

#: Hits looked at for an answer: enough to fill three passages when several overlap.
_HITS = 12


@dataclass(frozen=True, slots=True)
class Engine:
    """Answers questions from one generation of the index; may be used from several threads."""

    retriever: Retriever
    reach: Overview
    sure: float

    @classmethod
    def open(cls, settings: BotSettings) -> "Engine":
        """Opens the index and loads the model; raises `IndexingError` if either cannot be used."""
        embedder = SentenceEmbedder.from_settings(settings)
        generation = Generation.open(settings.index, embedder)
        embedder.embed_question("Mali")  # so that the first question is as fast as the second
        sure = SURE if settings.sure is None else settings.sure
        return cls(Retriever(generation, embedder), generation.store.overview(), sure)

    def ask(self, raw: str, default: Language = "de") -> Answer:
        """Answers a question as typed; raises `QuestionError` if nothing can be searched."""
        question = Question.read(raw, default)
        found = self.retriever.search(question.text, question.language, _HITS)
        number = self.retriever.generation.manifest.number
        return answer(question, found, self.reach, number, self.sure)
