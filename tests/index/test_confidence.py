"""What makes the bot surer that a passage answers, and less sure."""

import math
from dataclasses import replace

import pytest

from index.confidence import (
    LIKELY,
    SURE,
    confidence,
    doubtful,
    features,
    fitted,
    log_odds,
)
from index.dates import Days
from index.lexical import QuestionWords, Term
from index.retrieve import Found
from tests.bot.makers import found, hit, record


def best(dense: float = 0.5, likeness: float = 0.5, read: float = 0.0) -> Found:
    one = replace(hit(record(), 0, 2), dense=dense, lexical=0.3, likeness=likeness, read=read)
    return replace(found(), hits=(one,))


def test_the_file_weighs_every_feature_and_no_other() -> None:
    assert fitted().weights.keys() == features(best()).keys()
    assert 0 < SURE < LIKELY < 1


def test_nothing_found_is_not_sure_at_all() -> None:
    assert confidence(found()) == 0


def test_a_question_of_strange_words_only_is_not_answered() -> None:
    assert confidence(best()) > 0
    assert confidence(replace(best(), strange=True)) == 0


@pytest.mark.parametrize(
    ("some", "more"),
    [
        (best(dense=0.2), best(dense=0.6)),
        (best(read=-2.0), best(read=2.0)),
        (best(likeness=0.2), best(likeness=0.6)),
    ],
)
def test_a_better_passage_makes_surer(some: Found, more: Found) -> None:
    assert confidence(some) < confidence(more)


def test_what_is_said_of_a_passage_read_once_more_counts() -> None:
    hits = best().hits
    surer, less = (replace(best(), hits=(replace(hits[0], checked=n),)) for n in (4.0, -4.0))
    assert confidence(less) < confidence(best()) < confidence(surer)


def test_only_the_doubtful_is_read_once_more() -> None:
    least, most = fitted().doubt
    assert least < math.log(SURE / (1 - SURE)) < math.log(LIKELY / (1 - LIKELY)) < most
    for read in range(-8, 8):
        one = best(read=read)
        assert doubtful(one) == (least <= log_odds(one) <= most)
    in_doubt = next(one for read in range(-8, 8) if doubtful(one := best(read=read)))
    assert not doubtful(replace(in_doubt, strange=True))
    assert not doubtful(replace(in_doubt, beside=True))
    assert not doubtful(replace(in_doubt, newest=True))
    assert not doubtful(found())


def test_the_best_of_many_is_less_sure() -> None:
    few, many = best(), replace(best(), searched=100_000)
    assert confidence(many) < confidence(few)


def test_a_passage_without_the_number_asked_for_is_less_sure() -> None:
    asked = replace(best(), kinds=frozenset({"number"}))
    without = (hit(record("Der Rat tagte. Er beriet lange. Dort ist es still."), 0, 2),)
    assert confidence(replace(asked, hits=without)) < confidence(asked)


def test_more_words_found_make_surer() -> None:
    terms = tuple(Term(f"wort{number}", {}, 1.0) for number in range(6))
    assert confidence(replace(best(), words=QuestionWords(terms))) > confidence(best())


def test_a_passage_of_another_time_than_is_asked_for_is_less_sure() -> None:
    given = record("Der Rat tagte im Mai 2023. Er beriet lange. Dort ist es still.")
    of = replace(best(), hits=(hit(given, 0, 2),))
    asked = [replace(of, named=(Days.of_year(year),)) for year in (2020, 2023, 2025)]
    assert given.date
    assert given.date.year == 2020
    article, passage, neither = map(confidence, asked)
    assert article == passage == confidence(of) > neither
