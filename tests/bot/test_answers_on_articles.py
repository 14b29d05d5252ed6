"""Answers on the real articles do not get worse: floors a little under what was measured.

Only the development questions are used; the test set is for `make bench` and the README.
"""

from pathlib import Path

import pytest

from bot.engine import Engine
from bot.settings import BotSettings
from tests.bench.questions import Scores, read_set, score


@pytest.fixture(scope="module")
def engine(real_index: Path) -> Engine:
    return Engine.open(BotSettings(index=real_index))


def test_evidence_is_found_marked_and_mostly_not_refused(engine: Engine) -> None:
    by_language: dict[str, Scores] = {
        one.language: one for one in score(engine, read_set("articles-dev"))
    }
    everything = by_language["all"]
    assert everything.first >= 0.67
    assert everything.first_three >= 0.83
    assert everything.highlighted >= 0.46
    assert everything.refused_rightly >= 0.37
    assert everything.refused_wrongly <= 0.15
    for language in ("de", "en", "fr"):
        assert by_language[language].first_three >= everything.first_three - 0.12


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
