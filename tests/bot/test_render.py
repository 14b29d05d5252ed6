"""The same answer as terminal text, Telegram HTML and JSON."""

import datetime as dt
import io
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.answer import Answer, Differing, Source, answer
from bot.engine import Context, Event
from bot.language import written
from bot.question import Question, QuestionError
from bot.render.buttons import MAX_DATA, WISHES, Press, Wish
from bot.render.json import error_line, line
from bot.render.telegram import (
    MAX_MESSAGE,
    Message,
    context,
    inline,
    latest,
    messages,
    more,
    original,
    outlets,
    sources,
    timeline,
)
from bot.render.terminal import show
from index import article
from index.dates import Days
from index.records import Outlet
from index.words import LANGUAGES, Language
from tests.bot.makers import REACH, answered, found, hit, record, refused

KEYS = ["question", "language", "answered", "answer", "citations", "latency_ms"]
CITATION_KEYS = ["n", "article", "title", "outlet", "date", "url", "text", "start", "end"]

printable = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")),
    min_size=1,
    max_size=400,
).filter(lambda text: any(char.isalpha() for char in text))


#: Titles, names and texts of any characters, also long ones without a space.
whatever = st.builds(
    lambda text, times: (text * times)[:500],
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=9
    ).filter(lambda text: any(char.isalpha() for char in text)),
    st.sampled_from((1, 30, 500)),
)


class Balanced(HTMLParser):
    """Fails on tags that Telegram does not take or that are not closed in order."""

    allowed = ("a", "b", "i", "blockquote")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.allowed
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> str:
    """What people see of a message that Telegram takes."""
    checker = Balanced()
    checker.feed(html)
    checker.close()
    assert not checker.open
    assert checker.text.strip()
    assert len(checker.text.encode("utf-16-le")) // 2 <= MAX_MESSAGE
    return checker.text


def shown(answer: Answer, **options: object) -> str:
    stream = io.StringIO()
    show(answer, Console(file=stream, highlight=False, markup=False, **options))  # type: ignore[arg-type]
    return stream.getvalue()


def test_telegram_shows_quote_passage_source_date_and_link() -> None:
    [sent] = messages(answered())
    first, source, standing = sent.html.split("\n")[0], sent.html, sent.html.split("\n")[-1]
    assert first == (
        '<b>Der Bau kostete 4000 Euro.</b> <a href="https://example.org/a?b=1&amp;c=2">[1]</a>'
    )
    assert "Blatt · Dorf &amp; Brunnen · 5. März 2020\n<blockquote expandable>" in source
    assert "tief. <b>Der Bau kostete 4000 Euro.</b> Der Rat" in source
    assert standing == "<i>Neuester zitierter Artikel: 5. März 2020.</i>"


@pytest.mark.parametrize(
    ("question", "reserve"),
    [
        (
            "Was kostete der Brunnen?",
            "Nicht sicher, ob das die Frage beantwortet; am ehesten passt:",
        ),
        (
            "What did the well cost?",
            "Not sure this answers the question; the closest I found:",
        ),
        (
            "Combien a coûté le puits ?",
            "Pas sûr que cela réponde à la question ; le plus proche que j'aie trouvé :",
        ),
    ],
)
def test_a_quote_that_may_not_answer_is_given_with_reserve(question: str, reserve: str) -> None:
    likely = answered(question=question)
    unsure = replace(likely, unsure=True)
    first, quote, *_ = messages(unsure)[0].html.split("\n")
    assert unescape(first) == f"<i>{reserve}</i>"
    assert quote.startswith("<b>Der Bau kostete 4000 Euro.</b>")
    assert messages(likely)[0].html.startswith("<b>Der Bau kostete 4000 Euro.</b>")
    assert shown(unsure).startswith(f"{reserve}\nDer Bau kostete 4000 Euro. [1]\n")
    assert shown(likely).startswith("Der Bau kostete 4000 Euro. [1]\n")
    assert json.loads(line(unsure, 1.0))["unsure"] is True
    assert json.loads(line(likely, 1.0))["unsure"] is False


