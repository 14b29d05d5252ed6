"""What is trained on beside sentence pairs: dictionary, questions, Wikipedia."""

import gzip
import json
import random
from itertools import islice
from pathlib import Path

import pytest

from index.errors import TrainingDataError
from index.model.dictionary import Dictionary
from index.model.examples import Questions, Sizes, Texts, batches
from index.model.pairs import Pair, Pairs
from index.model.questions import from_wikipedia
from tests.index.model.test_pairs import write

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
WORDS = [
    "Das/O Dorf/O Sanga/B-LOC liegt/O in/O Mali/B-LOC",
    "Im/O Jahr/O 1931/O grub/O man/O es/O",
    "Awa/B-PER Diarra/I-PER lobte/O das/O Wasser/O sehr/O",
] * 6


def write_texts(folder: Path) -> Path:
    """The three clones that `Texts.read` reads, in little."""
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
