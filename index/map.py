"""A picture of the corpus: when its articles are from, and which passages are near each other."""

from pathlib import Path

import numpy as np

from index.dense import Numbers
from index.embed import Vectors
from index.errors import SettingError
from index.generation import Generation
from index.plot import Figure, Trace, page

#: Passages drawn; of more, an even choice.
_DRAWN = 5_000
#: Characters shown of a date and a title.
_LONGEST = 60


def write_map(path: Path, generation: Generation) -> None:
    """Writes the picture as one HTML file; raises `SettingError` if it cannot."""
    parts = [_timeline(generation).html(), _passages(generation).html()]
    try:
        path.write_text(page("The corpus", parts), "utf-8")
    except OSError as error:
        raise SettingError(f"{path}: cannot be written ({error.strerror})") from None


def flattened(vectors: Vectors) -> Vectors:
    """`vectors` of shape `(n, d)` on the plane that keeps most of their spread, shape `(n, 2)`.

    Their first two principal components (Pearson 1901).
    """
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    if len(axes) < 2:
        return np.zeros((len(vectors), 2), dtype=np.float32)
    found: Vectors = centred @ axes[:2].T
    return found


def _timeline(generation: Generation) -> Figure:
    outlets: dict[str, list[tuple[object, str]]] = {}
    for article in generation.store.latest(generation.manifest.articles):
        if article.date and not article.withdrawn:
            name = article.outlet or "unknown outlet"
            outlets.setdefault(name, []).append((article.date, article.title))
    traces = [
        Trace(name, [day for day, _ in some], [name] * len(some), "markers", [t for _, t in some])
        for name, some in outlets.items()
    ]
    return Figure("Articles by date", "date", "", traces, height=200 + 40 * len(traces))


def _passages(generation: Generation) -> Figure:
    living = generation.living
    drawn: Numbers = living[:: -(-len(living) // _DRAWN)]
    places = flattened(generation.chunks.vectors(drawn))
    by_article: dict[str, list[tuple[float, float, str]]] = {}
    store = generation.store
    for number, (x, y) in zip(drawn, places.tolist(), strict=True):
        chunk = store.chunk(int(number))
        article = store.article(chunk.article)
        if article.translated:
            continue  # it would lie on its original
        title = f"{article.date or 'undated'} {article.title}"[:_LONGEST]
        text = article.text[chunk.start : chunk.end][:160]
        by_article.setdefault(title, []).append((x, y, text))
    traces = [
        Trace(
            title,
            [x for x, _, _ in some],
            [y for _, y, _ in some],
            "markers",
            [t for *_, t in some],
        )
        for title, some in by_article.items()
    ]
    return Figure("Passages, near ones alike", "", "", traces, height=800)