def test_a_refusal_is_not_given_with_reserve() -> None:
    assert not refused().unsure
    assert json.loads(line(refused(), 1.0))["unsure"] is False


@given(printable)
def test_telegram_html_is_well_formed_and_loses_no_character(text: str) -> None:
    answer = answered(f"Satz {text} Ende.")
    parts = [message.html for message in messages(answer)]
    assert all(0 < len(part) <= MAX_MESSAGE for part in parts)
    assert answer.citations[0].text in "\n".join(map(read, parts))


@settings(deadline=None)
@given(whatever, whatever, whatever, st.integers(0, 24), st.sampled_from(LANGUAGES))
def test_telegram_takes_every_message_whatever_titles_and_outlets_are(
    title: str, outlet: str, text: str, count: int, language: Language
) -> None:
    url = f"https://example.org/{'?' + '&' * 2_000}"
    answer = answered(question="Was kostet der Brunnen zurzeit?")
    answer = replace(answer, question=replace(answer.question, reader=language))
    cited = replace(
        answer.citations[0],
        title=title,
        outlet=outlet,
        url=url,
        text=text * 2,
        evidence=(0, len(text)),
        told=(0, len(text)),
        reprints=tuple(Source(title, outlet, None, url) for _ in range(count)),
    )
    differing = tuple(Differing(1, 0, 20 * end) for end in range(count))
    full = replace(answer, citations=(cited,) * 3, differing=differing)
    none = refused(unknown=(text,))
    none = replace(
        none,
        unknown_words=(text, outlet),
        namesakes=(title,) * 3,
        topics=(Source(title, outlet, None, url),) * 3,
    )
    checked = tuple(article.Source(outlet=outlet, title=title) for _ in range(count))
    base = record(text * 10, url)
    named = replace(
        base, title=title, outlet=outlet, note=title, authors=(title,) * count, sources=checked
    )
    sent = [
        *messages(full),
        *messages(none),
        *context(Context(named, text, named.text, text), 3, language),
        *original(named, named.text, language),
        *more(full.citations, language),
        *sources([named] * 3, 3, language),
        *outlets([Outlet(outlet, 1, None, None)] * 24, text, language),
        *latest([named] * 8, language),
        *timeline(replace(full.question, asked=title), [Event(None, 0, cited)] * 10),
        Message(inline(cited, language)),
    ]
    for one in sent:
        read(one.html)


def test_what_is_too_long_for_one_message_is_in_several_and_loses_no_word() -> None:
    answer = answered()
    words = [f"Wort{number}" for number in range(900)]
    source = Source(" ".join(words), "Blatt", None, None)
    cited = replace(answer.citations[0], reprints=(source,))
    sent = [read(message.html) for message in messages(replace(answer, citations=(cited,)))]
    assert len(sent) > 1
    assert " ".join(words) in " ".join(" ".join(sent).split())


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "und noch 19-mal."), ("en", "and 19 more."), ("fr", "et 19 de plus.")],
)
def test_five_reprints_are_named_and_the_others_counted(language: Language, said: str) -> None:
    answer = answered()
    printed = tuple(Source(f"Titel {n}", "Zeitung", None, None) for n in range(24))
    cited = replace(answer.citations[0], reprints=printed)
    answer = replace(answer, question=replace(answer.question, reader=language), citations=(cited,))
    for text in (messages(answer)[0].html, shown(answer, width=1000)):
        assert f"Titel 4 · {written(None, language)}; {said}" in text
        assert "Titel 5" not in text
    assert len(json.loads(line(answer, 1.0))["citations"][0]["reprints"]) == 24


