"""What is trained on beside sentence pairs: dictionary, questions, Wikipedia."""

import gzip
import json
import random
import zipfile
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import index.model.questions
from index.errors import TrainingDataError
from index.model.articles import TrainingArticle
from index.model.dictionary import Dictionary
from index.model.examples import Questions, Sizes, Texts, batches
from index.model.pairs import Pair, Pairs, held_out_lines, read_phrases
from index.model.questions import from_wikipedia, name_of, read_written
from index.model.rows import read_rows
from index.words import LANGUAGES
from tests.index.model.test_pairs import write

SHARED = Path(__file__).parents[4] / "shared"
FRENCH_WORDS = """prêt {m} [finance] :: loan, advance, third meaning
puits {m} :: well; pit
voyait {v} :: third-person singular form of voir
"""
GERMAN_WORDS = "well {n} (hole sunk into the ground) :: Brunnen {m}, Schacht {m}\n"
DSL = """#NAME "x"
village
village
\t[b][c darkblue]village[/c][/b] [p]<n>[/p] (rural area)
\t[m1]village [p]<m>[/p], bourgade [p]<f>[/p][/m]
"""
QUESTIONS = {
    "data": [
        {
            "paragraphs": [
                {
                    "context": f"Le puits numéro {n} a {n + 3} mètres de profondeur.",
                    "qas": [{"question": f"Quelle est la profondeur du puits {n} ?"}],
                }
                for n in range(4)
            ]
        }
    ]
}
PHRASES = "Go.\tVa !\nI like the well.\tJ'aime bien le puits.\tby somebody\n"
WORDS = [
    "Das/O Dorf/O Sanga/B-LOC liegt/O in/O Mali/B-LOC",
    "Im/O Jahr/O 1931/O grub/O man/O es/O",
    "Awa/B-PER Diarra/I-PER lobte/O das/O Wasser/O sehr/O",
] * 6


def write_texts(folder: Path) -> Path:
    """The clones that `Texts.read` and `Texts.with_more` read, in little."""
    files = {
        "wiktionary-dict/src/fr-en-enwiktionary.txt": FRENCH_WORDS.encode(),
        "wiktionary-dict/src/en-de-enwiktionary.txt": GERMAN_WORDS.encode(),
        "wiktionary-dict/dsl/twoway/en-fr-enwiktionary.dsl.dz": gzip.compress(
            DSL.encode("utf-16-le")
        ),
        "fquad-exploration/data/valid.json": json.dumps(QUESTIONS).encode(),
    }
    tagged = "\n".join(
        "".join(f"{n}\t{word.replace('/', chr(9))}\n" for n, word in enumerate(sentence.split()))
        for sentence in WORDS
    )
    for language in ("de", "en", "fr"):
        for part in ("val", "test"):
            files[f"wikineural/data/wikineural/{language}/{part}.conllu"] = tagged.encode()
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "data").mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "data" / "fra-eng.zip", "w") as archive:
        archive.writestr("fra-eng/fra.txt", PHRASES)
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    return Texts.read(write_texts(tmp_path))


def test_the_dictionary_has_words_and_their_english_but_no_forms(texts: Texts) -> None:
    assert set(texts.dictionary.french) == {
        Pair("prêt", "loan"),
        Pair("prêt", "advance"),
        Pair("puits", "well"),
        Pair("puits", "pit"),
        Pair("village", "village"),
        Pair("bourgade", "village"),
    }
    assert set(texts.dictionary.german) == {Pair("Brunnen", "well"), Pair("Schacht", "well")}


def test_words_are_mixed_into_english_and_the_rest_is_left(texts: Texts) -> None:
    mixer = texts.dictionary.mixer()
    mixed = {mixer.mix("The well is old.", random.Random(n)) for n in range(60)}  # noqa: S311
    assert "The well is old." in mixed
    assert mixed & {"The Brunnen is old.", "The Schacht is old."}
    assert "The puits is old." in mixed
    assert all(text.endswith("is old.") for text in mixed)


def test_questions_made_from_wikipedia_ask_for_what_is_left_out(texts: Texts) -> None:
    made = list(from_wikipedia(texts.wikipedia["de"], "de", random.Random(1)))  # noqa: S311
    assert made
    asking = [one for one in made if one.question.endswith("?")]
    assert asking
    for one in made:
        words = set(one.question.removesuffix("?").split())
        assert len(words & set(one.passage.replace(".", " ").split())) >= 1


def test_batches_are_of_both_kinds_and_the_same_again(texts: Texts, tmp_path: Path) -> None:
    lines = [f"Der Brunnen Nummer {n} ist tief.\tWell number {n} is deep." for n in range(40)]
    pairs = Pairs.read(write(tmp_path, de_en=lines), ())
    sizes = Sizes(characters=2000, texts=16, questions=8, question_share=0.5, typo_share=0.1)
    first = list(islice(batches(pairs, texts, sizes, 0), 30))
    assert first == list(islice(batches(pairs, texts, sizes, 0), 30))
    asked = [batch for batch in first if isinstance(batch, Questions)]
    assert 0 < len(asked) < 30
    for batch in asked:
        assert len(batch.passages) == len(set(batch.passages))
        assert all(0 <= number < len(batch.passages) for number in batch.right)
        assert len(batch.right) == len(batch.questions)


