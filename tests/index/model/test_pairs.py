"""Sentence pairs: what is read, what is left out, and what is told of broken files."""

import gzip
from pathlib import Path

import pytest

from index.errors import TrainingDataError
from index.model.pairs import Pair, Pairs, passages

GERMAN = ["Der Brunnen im Dorf ist tief.\tThe well in the village is deep."]
FRENCH = ["Le pont de Kona est solide.\tThe bridge of Kona is solid."]
BOTH = ["Der Brunnen im Dorf ist tief.\tLe puits du village est profond."]
NEWS = ["Der Markt zieht um.\tThe market is moving.\tLe marché déménage."]


def write(folder: Path, **files: list[str]) -> Path:
    names = {"de-en": GERMAN, "fr-en": FRENCH, "de-fr": BOTH, "news.de-en-fr": NEWS} | {
        key.replace("_", "-"): value for key, value in files.items()
    }
    for name, lines in names.items():
        text = "".join(f"{line}\n" for line in lines)
        (folder / f"{name}.tsv.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_french_gets_its_english_through_german(tmp_path: Path) -> None:
    pairs = Pairs.read(write(tmp_path), held_out=())
    assert (
        Pair("Le puits du village est profond.", "The well in the village is deep.") in pairs.french
    )
    assert Pair("Der Markt zieht um.", "The market is moving.") in pairs.german


def test_held_out_short_lopsided_and_repeated_lines_are_left_out(tmp_path: Path) -> None:
    lines = [
        "Diese Zeile ist zurückgelegt.\tThis line is held out.",
        "kurz\tshort",
        "Ein Satz von einiger Länge, der lang ist und noch länger wird, ja.\tToo short a line.",
        *[f"Immer dieselbe Zeile hier.\tAlways the same line, number {n}." for n in range(5)],
    ]
    pairs = Pairs.read(write(tmp_path, de_en=lines), held_out={"This line is held out."})
    texts = [pair.text for pair in pairs.german]
    assert texts == ["Immer dieselbe Zeile hier."] * 2 + ["Der Markt zieht um."]


def test_passages_join_neighbours_in_both_languages() -> None:
    lines = [
        Pair(f"Das ist der lange Satz mit der Nummer {n} im Text.", f"Line {n}.") for n in range(40)
    ]
    joined = passages(lines)
    assert joined
    for pair in joined:
        assert pair.text.count("Nummer") == pair.english.count("Line") >= 2
        assert len(pair.text) < 910
    assert passages(lines) == joined


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"no gzip", "cannot be read"),
        (gzip.compress(b"a\tb\n" * 500, mtime=0)[:-20], "cannot be read"),
        (gzip.compress(b"only one column\n", mtime=0), ":1: 1 columns; expected 2"),
        (gzip.compress("Ménaka\tx\n".encode("latin-1"), mtime=0), "cannot be read"),
    ],
)
def test_a_broken_file_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = write(tmp_path) / "de-en.tsv.gz"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingDataError) as caught:
        Pairs.read(tmp_path, ())
    assert said in str(caught.value)
    assert "de-en.tsv.gz" in str(caught.value)
