"""Articles that say nearly the same: an agency's report in two outlets, an update of an article.

Both stay in the index, each citable under its own name; an answer counts passages that are nearly
the same as one source (`bot/passage.py`). Here they are found, for whoever keeps the corpus.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH

from index.article import Article
from index.corpus import group_of
from index.words import lowered_words

#: Words of a run, and share of common runs (Jaccard) from which two texts are told as near.
_RUN = 4
NEAR = 0.5
#: Hash functions; the share is then estimated to about 1 / sqrt(256) = 6 %, and counted exactly
#: for what is estimated to be near.
_HASHES = 256


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles that say nearly the same; `likeness` is the share of runs they have in common.

    `article` is the later one, by date and then by id.
    """

    article: str
    other: str
    likeness: float


def near_duplicates(articles: Sequence[Article], among: Iterable[str] | None = None) -> list[Pair]:
    """The pairs, of those in `among` (None: all) with any; translations are none."""
    runs = {article.id: _runs(article) for article in articles}
    hashes = {name: _hash(found) for name, found in runs.items() if found}
    known = MinHashLSH(threshold=NEAR * 0.8, num_perm=_HASHES)
    for name, found in hashes.items():
        known.insert(name, found)
    order = {one.id: (one.date is None, one.date, one.id) for one in articles}
    pairs: dict[frozenset[str], Pair] = {}
    for name in hashes if among is None else hashes.keys() & set(among):
        for other in known.query(hashes[name]):
            both = frozenset((name, str(other)))
            if group_of(name) == group_of(str(other)) or both in pairs:
                continue
            earlier, later = sorted(both, key=order.__getitem__)
            share = len(runs[earlier] & runs[later]) / len(runs[earlier] | runs[later])
            if share >= NEAR:
                pairs[both] = Pair(later, earlier, share)
    return sorted(pairs.values(), key=lambda pair: (pair.article, pair.other))


def _runs(article: Article) -> frozenset[str]:
    words = lowered_words(article.text[article.body_start :])
    return frozenset(" ".join(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1))


def _hash(runs: Iterable[str]) -> MinHash:
    found = MinHash(num_perm=_HASHES, seed=1)
    found.update_batch([run.encode("utf-8", "replace") for run in runs])
    return found
