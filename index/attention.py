"""The reader's network: the embedding model's last layers, over a question and a passage at once.

The layers below see each text by itself, so that what they make of a passage can be kept (Cao et
al., "DeFormer: Decomposing Pre-trained Transformers for Faster Question Answering", 2020); see
`reader.py`.
"""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from index.pieces import ABOVE

#: Of BERT's layers, and how much wider they are inside.
HEADS, INNER = 12, 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts of one kind, padded: `numbers` and `there` of shape `(b, n)`, `vectors` `(b, n, e)`.

    `numbers` are those of word pieces, `vectors` what the embedding model makes of them below its
    last `ABOVE` layers, `there` is False where there is only padding.
    """

    numbers: Tensor
    vectors: Tensor
    there: Tensor


class Layer(nn.Module):
    """A layer of BERT, computed for some pieces, which look at all (Devlin et al. 2018).

    transformers' own computes every piece anew, which the last layer need not.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.keys_values = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.seen, self.norm_seen = nn.Linear(width, width), nn.LayerNorm(width, 1e-12)
        wide, narrow = nn.Linear(width, INNER * width), nn.Linear(INNER * width, width)
        self.inner = nn.Sequential(wide, nn.GELU(), narrow)
        self.norm = nn.LayerNorm(width, 1e-12)
        #: What products are computed in, where nothing else says so.
        self.computed_in = torch.float32

    def forward(self, looking: Tensor, at: Tensor, there: Tensor) -> Tensor:
        """Shapes `(b, n, e)`, `(b, m, e)`, `(b, m)`: `looking` anew."""
        asking, at = looking.to(self.computed_in), at.to(self.computed_in)
        query = self.query(asking).unflatten(-1, (HEADS, -1)).transpose(1, 2)
        both = self.keys_values(at).unflatten(-1, (2, HEADS, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(
            query, both[0], both[1], attn_mask=there[:, None, None]
        )
        looking = self.norm_seen(looking + self.seen(seen.transpose(1, 2).flatten(-2)))
        found: Tensor = self.norm(looking + self.inner(looking.to(self.computed_in)))
        return found


class Network(nn.Module):
    """Log-odds that a passage tells what is asked.

    Layers over both texts, whose pieces are weighed to one number at the end: those of the
    question, which are told before how near their nearest piece in the passage is.
    """

    table: Tensor

    def __init__(self, table: Tensor, dropout: float = 0.1) -> None:
        """`table` holds the embedding model's input vectors, shape `(pieces, e)`; not trained."""
        super().__init__()
        self.register_buffer("table", table, persistent=False)
        width = table.shape[1]
        self.layers = nn.ModuleList(Layer(width) for _ in range(ABOVE))
        self.kinds, self.near = nn.Parameter(torch.zeros(2, width)), nn.Linear(2, width)
        nn.init.zeros_(self.near.weight)
        nn.init.zeros_(self.near.bias)
        self.weigh = nn.Linear(width, 1)
        self.out = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(3 * width, width // 2),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width // 2, 1),
        )

    def compute_in(self, dtype: torch.dtype) -> None:
        """Makes its layers compute products in `dtype`; their weights must be able to."""
        for layer in self.layers:
            cast(Layer, layer).computed_in = dtype

    def forward(self, question: Batch, passage: Batch) -> Tensor:
        """One number a pair, shape `(b,)`."""
        words = [self.table[one.numbers].float() for one in (question, passage)]
        vectors = [one.vectors.float() for one in (question, passage)]
        near = [_nearest(of, among, passage.there) for of, among in (vectors, words)]
        asked = vectors[0] + self.kinds[1] + self.near(torch.stack(near, dim=-1))
        both = torch.cat([asked, vectors[1] + self.kinds[0]], dim=1)
        there = torch.cat([question.there, passage.there], dim=1)
        for layer in self.layers[:-1]:
            both = layer(both, both, there)
        asked = self.layers[-1](both[:, : question.there.shape[1]], both, there)
        padding = ~question.there
        share = self.weigh(asked)[..., 0].masked_fill(padding, -1e4).softmax(-1)
        real = question.there[..., None].float()
        pooled = [
            (asked * share[..., None]).sum(1),
            (asked * real).sum(1) / real.sum(1),
            asked.masked_fill(padding[..., None], -1e4).amax(1),
        ]
        found: Tensor = self.out(torch.cat(pooled, dim=1))[:, 0]
        return found


def _nearest(of: Tensor, among: Tensor, there: Tensor) -> Tensor:
    """The cosine of each vector of `of` with the nearest of `among`; shape `(b, n)`."""
    with torch.autocast("cpu", enabled=False):  # bfloat16 knows 0.996 and 1
        cosines = functional.normalize(of, dim=-1) @ functional.normalize(among, dim=-1).mT
    return cosines.masked_fill(~there[:, None], -1).amax(-1)
