"""The live engine: questions answered together, and a new generation taken up."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import Engine
from bot.live import MAX_BATCH, LiveEngine
from bot.question import Question
from bot.settings import BotSettings
from index.build import build
from index.chunk import Chunker
from index.dates import Days, named_days
from index.errors import Unreachable
from index.manifest import current
from tests.conftest import BRIDGE, TrigramEmbedder


@pytest.fixture
def settings(built: Path) -> BotSettings:
    return BotSettings(index=built, sure=0.0)


def live(settings: BotSettings, embedder: TrigramEmbedder) -> LiveEngine:
    return LiveEngine(Engine.over(embedder, settings), settings)


def test_many_who_ask_at_once_get_what_one_alone_gets(
    settings: BotSettings, embedder: TrigramEmbedder
) -> None:
    questions = [
        Question.read(text)
        for text in ("Was kostete der Brunnen?", "When does the market move?", "le pont de Kona")
    ] * (MAX_BATCH // 2)

    async def ask() -> list[str | None]:
        engine = live(settings, embedder)
        engine.start()
        answers = await asyncio.gather(*(engine.ask(question) for question in questions))
        await engine.stop()
        return [answer.text for answer in answers]

    alone = Engine.over(embedder, settings)
    assert asyncio.run(ask()) == [alone.answer([question])[0].text for question in questions]


def test_one_question_that_fails_costs_the_others_nothing(
    settings: BotSettings, embedder: TrigramEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Engine.answer

    def fragile(self: Engine, questions: list[Question]) -> list[object]:
        if any("kaputt" in question.text for question in questions):
            raise RuntimeError
        return list(honest(self, questions))

    monkeypatch.setattr(Engine, "answer", fragile)

    async def ask() -> list[object]:
        engine = live(settings, embedder)
        asked = [Question.read(text) for text in ("der Brunnen", "kaputt", "le pont")]
        tasks = [asyncio.ensure_future(engine.ask(question)) for question in asked]
        await asyncio.sleep(0)
        engine.start()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        await engine.stop()
        return list(found)

    good, bad, also_good = asyncio.run(ask())
    assert isinstance(bad, RuntimeError)
    assert not isinstance(good, Exception)
    assert not isinstance(also_good, Exception)


def test_a_new_generation_is_taken_up_and_a_damaged_one_is_not(
    settings: BotSettings, embedder: TrigramEmbedder, corpus_folder: Path, built: Path
) -> None:
    async def run() -> None:
        engine = live(settings, embedder)
        assert not await engine.refresh()
        (corpus_folder / "neu.md").write_text(BRIDGE.replace("Kona", "Sevare"), "utf-8")
        build([corpus_folder], embedder, built, Chunker(), lambda *_: None)
        assert await engine.refresh()
        assert engine.engine.generation == 2
        build([corpus_folder], embedder, built, Chunker(), lambda *_: None)
        (current(built) / "store.sqlite").write_bytes(b"broken")
        assert not await engine.refresh()
        assert engine.engine.generation == 2
        assert engine.engine.ask("Sevare").citations

    asyncio.run(run())


def test_two_who_look_at_once_open_a_new_generation_once(
    settings: BotSettings, embedder: TrigramEmbedder, corpus_folder: Path, built: Path
) -> None:
    async def run() -> tuple[bool, bool]:
        engine = live(settings, embedder)
        (corpus_folder / "pont.md").unlink()
        build([corpus_folder], embedder, built, Chunker())
        return await asyncio.gather(engine.refresh(), engine.refresh())

    assert sorted(asyncio.run(run())) == [False, True]


def test_an_index_that_goes_away_for_a_while_is_looked_for_again(
    settings: BotSettings,
    embedder: TrigramEmbedder,
    corpus_folder: Path,
    built: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        engine = live(settings, embedder)
        (built / "current").rename(built / "away")
        assert not await engine.refresh()
        assert not await engine.refresh()
        assert engine.engine.ask("Brunnen").citations
        (built / "away").rename(built / "current")
        (corpus_folder / "pont.md").unlink()
        build([corpus_folder], embedder, built, Chunker())
        assert await engine.refresh()

    asyncio.run(run())
    assert [one.getMessage() for one in caplog.records if one.levelname == "WARNING"] == [
        f"the new generation cannot be used, the old one answers on: {built}: no index here yet; "
        f"mend it with: mali-index build --index {built}"
    ]


def test_what_cannot_be_reached_is_tried_again_and_nothing_ends_the_looking(
    settings: BotSettings,
    embedder: TrigramEmbedder,
    corpus_folder: Path,
    built: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (corpus_folder / "pont.md").unlink()
    faults = [Unreachable("away"), Unreachable("away"), OSError(28, "disk full")]
    honest = Engine.over

    def fragile(*arguments: object) -> Engine:
        if faults:
            raise faults.pop(0)
        return honest(*arguments)  # type: ignore[arg-type]

    async def run() -> None:
        engine = live(settings, embedder)
        build([corpus_folder], embedder, built, Chunker())
        monkeypatch.setattr(Engine, "over", fragile)
        monkeypatch.setattr("bot.live._LOOK_EVERY", 0.01)
        engine.start()
        async with asyncio.timeout(10):
            while engine.engine.generation != 2:
                await asyncio.sleep(0.01)
        await engine.stop()

    asyncio.run(run())
    assert [one.getMessage() for one in caplog.records if one.levelname != "INFO"] == [
        "the new generation cannot be used, the old one answers on: away",
        "looking for a new generation failed: OSError",
    ]


def test_context_is_the_paragraphs_around(settings: BotSettings, embedder: TrigramEmbedder) -> None:
    engine = Engine.over(embedder, settings)
    cited = engine.ask("Was kostete der Brunnen in Sanga?").citations[0]
    context = engine.context(cited.chunk)
    assert "Nach Angaben der Gemeinde" in context.passage
    assert "Der Bürgermeister sagte" in context.after
    assert context.before == ""
    with pytest.raises(KeyError):
        engine.context(10_000)


def test_a_timeline_is_in_order_and_empty_where_nothing_is_sure(
    settings: BotSettings, embedder: TrigramEmbedder
) -> None:
    engine = Engine.over(embedder, settings)
    events = engine.timeline(Question.read("Brunnen Markt Brücke 2019"))
    days = [event.when for event in events]
    assert days == sorted(day for day in days if day)
    for event in events:
        named = [one.days.first for one in named_days(event.citation.quote)]
        assert event.day in named if named else event.day is None
    assert None in {event.day for event in events}
    never = BotSettings(index=settings.index, sure=1.0)
    assert Engine.over(embedder, never).timeline(Question.read("Brunnen")) == []


def test_a_timeline_of_a_period_has_no_heading_outside_it(
    settings: BotSettings, embedder: TrigramEmbedder
) -> None:
    engine = Engine.over(embedder, settings)
    everything = engine.timeline(Question.read("Brunnen Markt Brücke"))
    within = Days.of_year(2020)
    some = engine.timeline(replace(Question.read("Brunnen Markt Brücke"), within=within))
    assert some
    assert len(some) < len(everything)
    assert all(event.when and event.when.year == 2020 for event in some)
