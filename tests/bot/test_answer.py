"""Hits to an answer: what is quoted, what is cited, and why there may be none."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest

from bot.answer import answer
from bot.question import Question
from bot.render.words import refusal
from index.chunk import MAX_CHARS
from index.dates import Days
from index.records import ArticleRecord
from index.retrieve import Unheard
from index.sentence import split_sentences
from tests.bot.makers import REACH, TEXT, answered, found, hit, record, refused

ASKED = Question.read("Was kostete der Brunnen?")


def test_the_best_sentence_is_the_answer_and_stands_in_its_citation() -> None:
    given = answered()
    citation = given.citations[0]
    assert given.text == "Der Bau kostete 4000 Euro." == citation.quote
    assert citation.text == TEXT[citation.start : citation.end]
    assert (citation.n, citation.article, given.generation) == (1, "0.md", 7)
    assert (given.answered, given.reason) == (True, None)


def test_what_points_back_is_quoted_with_what_it_points_to() -> None:
    article = record("Am Fluss steht eine Mühle. Sie brannte 2019 ab. Der Rat schwieg.")
    given = answer(ASKED, found(hit(article, 0, 2, best=1)), REACH, 1, 0)
    assert given.text == "Am Fluss steht eine Mühle. Sie brannte 2019 ab."
    cut = answer(ASKED, found(hit(article, 1, 2, best=1)), REACH, 1, 0)
    assert cut.text == "Sie brannte 2019 ab."  # the passage begins there


def test_overlapping_hits_become_one_passage() -> None:
    article = record()
    given = answer(
        ASKED, found(hit(article, 0, 2), hit(article, 2, 4), hit(article, 6, 7)), REACH, 1, 0
    )
    assert [(c.start, c.end) for c in given.citations] == [
        (0, TEXT.index(" Niemand")),
        (TEXT.index("Das Dorf"), len(TEXT)),
    ]


def test_passages_share_no_text_and_stay_short() -> None:
    long = " ".join(f"Satz Nummer {n} ist {'sehr ' * 60}lang." for n in range(9))
    article = record(long)
    hits = [hit(article, n, n + 1) for n in range(8)]
    citations = answer(ASKED, found(*hits), REACH, 1, 0).citations
    assert 1 <= len(citations) <= 3
    assert all(len(citation.text) <= MAX_CHARS for citation in citations)
    spans = sorted((citation.start, citation.end) for citation in citations)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_claim_is_quoted_with_its_claimant() -> None:
    text = "Der Brunnen sei sicher, sagte der Rat. Das Wasser reiche aus. Es sei sauber."
    given = answer(ASKED, found(hit(record(text), 0, 2, best=2)), REACH, 1, 0)
    assert given.text == text


def test_a_refusal_has_no_text_but_keeps_what_was_nearest() -> None:
    given = refused()
    assert (given.answered, given.text, given.reason) == (False, None, "not_covered")
    assert given.citations
    assert [one.title for one in given.topics] == ["Dorf & Brunnen"]


def test_nothing_found_is_a_refusal() -> None:
    given = answer(ASKED, found(), REACH, 1, 0.1)
    assert (given.answered, given.citations, given.topics) == (False, (), ())


def test_names_that_no_article_has_are_named() -> None:
    given = refused("Was sagte Xaver zum brunnen?", unknown=("xaver", "brunnen"))
    assert (given.reason, given.unknown_words) == ("unknown_words", ("Xaver",))


STATES = (
    "Awa Diarra leitete die Schule bis zum 3. Mai 2019. Die Eltern lobten sie. "
    "Am 4. Mai 2019 folgte ihr Sekou Belem. Der Rat stimmte zu. Gebaut wurde sie 1931."
)


@pytest.mark.parametrize(
    ("question", "best", "quoted"),
    [
        ("Wer leitet jetzt die Schule?", 0, (0, 3)),  # goes on to what tells of a later day
        ("Wer leitete die Schule?", 0, (0, 1)),
        ("Wer leitet jetzt die Schule?", 2, (2, 3)),  # the last state already
        ("Was sagen die Eltern jetzt?", 1, (1, 2)),  # of no day
    ],
)
def test_how_things_stand_is_quoted_up_to_the_last_state(
    question: str, best: int, quoted: tuple[int, int]
) -> None:
    spans = split_sentences(STATES, 0, "de")
    hits = found(hit(record(STATES), 0, 4, best=best))
    given = answer(Question.read(question), hits, REACH, 1, 0)
    first, end = quoted
    assert given.text == STATES[spans[first].start : spans[end - 1].end]
    assert given.citations[0].quote == given.text


def test_a_quote_does_not_go_on_behind_a_heading() -> None:
    text = "Awa Diarra leitet die Schule seit April 2019.\n\n## Dann\n\nAm 4. Mai 2019 brannte es."
    hits = found(hit(record(text), 0, 2))
    given = answer(Question.read("Wer leitet jetzt die Schule?"), hits, REACH, 1, 0)
    assert given.text == "Awa Diarra leitet die Schule seit April 2019."


def test_what_has_not_happened_when_it_was_written_is_no_state() -> None:
    text = "Awa Diarra leitet die Schule seit Mai 2019. Am 4. Mai 2031 will sie aufhören."
    hits = found(hit(record(text), 0, 1))
    given = answer(Question.read("Wer leitet jetzt die Schule?"), hits, REACH, 1, 0)
    assert given.text == "Awa Diarra leitet die Schule seit Mai 2019."


def test_a_person_of_no_article_is_refused_however_good_the_passage() -> None:
    asked = Question.read("Was sagte Awa Sidibé zum Brunnen?")
    nobody = Unheard("Awa Sidibé", ("Awa Diarra",))
    hits = replace(found(hit(record(), 0, 2)), unheard=(nobody,))
    given = answer(asked, hits, REACH, 1, 0.1)
    assert (given.answered, given.reason) == (False, "unknown_words")
    assert (given.unknown_words, given.namesakes) == (("Awa Sidibé",), ("Awa Diarra",))
    assert "In keinem Artikel kommt vor: Awa Sidibé. Gemeint vielleicht: Awa Diarra?" in refusal(
        given
    )


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("Was geschah 2024?", (2024,)),
        ("Was geschah 1950 und 2030?", (1950, 2030)),
        ("Was geschah 2022?", ()),
        ("Was geschah 2021 und 2030?", ()),
        ("Was kostete 12024 Euro?", ()),
        ("Was geschah seit 1950?", ()),
        ("Was geschah vor 2031?", ()),
        ("Was geschah seit 2031?", (2031,)),
        ("Was geschah vor 1950?", (1950,)),
    ],
)
def test_years_out_of_reach_are_refused_whatever_the_scores(
    question: str, years: tuple[int, ...]
) -> None:
    given = answer(Question.read(question), found(hit(record(), 0, 2)), REACH, 1, 0)
    assert given.years == years
    assert given.answered == (not years)


def test_a_year_out_of_reach_is_refused_in_a_chosen_period_too() -> None:
    question = replace(Question.read("Was geschah 2031?"), within=Days.of_year(2020))
    given = answer(question, found(hit(record(), 0, 2)), REACH, 1, 0)
    assert (given.reason, given.years) == ("outside_period", (2031,))


@pytest.mark.parametrize(
    "question",
    ["Was erlaubte Resolution 2085?", "What did resolution 2085 allow?", "la résolution 2085 ?"],
)
def test_a_resolution_is_answered_by_no_other(question: str) -> None:
    other = hit(record("Die Resolution 2100 erlaubte dem Rat eine Brücke."), 0, 0, score=2)
    same = hit(record("Die Resolution 2085 erlaubte dem Rat einen Brunnen.", number=1), 0, 0)
    given = answer(Question.read(question), found(other, same), REACH, 1, 0)
    assert [citation.article for citation in given.citations] == ["1.md"]
    assert (given.answered, given.years) == (True, ())
    assert not answer(Question.read(question), found(other), REACH, 1, 0).answered


REPRINTED = (
    "Bei dem Angriff auf den Posten starben nach Angaben der Armee am Freitag 49 Soldaten und ein "
    "Zivilist, weitere wurden verletzt."
)


def test_reprints_of_one_text_count_as_one_source() -> None:
    first, copy = record(REPRINTED), record(REPRINTED.replace("Freitag", "1. November"), number=1)
    other = record("Der Posten wurde danach geräumt und verlegt.", number=2)
    hits = found(hit(first, 0, 0), hit(copy, 0, 0), hit(other, 0, 0))
    citations = answer(ASKED, hits, REACH, 1, 0).citations
    assert [citation.article for citation in citations] == ["0.md", "2.md"]
    assert [one.title for one in citations[0].reprints] == ["Dorf & Brunnen"]


def test_an_article_and_its_translation_are_one_reprint_however_often_found() -> None:
    text = " ".join([REPRINTED, REPRINTED.replace("Posten", "Lastwagen")] * 2)
    first, copy = record(text), record(text, number=1)
    again = replace(record(text, number=2), original=1)
    hits = found(hit(first, 0, 3), hit(copy, 0, 3), hit(copy, 0, 2), hit(again, 0, 3))
    [citation] = answer(ASKED, hits, REACH, 1, 0).citations
    assert len(citation.reprints) == 1


def test_the_same_words_with_another_figure_are_no_reprint() -> None:
    first, update = record(REPRINTED), record(REPRINTED.replace("49", "53"), number=1)
    citations = answer(ASKED, found(hit(first, 0, 0), hit(update, 0, 0)), REACH, 1, 0).citations
    assert [citation.article for citation in citations] == ["0.md", "1.md"]
    assert citations[0].reprints == ()


def test_figures_that_differ_between_passages_are_pointed_out() -> None:
    early = record("In Tabankort starben nach Angaben der Armee 24 Soldaten.")
    late = record("Die Zahl der in Tabankort getöteten Soldaten stieg auf 43 Soldaten.", number=1)
    other = record("In Lere wurden 7 Soldaten verletzt.", number=2)
    given = answer(ASKED, found(hit(early, 0, 0), hit(late, 0, 0), hit(other, 0, 0)), REACH, 1, 0)
    [differing] = given.differing
    text = given.citations[differing.n - 1].text[differing.start : differing.end]
    assert (differing.n, text) == (2, "43 Soldaten")


def test_a_toll_without_a_speaker_is_given_by_its_outlet() -> None:
    bare = answer(ASKED, found(hit(record("Es starben 24 Soldaten."), 0, 0)), REACH, 1, 0)
    assert bare.figure_by == bare.citations[0]
    said = "Nach Angaben der Armee starben 24 Soldaten."
    assert answer(ASKED, found(hit(record(said), 0, 0)), REACH, 1, 0).figure_by is None
    before = record("Nach Angaben der Armee brannte Kati. Dabei starben 24 Soldaten.")
    pointing = answer(ASKED, found(hit(before, 0, 1, best=1)), REACH, 1, 0)
    assert pointing.text == before.text  # the army says that it burned
    assert pointing.figure_by == pointing.citations[0]


def test_what_was_found_beyond_the_citations_can_be_asked_for() -> None:
    articles = [record(f"Satz Nummer {n} über den Brunnen.", number=n) for n in range(6)]
    given = answer(ASKED, found(*(hit(one, 0, 0) for one in articles)), REACH, 1, 0)
    assert len(given.citations) == 3
    assert len(given.more) == 3


def _told(number: int, year: int | None) -> ArticleRecord:
    """An article of that year."""
    date = dt.date(year, 1, 1) if year else None
    return record(f"Satz Nummer {number} über den Brunnen.", number=number, date=date)


def test_a_newer_article_that_was_found_near_the_best_and_is_not_cited_is_named() -> None:
    years = (2015, 2016, None, 2025, 2024)
    hits = [hit(_told(n, year), 0, 0, 1 - n / 25) for n, year in enumerate(years)]
    given = answer(ASKED, found(*hits), REACH, 1, 0)
    assert [one.article for one in given.citations] == ["0.md", "1.md", "2.md"]
    assert given.newest == dt.date(2016, 1, 1)
    assert given.newer
    assert given.newer.date == dt.date(2025, 1, 1)
    far = [*hits[:3], hit(_told(3, 2025), 0, 0, 0.75)]
    assert answer(ASKED, found(*far), REACH, 1, 0).newer is None
    assert answer(ASKED, found(*hits[:2], hit(_told(2, 2014), 0, 0)), REACH, 1, 0).newer is None


@pytest.mark.parametrize(
    "question",
    [
        "Was kostet der Brunnen heute?",
        "What does the well cost now?",
        "Que coûte-t-il aujourd'hui ?",
    ],
)
def test_how_things_stand_is_answered_with_the_newest_article_among_the_cited(
    question: str,
) -> None:
    hits = [hit(_told(n, 2025 if n == 4 else 2015), 0, 0, 1 - n / 25) for n in range(6)]
    given = answer(Question.read(question), found(*hits), REACH, 1, 0)
    assert [one.article for one in given.citations] == ["0.md", "1.md", "4.md"]
    assert (given.newest, given.newer) == (dt.date(2025, 1, 1), None)
    assert given.more == (0, 0, 0)


def test_a_newer_reprint_is_no_newer_article() -> None:
    hits = [
        hit(record(REPRINTED, number=n, date=dt.date(2015 + n, 1, 1)), 0, 0, 1 - n / 25)
        for n in range(2)
    ]
    given = answer(Question.read("Was geschah zuletzt?"), found(*hits), REACH, 1, 0)
    assert (len(given.citations), given.newest, given.newer) == (1, dt.date(2016, 1, 1), None)


BEFORE_2014 = [
    "Was geschah vor 2014 am Markt?",
    "What happened at the market before 2014?",
    "Que s'est-il passé au marché avant 2014 ?",
]


@pytest.mark.parametrize("question", BEFORE_2014)
def test_the_quote_names_no_day_outside_the_period_alone(question: str) -> None:
    asked = Question.read(question)
    both = record("Im Mai 2016 brannte der Markt. Im Mai 2012 war Hochwasser.")
    assert answer(asked, found(hit(both, 0, 1)), REACH, 1, 0).text == "Im Mai 2012 war Hochwasser."
    later = record("Im Mai 2016 brannte der Markt.", number=1)
    then = record("Im Mai 2012 zog der Markt um. Im Mai 2016 zog er zurück.", number=2)
    given = answer(asked, found(hit(later, 0, 0), hit(then, 0, 1, best=1)), REACH, 1, 0)
    assert [one.quote for one in given.citations] == ["Im Mai 2012 zog der Markt um."]
    nothing = answer(asked, found(hit(later, 0, 0)), REACH, 1, 0)
    assert (nothing.answered, nothing.citations, len(nothing.topics)) == (False, (), 1)


def test_a_quote_without_a_day_is_of_its_articles_time_or_of_the_day_named_before() -> None:
    before, since = (
        Question.read(f"Was geschah {word} 2014 am Markt?") for word in ("vor", "seit")
    )
    told = {2012: record("Im Mai 2012 brannte der Markt. Alle schliefen. Es war Nacht.")}
    told[2016] = record("Im Mai 2016 brannte der Markt. Alle schliefen. Im Mai 2012 nicht.")
    quotes = {
        (asked.asked.split()[2], year): answer(
            asked, found(hit(article, 0, 2, best=1)), REACH, 1, 0
        ).text
        for asked in (before, since)
        for year, article in told.items()
    }
    assert quotes == {
        ("vor", 2012): "Alle schliefen.",
        ("vor", 2016): "Im Mai 2012 nicht.",
        ("seit", 2012): "Alle schliefen.",  # the article is of 2020
        ("seit", 2016): "Alle schliefen.",
    }


def test_of_what_time_it_is_tells_what_answers_before_what_it_points_to() -> None:
    asked = Question.read(BEFORE_2014[0])
    left = record("Im Mai 2012 kam der Wirt. Er ging im Mai 2016. Im Mai 2012 war es heiß.")
    given = answer(asked, found(hit(left, 0, 2, best=1)), REACH, 1, 0)
    assert given.text == "Im Mai 2012 kam der Wirt."
    stayed = record("Im Mai 2016 kam der Wirt. Er blieb.", date=dt.date(2012, 6, 1))
    assert not answer(asked, found(hit(stayed, 0, 1, best=1)), REACH, 1, 0).citations


def test_the_day_on_which_something_was_claimed_counts_for_the_quote() -> None:
    asked = Question.read(BEFORE_2014[0])
    text = "Im Mai 2016 sagte der Rat, der Markt sei leer. Er sei verwaist."
    assert not answer(asked, found(hit(record(text), 0, 1, best=1)), REACH, 1, 0).citations


def test_a_quote_may_name_days_on_both_sides() -> None:
    asked = Question.read(BEFORE_2014[0])
    text = "Von Mai 2012 bis Mai 2016 lag der Markt am Fluss."
    assert answer(asked, found(hit(record(text), 0, 0)), REACH, 1, 0).text == text


def test_an_answer_that_is_less_than_likely_is_unsure() -> None:
    def given(sure: float, likely: float) -> tuple[bool, bool]:
        one = answer(ASKED, found(hit(record(), 0, 2)), REACH, 1, sure, likely)
        return one.answered, one.unsure

    assert given(sure=0.0, likely=1.0) == (True, True)
    assert given(sure=0.0, likely=0.0) == (True, False)
    assert given(sure=1.0, likely=1.0) == (False, False)
