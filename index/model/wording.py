"""The second half of a model's vector: which words a text is of, beside what it means.

A vector of 384 numbers that says what a passage means cannot also tell its names apart from all
others: on French questions BM25 finds more than it does. So each word piece is given a code that
resembles hardly any other's, and a text's codes, weighed by how rare they are, are added up (random
indexing: Sahlgren 2005; beside a dense vector: Lin, Li & Lin 2022, "Aggretriever"). The code is
made from the piece's input vector, so nothing need be kept for each but its weight: whitened, so
that pieces of like meaning come apart and their place in the text hardly counts, projected at
random, and cut off but for what is far out. All of it is done by modules that
sentence-transformers has, so a folder opens with nothing else.
"""

from collections import Counter
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from transformers import BertTokenizer, PreTrainedModel

if TYPE_CHECKING:
    from sentence_transformers.base.modules.module import Module

#: Numbers in a code: with 512, French recall@1 is half a point lower; with 896, it is the same.
WIDTH = 640
#: Standard deviations from which on a number of a code is not 0.
_FAR_OUT = 1.5
#: How much what a piece's place adds to its vector counts as noise, against what tells it apart.
_NOISE = 10.0
#: Directions with less than this share of the largest's variance are not stretched further.
_LEAST = 0.01
#: Pieces and places each that the whitening is computed from; a piece is drawn by its frequency to
#: this power.
_DRAWN, _PLACES, _POWER = 6_000, 4, 0.75
#: Word pieces in the longest texts looked at.
_LONGEST = 256
#: Texts cut into pieces at a time.
_AT_ONCE = 2_000
#: Texts, at most, whose second half is measured.
_MEASURED = 500
#: To which power the logarithm of a piece's rarity is its weight, and the least it is.
_RARITY, _COMMON = 1.5, 0.3
#: How long the second half is for a sentence, where the first has length 1.
_LENGTH = 0.65
#: How the codes of a text are added up: their sum, by the root of that of their weights.
_POOLED: Final = "mean_sqrt_len_tokens"
#: The scale at which torch's Softshrink cuts off what it cuts off.
_CUT = 0.5


def wording(
    body: PreTrainedModel, tokenizer: BertTokenizer, texts: list[str]
) -> dict[str, "Module"]:
    """The modules, by name, that follow on the unit vector of what a text means.

    `body`, a BERT in single precision whose config must have it give all its hidden states, is the
    model's; how rare pieces are is counted in `texts`, the more the better. What comes out are unit
    vectors, `WIDTH` numbers longer.
    """
    from sentence_transformers.sentence_transformer.modules import (
        Dense,
        Normalize,
        Pooling,
        WeightedLayerPooling,
        WordWeights,
    )

    layers, width = body.config.num_hidden_layers, body.config.hidden_size
    counts, held = _counted(tokenizer, texts)
    weights, biases = _projection(body, counts)
    code = Dense(
        width,
        WIDTH,
        activation_function=nn.Softshrink(_CUT),
        init_weight=weights,
        init_bias=biases,
        module_input_name="token_embeddings",
    )
    rarity = (len(texts) / (held + 1.0)).log().clamp(min=_COMMON) ** _RARITY
    rarity[tokenizer.all_special_ids] = 0.0
    vocabulary = tokenizer.get_vocab()
    names = sorted(vocabulary, key=vocabulary.__getitem__)

    def weighed(by: float, digits: int) -> WordWeights:
        # Loaded, it takes them from here, and not from the file of weights that it writes.
        weights = [round(one * by, digits) for one in rarity.tolist()]
        return WordWeights(names, dict(zip(names, weights, strict=True)))

    units = Normalize("token_embeddings")
    summed = nn.Sequential(code, units, weighed(1.0, 9), Pooling(WIDTH, _POOLED))
    measured = texts[:: 1 + len(texts) // _MEASURED]
    by = (_LENGTH / _length(body, tokenizer, summed, measured)) ** 2
    first = torch.tensor([1.0] + [0.0] * layers)
    return {
        "kept": Normalize(module_output_name="cls_token_embeddings"),
        "inputs": WeightedLayerPooling(width, layers, 0, nn.Parameter(first)),
        "codes": code,
        "unit_codes": units,
        "rarity": weighed(by, 2),
        # What was kept, and the sum of codes; the width is that of two halves of one length.
        "both": Pooling((width + WIDTH) // 2, ("cls", _POOLED)),
        "unit": Normalize(),
    }


def _counted(tokenizer: BertTokenizer, texts: list[str]) -> tuple[Tensor, Tensor]:
    """How often each piece is there, and in how many texts."""
    counts: Counter[int] = Counter()
    held: Counter[int] = Counter()
    for begin in range(0, len(texts), _AT_ONCE):
        some = texts[begin : begin + _AT_ONCE]
        for ids in tokenizer(some, truncation=True, max_length=_LONGEST)["input_ids"]:
            counts.update(ids)
            held.update(set(ids))
    numbers = range(len(tokenizer))
    return torch.tensor([float(counts[n]) for n in numbers]), torch.tensor(
        [float(held[n]) for n in numbers]
    )


@torch.no_grad()
def _projection(body: PreTrainedModel, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Weights and biases that make a code of what goes into a model's first layer."""
    chance = torch.Generator().manual_seed(0)
    drawn = torch.multinomial((counts + 1) ** _POWER, _DRAWN, replacement=True, generator=chance)
    places = torch.randint(1, _LONGEST, (_DRAWN, _PLACES), generator=chance)
    ids = drawn[:, None].expand_as(places)
    given = body.get_submodule("embeddings")(input_ids=ids, position_ids=places)
    means = given.mean(1)
    noise = (given - means[:, None]).flatten(0, 1)
    within = noise.T @ noise / (_DRAWN * (_PLACES - 1))
    spread = torch.cov(means.T) - within / _PLACES + _NOISE * within
    variances, directions = torch.linalg.eigh(spread)
    whitened = directions * variances.clamp(min=float(variances.max()) * _LEAST) ** -0.5
    random = torch.randn(WIDTH, len(spread), generator=chance)
    weights = random @ whitened.T
    centre = means.mean(0)
    scale = ((means - centre) @ weights.T).std() * _FAR_OUT / _CUT
    weights = weights / scale
    return weights, -weights @ centre


@torch.no_grad()
def _length(
    body: PreTrainedModel, tokenizer: BertTokenizer, summed: nn.Module, texts: list[str]
) -> float:
    """The mean length of what `summed` makes of the input vectors of these texts' pieces."""
    lengths = []
    for text in texts:
        given = tokenizer(text, truncation=True, max_length=_LONGEST, return_tensors="pt")
        vectors = body.get_submodule("embeddings")(input_ids=given["input_ids"])
        found = summed({**given, "token_embeddings": vectors})["sentence_embedding"]
        lengths.append(float(found.norm()))
    return sum(lengths) / len(lengths)
