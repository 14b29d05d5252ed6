"""Questions with known answers: measures, comparison, the gate, the report."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from index.build import build
from index.chunk import Chunker
from index.cli import app
from index.embed import SentenceEmbedder
from index.errors import GateClosed, QuestionsError
from index.evaluate import (
    Outcome,
    Question,
    Quote,
    changed_answers,
    evaluate,
    falls,
    missing,
    read_questions,
    scores,
)
from index.evaluate_cli import gate
from index.evaluation_report import write_report
from index.generation import Generation
from index.manifest import current
from index.map import flattened, write_map
from index.retrieve import Retriever
from tests.conftest import WELL, WELL_FRENCH, WELL_GERMAN, TrigramEmbedder
from tests.index.test_dense import units


def question(name: str, *quotes: str, kind: str = "fact", article: str = "brunnen.md") -> Question:
    evidence = tuple(Quote(article=article, quote=quote) for quote in quotes)
    return Question(id=name, question=name, language="de", kind=kind, evidence=evidence)


def outcome(
    name: str, found: tuple[int | None, ...], sure: float, answered: bool, pieces: int = 1
) -> Outcome:
    asked = question(name, *map(str, range(pieces)))
    return Outcome(asked, found, sure, answered, ())


KNOWN = [
    question("Was kostete der Brunnen in Sanga?", "kostete er 4000\nEuro"),
    question("Wer lobte den Brunnen?", "Awa Diarra"),
    question("Wer gewann das Rennen auf dem Mond?", kind="none"),
]


def test_measures_are_what_they_say() -> None:
    done = [
        outcome("first", (0, None), 0.8, True),
        outcome("second", (None, 0), 0.6, True),
        outcome("missed", (None, None), 0.4, False),
        outcome("nothing found", (), 0.0, False),
        outcome("refused", (None,), 0.1, False, pieces=0),
        outcome("wrongly answered", (None,), 0.9, True, pieces=0),
    ]
    found = scores(done)[0]
    assert (found.answerable, found.unanswerable) == (4, 2)
    assert (found.recall_at_1, found.recall_at_3, found.mrr) == (0.25, 0.5, 0.375)
    assert found.ndcg_at_10 == pytest.approx((1 + 0.6309) / 4, abs=1e-3)
    assert (found.citation_precision, found.refused_wrongly) == (0.5, 0.5)
    assert found.refusal_precision == pytest.approx(1 / 3)
    assert found.refusal_recall == 0.5
    squares = (0.2**2, 0.6**2, 0.4**2, 0, 0.1**2, 0.9**2)
    assert found.brier == pytest.approx(sum(squares) / 6)


def test_one_piece_found_twice_counts_once() -> None:
    twice = scores([outcome("a", (0, 0, 1), 1, True, pieces=2)])[0]
    assert twice.ndcg_at_10 == pytest.approx(1)


def test_groups_are_all_then_languages_then_kinds() -> None:
    other = outcome("b", (0,), 1, True)
    french = replace(
        other, question=other.question.model_copy(update={"language": "fr", "kind": "typo"})
    )
    assert [one.group for one in scores([other, french])] == ["all", "de", "fr", "fact", "typo"]


def test_questions_are_asked_and_evidence_is_found(built: Path, embedder: TrigramEmbedder) -> None:
    generation = Generation.open(built, embedder)
    done = evaluate(KNOWN, Retriever(generation, embedder), sure=0.1)
    assert [one.rank for one in done[:2]] == [1, 1]
    assert done[2].rank is None
    assert missing(KNOWN, generation) == []
    gone = question("x", "steht nicht da")
    nowhere = question("y", "a", article="nowhere.md")
    assert missing([gone, nowhere], generation) == [
        "x: brunnen.md does not say 'steht nicht da'",
        "y: nowhere.md does not say 'a'",
    ]
    assert evaluate([gone, nowhere], Retriever(generation, embedder), 0.1)[0].rank is None


def test_a_translated_passage_holds_the_evidence_of_its_paragraph(
    tmp_path: Path, embedder: TrigramEmbedder
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "well.de.md").write_text(WELL_GERMAN, "utf-8")
    (corpus / "well.fr.md").write_text(WELL_FRENCH, "utf-8")
    build([corpus], embedder, tmp_path / "index", Chunker())
    retriever = Retriever(Generation.open(tmp_path / "index", embedder), embedder)
    asked = question("Quand a été creusé le puits ?", "im Jahr 1931", article="well.de.md")
    french = asked.model_copy(update={"language": "fr"})
    [done] = evaluate([french], retriever, 0.0)
    assert done.hits[0].article.id == "well.fr.md"
    assert done.rank == 1


def written(folder: Path, questions: list[Question]) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(one.model_dump_json() for one in questions) + "\n\n", "utf-8")
    return path


def test_a_question_file_is_read(tmp_path: Path) -> None:
    assert read_questions(written(tmp_path, KNOWN)) == KNOWN


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no questions; expected one JSON object a line"),
        (b"{", r"questions\.jsonl:1: line: .*JSON"),
        (b'\n{"id": "a"}', r"questions\.jsonl:2: question: Field required; expected id"),
        (b"\xff", "cannot be read"),
    ],
)
def test_a_question_file_that_is_none_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "questions.jsonl").write_bytes(content)
    with pytest.raises(QuestionsError, match=said):
        read_questions(tmp_path / "questions.jsonl")
    with pytest.raises(QuestionsError, match="cannot be read"):
        read_questions(tmp_path / "nowhere.jsonl")


def test_the_gate_lets_through_what_answers_as_well(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder, tmp_path: Path
) -> None:
    look = gate(written(tmp_path, KNOWN), built, embedder, 0.02)
    (corpus_folder / "market.md").unlink()
    assert build([corpus_folder], embedder, built, Chunker(), gate=look).manifest.number == 2
    text = WELL.replace("Nach Angaben der Gemeinde kostete er 4000\nEuro. ", "")
    (corpus_folder / "brunnen.md").write_text(text, "utf-8")
    with pytest.raises(GateClosed, match=r"recall at 1|recall_at_1 1\.000 → 0\.500.*serves on"):
        build([corpus_folder], embedder, built, Chunker(), gate=look)
    assert current(built).name == "gen-000002"


def test_the_gate_stays_shut_where_nothing_can_be_compared(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder, tmp_path: Path
) -> None:
    other = replace(embedder, fingerprint="another model")
    look = gate(written(tmp_path, KNOWN), built, other, 1.0)
    with pytest.raises(GateClosed, match=r"what serves cannot be asked .* without --gate"):
        build([corpus_folder], other, built, Chunker(), gate=look)
    assert current(built).name == "gen-000001"


def test_a_generation_after_one_of_another_model_is_measured_alone(
    built: Path,
    corpus_folder: Path,
    embedder: TrigramEmbedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = replace(embedder, fingerprint="another model")
    build([corpus_folder], other, built, Chunker())
    monkeypatch.setattr(SentenceEmbedder, "from_settings", lambda _: other)
    asking = ["eval", str(written(tmp_path, KNOWN)), "--index", str(built)]
    shown = CliRunner().invoke(app, asking)
    assert shown.exit_code == 0
    assert "all  2" in shown.stdout
    assert shown.stderr.startswith("warning: not compared with the one before: ")
    assert CliRunner().invoke(app, [*asking, "--against", "1"]).exit_code == 1


def test_a_first_build_has_nothing_to_fall_below(
    corpus_folder: Path, embedder: TrigramEmbedder, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    look = gate(written(tmp_path, KNOWN), root, embedder, 0.02)
    assert build([corpus_folder], embedder, root, Chunker(), gate=look).manifest.number == 1


def test_falls_name_the_measures_beyond_the_margin() -> None:
    good, bad = (scores([outcome("a", found, 1, True)])[0] for found in ((0,), (None, 0)))
    assert "recall_at_1 1.000 → 0.000" in falls(good, bad, 0.02)
    assert falls(bad, good, 0.02) == falls(good, bad, 1) == []


def test_changed_answers_say_how_they_were_judged(
    built: Path, corpus_folder: Path, embedder: TrigramEmbedder
) -> None:
    before = evaluate(KNOWN, Retriever(Generation.open(built, embedder), embedder), 0.1)
    (corpus_folder / "brunnen.md").unlink()
    build([corpus_folder], embedder, built, Chunker())
    after = evaluate(KNOWN, Retriever(Generation.open(built, embedder), embedder), 0.1)
    lines = list(changed_answers(before, after))
    assert lines[0].startswith("Was kostete der Brunnen in Sanga? (right → ")
    assert not list(changed_answers(before, before))


def test_the_report_is_one_file_that_asks_nobody(
    built: Path, embedder: TrigramEmbedder, tmp_path: Path
) -> None:
    generation = Generation.open(built, embedder)
    asked = [*KNOWN, question("<script>alert(1)</script>", "steht nicht da")]
    done = evaluate(asked, Retriever(generation, embedder), 0.0)
    write_report(tmp_path / "report.html", generation.manifest, done, done)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert(1)" not in html
    assert "recall at 1" in html
    assert 'src="http' not in html
    assert "href=" not in html.split("<body>")[1]


def test_the_map_shows_every_article(
    built: Path, embedder: TrigramEmbedder, tmp_path: Path
) -> None:
    write_map(tmp_path / "map.html", Generation.open(built, embedder))
    body = (tmp_path / "map.html").read_text("utf-8").split("<body>")[1]
    for title in (
        "Dorf Sanga baut einen Brunnen",
        "Market day moves to Monday",
        "Le pont de Kona est réparé",
    ):
        # Plotly writes é as it is if it finds orjson, else as \\u00e9.
        assert title in body or json.dumps(title)[1:-1] in body


def test_flattening_keeps_what_is_near_near() -> None:
    assert flattened(units(1)).shape == (1, 2)
    pair = units(2)
    far = flattened(pair[[0, 0, 1]])
    assert abs(far[0] - far[1]).max() < 1e-6
    assert abs(far[0] - far[2]).max() > 0.1
