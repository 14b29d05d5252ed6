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


class Attention(nn.Module):
    """Looks from one text at another with several heads (Vaswani et al. 2017)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(width, width)
        self.keys_values = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        for linear in (self.query, self.keys_values):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(self, looking: Tensor, at: Tensor, there: Tensor) -> Tensor:
        """Shapes `(b, n, w)`, `(b, m, w)`, `(b, m)`: what each of `looking` sees, `(b, n, w)`."""
        query = self.query(looking).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        both = self.keys_values(at).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(
            query,
            both[0],
            both[1],
            attn_mask=there[:, None, None],
            dropout_p=self.dropout if self.training else 0.0,
        )
        found: Tensor = self.out(seen.transpose(1, 2).flatten(-2))
        return found


class Layer(nn.Module):
    """A question looks at itself and at the passage; a decoder layer, normalized first.

    torch's own does the same, but multiplies tensors that do not lie in one piece, and takes half
    as long again.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.at_itself = Attention(width, heads, dropout)
        self.at_passage = Attention(width, heads, dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.drop = nn.Dropout(dropout)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, asked: Tensor, asked_there: Tensor, read: Tensor, there: Tensor) -> Tensor:
        """Shapes `(b, n, w)`, `(b, n)`, `(b, m, w)`, `(b, m)`; `asked` anew."""
        own = self.norms[0](asked)
        asked = asked + self.drop(self.at_itself(own, own, asked_there))
        asked = asked + self.drop(self.at_passage(self.norms[1](asked), read, there))
        inner = self.drop(functional.gelu(self.wide(self.norms[2](asked))))
        found: Tensor = asked + self.drop(self.narrow(inner))
        return found


class Network(nn.Module):
    """Log-odds that a passage tells what is asked.

    Layers over the question, which look at the passage; each piece also learns how near its nearest
    piece in the passage is.
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
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(layers))
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
            asked = layer(asked, question.there, read, passage.there)
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
