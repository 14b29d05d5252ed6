"""The second half of a vector, on the shipped model: it tells words apart, wherever they stand."""

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from index.embed import SentenceEmbedder, Vectors
from index.model.wording import WIDTH
from index.settings import default_model

MEANT = 384


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    """The shipped model as anyone opens it who knows nothing of this project."""
    return SentenceTransformer(str(default_model()), local_files_only=True)


def vectors(model: SentenceTransformer, *texts: str) -> Vectors:
    found: Vectors = model.encode(list(texts), show_progress_bar=False)
    return found


def cosine(one: Vectors, other: Vectors) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def test_vectors_have_length_one_and_say_how_long_they_are(model: SentenceTransformer) -> None:
    found = vectors(model, "Wer regiert Mali?", "", "?!", "Mali " * 600)
    assert found.shape == (4, MEANT + WIDTH)
    assert model.get_embedding_dimension() == MEANT + WIDTH
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)


def test_the_first_half_is_what_an_index_keeps(model: SentenceTransformer) -> None:
    texts = ["Wer regiert Mali?", "Les mineurs de Kayes ont repris le travail."]
    kept = SentenceEmbedder(str(default_model())).embed_passages(texts)
    assert kept.shape == (2, MEANT)
    for own, one in zip(kept, vectors(model, *texts), strict=True):
        assert cosine(own, one[:MEANT]) > 0.999


def test_names_are_told_apart_that_mean_alike(model: SentenceTransformer) -> None:
    names = ("Sévaré", "Bandiagara", "Tessalit", "Koulikoro")
    asked = vectors(model, *(f"Qui a fondé la coopérative de {name} ?" for name in names))
    told = vectors(
        model, *(f"La coopérative de {name} est née d'une grève des maraîchères." for name in names)
    )
    worded = np.array([[cosine(one[MEANT:], other[MEANT:]) for other in told] for one in asked])
    assert (worded.argmax(1) == np.arange(len(names))).all()
    others = ~np.eye(len(names), dtype=bool)
    assert (worded.diagonal().mean() - worded[others].mean()) > 0.2


def test_where_in_a_text_a_word_stands_hardly_counts(model: SentenceTransformer) -> None:
    told = "Die Händler klagen, seit die Straße gesperrt ist, über Preise für Hirse, Reis und Öl. "
    name, begin, end, none = (
        found[MEANT:]
        for found in vectors(
            model,
            "Bandiagara",
            f"Bandiagara. {told * 2}",
            f"{told * 2} Bandiagara.",
            f"{told * 2} Koutiala.",
        )
    )
    assert cosine(begin, end) > 0.95
    assert abs(cosine(name, begin) - cosine(name, end)) < 0.05
    assert cosine(name, end) > cosine(name, none) + 0.1


def test_what_is_embedded_whole_goes_by_another_fingerprint() -> None:
    halves = [SentenceEmbedder(str(default_model()), whole=whole) for whole in (False, True)]
    assert halves[0].fingerprint != halves[1].fingerprint