def test_questions_on_articles_stand_beside_the_other_paragraphs_of_theirs(
    texts: Texts, tmp_path: Path
) -> None:
    more = texts.with_articles()
    pairs = Pairs.read(write(tmp_path, de_en=["Ein Brunnen.\tA well."]), ())
    sizes = Sizes(characters=2000, texts=16, questions=48, question_share=1.0, typo_share=0.0)
    theirs = {
        paragraph.text: article.title
        for article in more.articles
        for paragraph in article.paragraphs
    }
    beside = []
    for batch in islice(batches(pairs, more, sizes, 0), 200):
        assert isinstance(batch, Questions)
        titles = Counter(theirs.get(passage) for passage in batch.passages)
        beside += [count for title, count in titles.items() if title]
    assert np.mean(beside) > 3.5


def test_articles_are_whole_and_each_paragraph_is_asked_about(texts: Texts) -> None:
    articles = texts.with_articles().articles
    assert {article.language for article in articles} == {"de", "fr"}
    assert len({article.title for article in articles}) > 0.9 * len(articles)
    for article in articles:
        assert len(article.paragraphs) == 4
        for paragraph in article.paragraphs:
            assert {language: len(some) for language, some in paragraph.questions.items()} == {
                language: 4 if language == article.language else 1 for language in LANGUAGES
            }


@pytest.mark.parametrize("text", ["{", '{"title": "Brunnen"}', "[]", "\xff"])
def test_a_broken_file_of_articles_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TrainingDataError, match="no file of written questions"):
        read_rows(TrainingArticle, path)


@pytest.mark.parametrize(
    "name",
    [
        "wiktionary-dict/src/fr-en-enwiktionary.txt",
        "wiktionary-dict/dsl/twoway/en-fr-enwiktionary.dsl.dz",
        "fquad-exploration/data/valid.json",
        "wikineural/data/wikineural/fr/test.conllu",
    ],
)
def test_what_is_missing_or_broken_is_named(tmp_path: Path, name: str) -> None:
    folder = write_texts(tmp_path)
    for content in (b"\xff\xff\xff", None):
        path = folder / name
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(TrainingDataError) as caught:
            Texts.read(folder)
        assert path.name in str(caught.value)
        path.write_bytes(b"")


def test_an_empty_dictionary_is_told(tmp_path: Path) -> None:
    folder = write_texts(tmp_path) / "wiktionary-dict"
    (folder / "src/en-de-enwiktionary.txt").write_text("nothing here\n")
    with pytest.raises(TrainingDataError, match="no entries found"):
        Dictionary.read(folder)


def test_phrases_are_read_but_for_those_that_are_short_known_or_held_out(tmp_path: Path) -> None:
    path = write_texts(tmp_path) / "data" / "fra-eng.zip"
    pairs = Pairs.read(write(tmp_path), ())
    one = Pair("J'aime bien le puits.", "I like the well.")
    assert read_phrases(path, pairs, ()) == [one]
    assert read_phrases(path, pairs, {"I like the well."}) == []
    known = Pairs.read(write(tmp_path, fr_en=["J'aime bien le puits.\tI do like the well."]), ())
    assert read_phrases(path, known, ()) == []
    for broken in (b"no zip", None):
        path.unlink()
        if broken is not None:
            path.write_bytes(broken)
        with pytest.raises(TrainingDataError, match=r"fra-eng\.zip: no phrases"):
            read_phrases(path, pairs, ())
        path.write_bytes(b"")


def test_written_questions_find_their_passage_in_every_language_there_is(tmp_path: Path) -> None:
    lines = [f"Der Brunnen Nummer {n} ist tief.\tWell number {n} is deep." for n in range(9)]
    french = [f"Le puits numéro {n} est profond.\tWell number {n} is deep." for n in range(4)]
    pairs = Pairs.read(write(tmp_path, de_en=lines, fr_en=french), ())
    rows = [
        {"passage": name_of(pairs.german[:3]), "fr": ["Quel puits ?"], "de": ["Welcher?", "Wo?"]},
        {"passage": name_of(pairs.german[4:8]), "en": ["How deep?"]},
        {"passage": "0123456789abcdef", "en": ["Not about anything here?"]},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    first, second = read_written(path, pairs)
    assert set(first.passages) == {"de", "en", "fr"}
    assert first.passages["fr"].startswith("Le puits numéro 0")
    assert set(second.passages) == {"de", "en"}
    asked = [one for n in range(20) for one in first.asked(random.Random(n))]  # noqa: S311
    assert {one.question for one in asked} == {"Quel puits ?", "Welcher?", "Wo?"}
    assert {one.passage for one in asked} == set(first.passages.values())
    for broken in ("{", '{"fr": []}', None):
        path.unlink()
        if broken is not None:
            path.write_text(broken, "utf-8")
        with pytest.raises(TrainingDataError, match=r"questions\.jsonl: no file of written"):
            read_written(path, pairs)
        path.write_text("", "utf-8")


def test_the_projects_own_questions_are_about_passages_of_the_pairs() -> None:
    if not SHARED.exists():
        pytest.skip("the sentence pairs are not there")
    path = Path(index.model.questions.__file__).with_name("questions.jsonl")
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert len({row["passage"] for row in rows}) == len(rows) > 6000
    pairs = Pairs.read(SHARED / "parallel", held_out_lines(SHARED / "eval"))
    written = read_written(path, pairs)
    assert len(written) == len(rows)
    questions = [text for one in written for texts in one.questions.values() for text in texts]
    assert len(questions) > 21_000
    assert all(8 <= len(text) <= 160 and text == text.strip() for text in questions)
