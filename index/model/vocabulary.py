"""The teacher's word pieces, extended to German and French, and first vectors for the new ones.

English pieces that no pair uses are dropped and German and French ones added. A new piece begins as
the mean of the teacher's vectors of the four English pieces it occurs with most in translated
sentences, weighted by the square of the Dice coefficient. Text is lower-cased and stripped of
accents, as the teacher does.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertTokenizer

from index.model.examples import Texts
from index.model.pairs import HUMAN_LINES, Pair, Pairs

#: Pieces in all: as many as 60 MB of weights in half precision hold.
SIZE = 47_000
_GERMAN, _FRENCH = 22_000, 18_000  # pieces learned of each, before duplicates
_PARTNERS = 4  # English pieces that a new piece is made of
_LEAST = 3  # sentences a piece must occur in to be made of partners


Counts = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces by number: those kept of the teacher's, in its order, then the new ones."""

    pieces: tuple[str, ...]

    @classmethod
    def learn(cls, pairs: Pairs, texts: Texts | None, teacher: BertTokenizer) -> "Vocabulary":
        """Chooses the teacher's pieces to keep and the new ones, `SIZE` in all."""
        old: dict[str, int] = teacher.get_vocab()
        english = [pair.english for pair in (*pairs.german, *pairs.french)]
        english += texts.written_in("en") if texts else []
        used = Counter(
            number
            for ids in teacher(english, add_special_tokens=False)["input_ids"]
            for number in ids
        )
        special = set(teacher.all_special_ids)
        kept = [
            piece
            for piece, number in sorted(old.items(), key=lambda item: item[1])
            if number in special or used[number] >= 2 or _is_latin_character(piece)
        ]
        german = _learn(
            [p.text for p in pairs.german]
            + [de for de, _ in pairs.german_french]
            + (texts.written_in("de") if texts else []),
            _GERMAN,
        )
        french = _learn(
            [p.text for p in pairs.french]
            + [fr for _, fr in pairs.german_french]
            + (texts.written_in("fr") if texts else []),
            _FRENCH,
        )
        new = sorted((set(german) | set(french)) - set(kept) - {"[UNK]"})
        late = len(german) + len(french)
        new.sort(key=lambda piece: min(german.get(piece, late), french.get(piece, late)))
        return cls((*kept, *sorted(new[: SIZE - len(kept)])))

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """Reads what `write` wrote."""
        return cls(tuple(path.read_text("utf-8").split("\n")))

    def write(self, path: Path) -> None:
        """Writes one piece a line; learning anew gives slightly different ones each time."""
        fresh = path.with_suffix(".part")
        fresh.write_text("\n".join(self.pieces), "utf-8")
        fresh.replace(path)

    def tokenizer(self) -> BertTokenizer:
        """A tokenizer over these pieces that lower-cases and strips accents."""
        numbers = {piece: number for number, piece in enumerate(self.pieces)}
        return BertTokenizer(vocab=numbers, do_lower_case=True)

    def first_vectors(
        self,
        pairs: Pairs,
        texts: Texts | None,
        teacher: BertTokenizer,
        vectors: torch.Tensor,
    ) -> torch.Tensor:
        """Vectors to begin with, shape `(len(pieces), d)`, from the teacher's `(len(old), d)`."""
        old: dict[str, int] = teacher.get_vocab()
        lines = [*pairs.german[: HUMAN_LINES + 50_000], *pairs.french]
        if texts:
            lines += [*texts.dictionary.german, *texts.dictionary.french]
        together = _together(lines, self, teacher)
        found = torch.zeros(len(self.pieces), vectors.shape[1])
        for number, piece in enumerate(self.pieces):
            if piece in old:
                found[number] = vectors[old[piece]]
                continue
            partners, weights = together.partners(number)
            if len(partners):
                shares = torch.tensor(weights / weights.sum(), dtype=torch.float32)
                found[number] = (shares[:, None] * vectors[partners]).sum(0)
            else:
                spelled = teacher(piece.removeprefix("##"), add_special_tokens=False)["input_ids"]
                found[number] = vectors[spelled].mean(0)
        return found


@dataclass(frozen=True, slots=True)
class _Together:
    """In how many sentence pairs each piece (row) and each English piece (column) occur."""

    counts: sp.csr_matrix
    own: Counts
    english: Counts

    def partners(self, number: int) -> tuple[list[int], Counts]:
        """The English pieces most often with a piece, and their squared Dice coefficients."""
        row = self.counts.getrow(number)
        if not row.nnz or self.own[number] < _LEAST:
            return [], np.zeros(0, dtype=np.float32)
        dice = 2 * row.data / (self.own[number] + self.english[row.indices])
        best = np.argsort(-dice)[:_PARTNERS]
        return row.indices[best].tolist(), dice[best] ** 2


def _together(pairs: list[Pair], own: Vocabulary, teacher: BertTokenizer) -> _Together:
    tokenizer = own.tokenizer()
    left = _occurrence([p.text for p in pairs], tokenizer, len(own.pieces))
    right = _occurrence([p.english for p in pairs], teacher, len(teacher.get_vocab()))
    own_counts, english_counts = (
        np.asarray(side.sum(0), dtype=np.float32).ravel() for side in (left, right)
    )
    return _Together((left.T @ right).tocsr(), own_counts, english_counts)


def _occurrence(texts: list[str], tokenizer: BertTokenizer, size: int) -> sp.csr_matrix:
    """Which text (row) has which piece (column), as ones."""
    ids = [sorted(set(x)) for x in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    rows = np.repeat(np.arange(len(ids)), [len(x) for x in ids])
    columns = np.concatenate([np.array(x, dtype=np.int64) for x in ids])
    ones = np.ones(len(rows), dtype=np.float32)
    return sp.csr_matrix((ones, (rows, columns)), shape=(len(ids), size))


def _learn(texts: Iterable[str], size: int) -> dict[str, int]:
    """WordPiece pieces learned from `texts`, numbered in the order they were merged."""
    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106 - no password
    learner.normalizer = normalizers.BertNormalizer(lowercase=True)
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        special_tokens=["[UNK]"],
        min_frequency=4,
        limit_alphabet=200,
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    return learner.get_vocab()


def _is_latin_character(piece: str) -> bool:
    bare = piece.replace("##", "")
    return len(bare) == 1 and ord(bare) < 0x250
