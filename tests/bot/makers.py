"""Hits and answers made by hand, for tests of what is made of them."""

import datetime as dt

from bot.answer import Answer, answer
from bot.question import Question
from index.lexical import QuestionWords, Term
from index.records import ArticleRecord, ChunkRecord, Overview, SentenceRecord
from index.retrieve import Found, Hit, ScoredSentence
from index.sentence import split_sentences

REACH = Overview(2, 0, dt.date(2019, 11, 22), dt.date(2022, 7, 3), 1991, 2022, ("Blatt",))
TEXT = (
    "Der Brunnen ist tief. Der Bau kostete 4000 Euro. Der Rat tagte am Montag. Er beriet lange. "
    "Die Brücke ist alt. Niemand geht über sie. Das Dorf liegt am Fluss. Dort ist es still."
)


def record(
    text: str = TEXT,
    url: str | None = "https://example.org/a?b=1&c=2",
    number: int = 0,
    date: dt.date | None = dt.date(2020, 3, 5),
) -> ArticleRecord:
    return ArticleRecord(
        number=number,
        id=f"{number}.md",
        title="Dorf & Brunnen",
        lang="de",
        outlet="Blatt",
        date=date,
        url=url,
        license=None,
        authors=(),
        topics=(),
        sources=(),
        corrected=None,
        withdrawn=None,
        note=None,
        original=number,
        body_start=0,
        text=text,
    )


def hit(
    article: ArticleRecord, first: int, last: int, score: float = 1.0, best: int | None = None
) -> Hit:
    """A hit on sentences `first` to `last`, of which `best` scores highest."""
    spans = split_sentences(article.text, 0, "de")
    records = [
        SentenceRecord(n, s.start, s.end, s.paragraph, s.heading) for n, s in enumerate(spans)
    ]
    chosen = records[first : last + 1]
    top = first if best is None else best
    scored = tuple(ScoredSentence(one, 1.0 if one.number == top else 0.1) for one in chosen)
    chunk = ChunkRecord(first, article.number, chosen[0].start, chosen[-1].end, first, last)
    return Hit(article, chunk, scored, score, dense=score, lexical=0.0, likeness=0.0)


def found(*hits: Hit, unknown: tuple[str, ...] = ()) -> Found:
    words = QuestionWords(tuple(Term(word, {}, 1.0) for word in unknown))
    return Found(hits, words, searched=60)


def answered(text: str = TEXT, question: str = "Was kostete der Brunnen?") -> Answer:
    article = record(text)
    count = len(split_sentences(text, 0, "de"))
    hits = found(hit(article, 0, min(2, count - 1), best=min(1, count - 1)))
    return answer(Question.read(question), hits, REACH, 7, sure=0.0, likely=0.0)


def refused(question: str = "Was kostete der Brunnen?", unknown: tuple[str, ...] = ()) -> Answer:
    hits = found(hit(record(), 0, 2), unknown=unknown)
    return answer(Question.read(question), hits, REACH, 7, 1.0)