def test_long_answers_are_several_messages() -> None:
    text = " ".join(f"Satz {n} {'<&>' * 70}." for n in range(3))
    answer = answered(text)
    assert all(len(part.html) <= MAX_MESSAGE for part in messages(answer))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "Was kostete der Brunnen?",
            "Dazu finde ich in den Artikeln nichts. Mein Bestand: 2 Artikel",
        ),
        (
            "What did the well cost?",
            "I find nothing on this in the articles. What I hold: 2 articles",
        ),
        ("Combien coûte le puits ?", "Je ne trouve rien à ce sujet dans les articles. Mon fonds"),
        ("Was geschah 2024?", "2024 liegt außerhalb der Zeit"),
    ],
)
def test_a_refusal_says_why_and_how_far_the_articles_reach_and_cites_nothing(
    question: str, said: str
) -> None:
    message = messages(refused(question))[0].html
    terminal = shown(refused(question), width=1000)
    for text in (message, terminal):
        assert said in text
        assert "2019" in text
        assert "2022" in text
        assert "[1]" not in text
        assert "4000" not in text


def test_json_has_the_promised_keys_in_one_line() -> None:
    text = line(answered(), 1.234)
    value = json.loads(text)
    assert "\n" not in text
    assert list(value)[: len(KEYS)] == KEYS
    assert list(value["citations"][0])[:11] == [*CITATION_KEYS, "evidence", "score"]
    assert (value["answered"], value["latency_ms"], value["reason"]) == (True, 1.23, None)
    start, end = value["citations"][0]["evidence"]
    assert value["citations"][0]["text"][start:end] == value["answer"]
    assert value["citations"][0]["date"] == "2020-03-05"


def test_json_of_a_refusal_has_no_answer_but_lists_what_was_nearest() -> None:
    value = json.loads(line(refused(), 1.0))
    assert (value["answered"], value["answer"], value["reason"]) == (False, None, "not_covered")
    assert value["citations"]
    assert value["message"].startswith("Dazu finde ich")


def test_json_of_a_bad_question_has_the_same_keys() -> None:
    with pytest.raises(QuestionError) as caught:
        Question.read("🙂")
    value = json.loads(error_line(caught.value, 0.1))
    assert list(value) == list(json.loads(line(refused(), 1.0)))
    assert (value["answered"], value["citations"], value["reason"]) == (False, [], "bad_question")


def test_the_terminal_fits_forty_columns_and_loses_no_word() -> None:
    answer = answered()
    text = shown(answer, width=40, force_terminal=True, no_color=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert all(len(row) <= 40 for row in plain.splitlines())
    for word in answer.citations[0].text.split():
        assert word in plain
    assert "\x1b[1m" in text  # the quote is bold


def test_a_pipe_gets_marks_and_no_wrapping() -> None:
    text = shown(answered(), width=1_000_000)
    assert "tief. »»Der Bau kostete 4000 Euro.«« Der Rat tagte am Montag." in text
    assert not any(row != row.rstrip() for row in text.splitlines())


def test_a_question_about_now_says_as_of_when() -> None:
    text = messages(answered(question="Was kostet der Brunnen zurzeit?"))[0].html
    assert "Stand 5. März 2020. Einen neueren Artikel dazu habe ich nicht gefunden." in text


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            "im Jahr 2015",
            "Die Stelle reicht nur bis 31. Dezember 2015, der Artikel ist vom 5. März",
        ),
        ("am 6. März 2019", "Stand 5. März 2020."),
        ("am 4. März 2019", "Die Stelle reicht nur bis 4. März 2019, der Artikel ist vom 5. März"),
        ("am 4. März 2019 und wird 2031 zehn", "Stand 5. März 2020."),
    ],
)
def test_an_article_that_looks_back_does_not_date_what_it_tells(named: str, said: str) -> None:
    given = answered(f"Der Brunnen entstand {named}.", "Gibt es den Brunnen noch?")
    assert said in messages(given)[0].html


