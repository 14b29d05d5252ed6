"""The reader's network: a question's word pieces look at a passage's and are weighed to one number.

It stands on what the embedding model makes of both texts, which stays as it is; see `reader.py`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts of one kind, padded: `numbers` and `there` of shape `(b, n)`, `vectors` `(b, n, e)`.

    `numbers` are those of word pieces, `vectors` the embedding model's last layer, `there` is False
    where there is only padding.
    """

    numbers: Tensor
    vectors: Tensor
    there: Tensor


class Network(nn.Module):
    """Log-odds that a passage tells what is asked.

    Decoder layers (Vaswani et al. 2017, normalized first) over the question, which attend to the
    passage; each piece also learns how near its nearest piece in the passage is.
    """

    table: Tensor

    def __init__(
        self,
        table: Tensor,
        width: int = 192,
        layers: int = 2,
        heads: int = 4,
        dropout: float = 0.15,
    ) -> None:
        """`table` holds the embedding model's input vectors, shape `(pieces, e)`; not trained."""
        super().__init__()
        self.register_buffer("table", table, persistent=False)
        size = table.shape[1]
        self.norm_vectors, self.norm_words = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project, self.near = nn.Linear(2 * size, width), nn.Linear(2, width)
        self.kinds = nn.Parameter(torch.zeros(2, width))
        self.drop = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(
                width,
                heads,
                2 * width,
                dropout,
                functional.gelu,
                batch_first=True,
                norm_first=True,
            )
            for _ in range(layers)
        )
        self.norm, self.weigh = nn.LayerNorm(width), nn.Linear(width, 1)
        self.out = nn.Sequential(
            nn.Linear(3 * width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, 1)
        )

    def forward(self, question: Batch, passage: Batch) -> Tensor:
        """One number a pair, shape `(b,)`."""
        words = [self.table[one.numbers].float() for one in (question, passage)]
        vectors = [one.vectors.float() for one in (question, passage)]
        near = torch.stack(
            [
                _nearest(vectors[0], vectors[1], passage.there),
                _nearest(words[0], words[1], passage.there),
            ],
            dim=-1,
        )
        seen = [
            self.project(torch.cat([self.norm_vectors(v), self.norm_words(w)], dim=-1))
            for v, w in zip(vectors, words, strict=True)
        ]
        read = self.drop(seen[1]) + self.kinds[0]
        asked = self.drop(seen[0]) + self.kinds[1] + self.near(near)
        for layer in self.layers:
            asked = layer(
                asked,
                read,
                tgt_key_padding_mask=~question.there,
                memory_key_padding_mask=~passage.there,
            )
        asked = self.norm(asked)
        padding = ~question.there
        share = self.weigh(asked)[..., 0].masked_fill(padding, -1e4).softmax(-1)
        there = question.there[..., None].float()
        pooled = [
            (asked * share[..., None]).sum(1),
            (asked * there).sum(1) / there.sum(1),
            asked.masked_fill(padding[..., None], -1e4).amax(1),
        ]
        found: Tensor = self.out(torch.cat(pooled, dim=1))[:, 0]
        return found


def _nearest(of: Tensor, among: Tensor, there: Tensor) -> Tensor:
    """The cosine of each vector of `of` with the nearest of `among`; shape `(b, n)`."""
    cosines = functional.normalize(of, dim=-1) @ functional.normalize(among, dim=-1).mT
    return cosines.masked_fill(~there[:, None], -1).amax(-1)
