"""Sentence pairs to train on: read, cleaned, and joined into passages.

A pair is a German or French text and the English that means the same; French lines that are only
paired with German get the English of that German line where it is known. Files are tab-separated
and gzipped, one pair a line, in the order of the documents they come from where they have one, so
that neighbouring lines can be joined into passages.
"""

import gzip
import html
import random
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from index.errors import TrainingDataError

#: Lines taken as they come, human translations first; what follows them is machine-translated.
HUMAN_LINES = 110_000
#: Lines at the start of the German file that keep the order of their documents.
ORDERED_LINES = 130_000

_SHORTEST, _LONGEST = 12, 700  # characters of a line that is used
_REPEATS = 2  # times a line may stand in pairs: test suites repeat theirs hundreds of times


@dataclass(frozen=True, slots=True)
class Pair:
    """A German or French text and its English; equal where English trains on itself."""

    text: str
    english: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """Everything to train on; `german_french` only helps to choose the vocabulary."""

    german: tuple[Pair, ...]
    french: tuple[Pair, ...]
    german_french: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, folder: Path, held_out: Collection[str]) -> "Pairs":
        """Reads `de-en`, `fr-en`, `de-fr` and `news.de-en-fr` (all `.tsv.gz`) from `folder`.

        Lines in `held_out` are left out with their pair. Raises `TrainingDataError` for a file that
        is missing, cut off or not of the form.
        """
        german = _clean(_rows(folder / "de-en.tsv.gz", 2), held_out)
        french = _clean(_rows(folder / "fr-en.tsv.gz", 2), held_out)
        german_french = _clean(_rows(folder / "de-fr.tsv.gz", 2), held_out)
        news = _rows(folder / "news.de-en-fr.tsv.gz", 3)
        english_of = dict(reversed(german))
        known = {fr for fr, _ in french}
        through_german = [
            (fr, english_of[de]) for de, fr in german_french if de in english_of and fr not in known
        ]
        german += [(de, en) for de, en, _ in news]
        french = [(fr, en) for _, en, fr in news] + french + through_german
        return cls(
            tuple(Pair(*pair) for pair in german),
            tuple(Pair(*pair) for pair in french),
            tuple((de, fr) for de, fr in german_french),
        )

    def texts(self) -> list[str]:
        """All German, French and English sentences, those that are there twice as well."""
        return [text for pair in (*self.german, *self.french) for text in (pair.text, pair.english)]


def passages(pairs: Iterable[Pair], seed: int = 1) -> list[Pair]:
    """Runs of two to five neighbouring pairs joined into one, of at most 900 characters.

    Only lines of more than 45 characters are joined: shorter ones are captions and phrase books,
    whose neighbours have nothing to do with each other.
    """
    lines = list(pairs)
    chance = random.Random(seed)  # noqa: S311 - nothing secret depends on it
    joined: list[Pair] = []
    begin = 0
    while begin < len(lines) - 6:
        run = lines[begin : begin + chance.choice((2, 2, 3, 3, 4, 5))]
        lengths = [len(pair.text) for pair in run]
        if min(lengths) > 45 and sum(lengths) < 900:
            text = " ".join(pair.text for pair in run)
            joined.append(Pair(text, " ".join(pair.english for pair in run)))
            begin += len(run)
        else:
            begin += 1
    return joined


def read_phrases(path: Path, pairs: Pairs, held_out: Collection[str]) -> list[Pair]:
    """French phrases and their English from a zip file of tab-separated Tatoeba lines.

    Those that `pairs` has, or whose either side is in `held_out`, are left out. Raises
    `TrainingDataError`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            lines = archive.read("fra-eng/fra.txt").decode("utf-8").splitlines()
        rows = [(french, english) for english, french, *_ in (line.split("\t") for line in lines)]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise TrainingDataError(f"{path}: no phrases ({reason}); see CARD.md") from None
    known = {pair.text for pair in pairs.french}
    return [Pair(*row) for row in _clean(rows, held_out) if row[0] not in known]


def held_out_lines(folder: Path) -> set[str]:
    """The lines of the Tatoeba evaluation files in `folder`, which must not be trained on."""
    files = sorted(folder.glob("tatoeba.*"))
    return {line.strip() for path in files for line in path.read_text("utf-8").splitlines()}


def _rows(path: Path, columns: int) -> list[tuple[str, ...]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            rows = [tuple(html.unescape(line.rstrip("\n")).split("\t")) for line in stream]
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TrainingDataError(
            f"{path}: cannot be read ({reason}); expected gzipped sentence pairs, see CARD.md"
        ) from None
    for number, row in enumerate(rows, start=1):
        if len(row) != columns:
            raise TrainingDataError(f"{path}:{number}: {len(row)} columns; expected {columns}")
    if not rows:
        raise TrainingDataError(f"{path}: is empty; expected gzipped sentence pairs, see CARD.md")
    return rows


def _clean(rows: Iterable[tuple[str, ...]], held_out: Collection[str]) -> list[tuple[str, str]]:
    seen: Counter[str] = Counter()
    kept: dict[tuple[str, str], None] = {}
    for first, second in rows:
        one, other = first.strip(), second.strip()
        lengths = sorted((len(one), len(other)))
        fits = lengths[0] > _SHORTEST and lengths[1] < min(_LONGEST, 3 * lengths[0])
        held = one in held_out or other in held_out
        often = seen[one] >= _REPEATS or seen[other] >= _REPEATS
        if fits and not held and not often and (one, other) not in kept:
            seen.update((one, other))
            kept[one, other] = None
    return list(kept)
