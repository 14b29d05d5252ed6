"""Answers on the real articles do not get worse: floors a little under what was measured.

Only the development questions are used; the test sets are for `make bench` and the README.
"""

from pathlib import Path

import pytest

from bot.engine import Engine
from bot.settings import BotSettings
from tests.bench.questions import Scores, read_set, score


@pytest.fixture(scope="module")
def engine(real_index: Path) -> Engine:
    return Engine.open(BotSettings(index=real_index))


#: Shares over all languages, see `Scores`; for each at least, but refused wrongly at most.
FLOORS = {
    "articles-dev": {
        "first": 0.71,
        "three": 0.88,
        "marked": 0.57,
        "rightly": 0.73,
        "wrongly": 0.22,
    },
    "articles-more": {
        "first": 0.72,
        "three": 0.86,
        "marked": 0.60,
        "rightly": 0.52,
        "wrongly": 0.16,
    },
}


@pytest.mark.parametrize("name", FLOORS)
def test_evidence_is_found_marked_and_mostly_not_refused(engine: Engine, name: str) -> None:
    by_language: dict[str, Scores] = {one.language: one for one in score(engine, read_set(name))}
    everything, floors = by_language["all"], FLOORS[name]
    assert everything.first >= floors["first"]
    assert everything.first_three >= floors["three"]
    assert everything.highlighted >= floors["marked"]
    assert everything.refused_rightly >= floors["rightly"]
    assert everything.refused_wrongly <= floors["wrongly"]
    for language in ("de", "en", "fr"):
        assert by_language[language].first_three >= everything.first_three - 0.12


@pytest.mark.parametrize(
    "name", ["articles-dev", "articles-more", "articles-test", "articles-unseen"]
)
def test_evidence_lies_in_the_articles(shared: Path, name: str) -> None:
    for asked in read_set(name):
        if asked.article:
            text = (shared / "articles" / asked.article).read_text("utf-8")
            assert asked.evidence
            for begin, end in asked.evidence:
                assert 0 <= begin < end <= len(text)
                assert text[begin:end] == text[begin:end].strip(), (asked.question, begin)
        else:
            assert not asked.evidence


def test_every_citation_proves_itself_against_the_file(engine: Engine, shared: Path) -> None:
    for asked in read_set("articles-dev"):
        answer = engine.ask(asked.question)
        spans: list[tuple[str, int, int]] = []
        for citation in answer.citations:
            text = (shared / "articles" / citation.article).read_bytes().decode("utf-8")
            assert text[citation.start : citation.end] == citation.text
            assert 0 < len(citation.text) <= 1000
            begin, end = citation.evidence
            assert 0 <= begin < end <= len(citation.text)
            spans.append((citation.article, citation.start, citation.end))
        for number, (article, start, end) in enumerate(spans):
            for other, begin, finish in spans[number + 1 :]:
                assert article != other or end <= begin or finish <= start