@pytest.mark.parametrize(
    ("question", "cited", "not_cited"),
    [
        (
            "Was kostet der Brunnen heute?",
            "Stand 5. März 2020. Neuer ist [2]: 2. Mai 2025.",
            "\nNeuer, hier nicht zitiert: Dorf & Brunnen, 2. Mai 2025.",
        ),
        (
            "What does the well cost now?",
            "As of 5 March 2020. Newer is [2]: 2 May 2025.",
            "\nNewer, not quoted here: Dorf & Brunnen, 2 May 2025.",
        ),
        (
            "Que coûte le puits aujourd'hui ?",
            "Situation au 5 mars 2020. Plus récent : [2], 2 mai 2025.",
            "\nPlus récent, non cité ici : Dorf & Brunnen, 2 mai 2025.",
        ),
    ],
)
def test_a_newer_article_is_told_of_whether_cited_or_not(
    question: str, cited: str, not_cited: str
) -> None:
    newer = record("Der Brunnen ist zu.", number=1, date=dt.date(2025, 5, 2))
    hits = [hit(record(), 0, 2), hit(newer, 0, 0, 0.85)]
    given = answer(Question.read(question), found(*hits), REACH, 7, 0.0)
    assert cited in shown(given, width=1000)
    assert not_cited not in shown(given, width=1000)
    source = Source("Dorf & Brunnen", "Blatt", dt.date(2025, 5, 2), None)
    left_out = replace(given, citations=given.citations[:1], newer=source)
    assert not_cited in shown(left_out, width=1000)
    assert json.loads(line(left_out, 1.0))["newer"]["date"] == "2025-05-02"
    assert json.loads(line(given, 1.0))["newer"] is None


def test_a_timeline_says_what_dates_an_entry_and_which_period_was_searched() -> None:
    [citation] = answered().citations
    events = [Event(dt.date(2019, 5, 1), 31, citation), Event(None, 0, citation)]
    question = Question.read("Brunnen")
    [sent] = timeline(replace(question, within=Days.of_year(2019)), events)
    parts = sent.html.split("\n\n")
    assert parts[0] == "<b>Zeitleiste: Brunnen</b>\n<i>Gesucht nur im Zeitraum: 2019.</i>"
    assert parts[1].startswith("<b>Mai 2019</b>")
    assert parts[2].startswith("<b>berichtet 5. März 2020</b>")
    assert "Gesucht" not in timeline(question, events)[0].html


def test_buttons_carry_all_they_need_and_only_answers_have_them() -> None:
    [sent] = messages(answered())
    pressed = [button.press for row in sent.buttons for button in row]
    assert {press.wish for press in pressed} == {"context", "sources", "up", "down"}
    assert {(press.generation, press.language) for press in pressed} == {(7, "de")}
    assert messages(refused())[0].buttons == ()


@given(
    st.sampled_from(WISHES),
    st.sampled_from(LANGUAGES),
    st.integers(0, 10**9),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12),
)
def test_a_button_says_what_it_carried_in_64_bytes(
    wish: Wish, language: Language, generation: int, chunks: list[int]
) -> None:
    data = Press(wish, language, generation, tuple(chunks)).data()
    assert len(data.encode()) <= MAX_DATA
    read = Press.read(data)
    assert read is not None
    assert (read.wish, read.language, read.generation) == (wish, language, generation)
    assert read.chunks == tuple(chunks)[: len(read.chunks)]


@given(st.text(max_size=70))
def test_any_button_data_is_read_or_refused(data: str) -> None:
    Press.read(data)


def test_a_long_context_is_cut_between_sentences() -> None:
    text = " ".join(f"Satz {n} ist {'sehr ' * 40}lang." for n in range(60))
    sent = context(Context(record(text), "", text, ""), 3, "de")
    assert len(sent) > 1
    assert all(len(message.html) <= MAX_MESSAGE for message in sent)
    plain = unescape(re.sub(r"<[^>]*>", " ", " ".join(message.html for message in sent)))
    for number in range(60):
        assert f"Satz {number} ist" in plain
