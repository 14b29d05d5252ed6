"""The reader's network: the embedding model's last layers, over a question and a passage at once.

The layers below see each text by itself, so that what they make of a passage can be kept (Cao et
al., "DeFormer: Decomposing Pre-trained Transformers for Faster Question Answering", 2020); see
`reader.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from index.embed import knows_bfloat16
from index.packed import pack
from index.pieces import ABOVE, Pieces

#: Of BERT's layers, and how much wider they are inside.
HEADS, INNER = 12, 4
#: What pieces see of others, given what they ask for and the others' keys and values.
Attention = Callable[[Tensor, Tensor], Tensor]


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

    def forward(self, looking: Tensor, at: Tensor, attention: Attention) -> Tensor:
        """Shapes `(..., n, e)` and `(..., m, e)`: `looking` anew."""
        asking, at = looking.to(self.computed_in), at.to(self.computed_in)
        seen = attention(self.query(asking), self.keys_values(at))
        looking = self.norm_seen(looking + self.seen(seen))
        found: Tensor = self.norm(looking + self.inner(looking.to(self.computed_in)))
        return found


class Telling(nn.Module):
    """What a question's pieces have become beside a passage, weighed to one number."""

    layers: nn.ModuleList

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.weigh = nn.Linear(width, 1)
        self.out = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(3 * width, width // 2),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(width // 2, 1),
        )

    def told(self, asked: Tensor, there: Tensor) -> Tensor:
        """Log-odds that the passage tells what is asked, shape `(b,)`.

        `asked` has shape `(b, n, e)`; `there`, `(b, n)`, is False where there is no piece.
        """
        share = self.weigh(asked)[..., 0].masked_fill(~there, -1e4).softmax(-1)
        real = there[..., None].float()
        pooled = [
            (asked * share[..., None]).sum(1),
            (asked * real).sum(1) / real.sum(1),
            asked.masked_fill(~there[..., None], -1e4).amax(1),
        ]
        found: Tensor = self.out(torch.cat(pooled, dim=1))[:, 0]
        return found

    def hasten(self, few: int) -> None:
        """Makes its layers compute at most `few` rows in bfloat16, where the processor knows it.

        It is not to be trained any more.
        """
        if knows_bfloat16():
            pack(self.layers, few)
            for layer in self.layers:
                cast(Layer, layer).computed_in = torch.bfloat16


class Network(Telling):
    """Layers over both texts; a question's pieces are told before how near the passage comes."""

    table: Tensor

    def __init__(self, table: Tensor, dropout: float = 0.1) -> None:
        """`table` holds the embedding model's input vectors, shape `(pieces, e)`; not trained."""
        width = table.shape[1]
        super().__init__(width, dropout)
        self.register_buffer("table", table, persistent=False)
        self.layers = nn.ModuleList(Layer(width) for _ in range(ABOVE))
        self.kinds, self.near = nn.Parameter(torch.zeros(2, width)), nn.Linear(2, width)
        nn.init.zeros_(self.near.weight)
        nn.init.zeros_(self.near.bias)

    def forward(self, question: Batch, passage: Batch) -> Tensor:
        """One number a pair, shape `(b,)`."""
        words = [self.table[one.numbers].float() for one in (question, passage)]
        vectors = [one.vectors.float() for one in (question, passage)]
        apart = [
            _cosines(*both).masked_fill(~passage.there[:, None], -1) for both in (vectors, words)
        ]
        asked = self._asked(vectors[0], [one.amax(-1) for one in apart])
        both = torch.cat([asked, vectors[1] + self.kinds[0]], dim=1)
        attention = within_batch(torch.cat([question.there, passage.there], dim=1))
        for layer in self.layers[:-1]:
            both = layer(both, both, attention)
        asked = self.layers[-1](both[:, : question.there.shape[1]], both, attention)
        return self.told(asked, question.there)

    def read(self, question: Pieces, passages: Sequence[Pieces]) -> Tensor:
        """The same for one question and some passages, none of them empty; nothing is padded."""
        asked, told = len(question.numbers), [len(one.numbers) for one in passages]
        texts = [[question], passages]
        numbers = [np.concatenate([one.numbers for one in some]) for some in texts]
        words = [self.table[torch.from_numpy(some.astype(np.int64))].float() for some in numbers]
        parts = [np.concatenate([one.vectors for one in some]) for some in texts]
        vectors = [torch.from_numpy(part).float() for part in parts]
        near = [
            torch.stack([some.amax(-1) for some in torch.split(_cosines(*both), told, dim=-1)])
            for both in (vectors, words)
        ]
        questions = self._asked(vectors[0].expand(len(passages), -1, -1), near)
        passage = torch.split(vectors[1] + self.kinds[0], told)
        rows = [part for pair in zip(questions, passage, strict=True) for part in pair]
        both = torch.cat(rows)
        lengths = [asked + one for one in told]
        every = within_runs(lengths, lengths)
        for layer in self.layers[:-1]:
            both = layer(both, both, every)
        looking = torch.cat([one[:asked] for one in torch.split(both, lengths)])
        last = self.layers[-1](looking, both, within_runs([asked] * len(told), lengths))
        last = last.view(len(told), asked, -1)
        return self.told(last, torch.ones(last.shape[:2], dtype=torch.bool))

    def _asked(self, vectors: Tensor, near: Sequence[Tensor]) -> Tensor:
        """A question's pieces with how near the passage comes to each, by vectors and by words."""
        told: Tensor = self.near(torch.stack(list(near), dim=-1))
        return vectors + self.kinds[1] + told


def _cosines(of: Tensor, among: Tensor) -> Tensor:
    with torch.autocast("cpu", enabled=False):  # bfloat16 knows 0.996 and 1
        return functional.normalize(of, dim=-1) @ functional.normalize(among, dim=-1).mT


def within_batch(there: Tensor) -> Attention:
    """Every text of a batch by itself; shapes `(b, n, e)` and `(b, m, 2 e)`.

    Step by step, for it is trained with: on a CPU going back through torch's own attention takes
    longer than all else.
    """
    is_padded = not bool(there.all())

    def attention(query: Tensor, keys_values: Tensor) -> Tensor:
        query = torch.unflatten(query, -1, (HEADS, -1)).transpose(1, 2)
        keys, values = torch.unflatten(keys_values, -1, (2, HEADS, -1)).permute(2, 0, 3, 1, 4)
        alike = query * query.shape[-1] ** -0.5 @ keys.mT
        if is_padded:
            alike = alike.masked_fill(~there[:, None, None], -torch.inf)
        seen: Tensor = alike.softmax(-1, dtype=alike.dtype) @ values.to(alike.dtype)
        return seen.transpose(1, 2).flatten(-2)

    return attention


def within_runs(looking: Sequence[int], at: Sequence[int]) -> Attention:
    """Texts one after another, of so many rows each; shapes `(n, e)` and `(m, 2 e)`."""

    def attention(query: Tensor, keys_values: Tensor) -> Tensor:
        queries = torch.split(torch.unflatten(query, -1, (HEADS, -1)), list(looking))
        both = torch.split(torch.unflatten(keys_values, -1, (2, HEADS, -1)), list(at))
        seen = [
            functional.scaled_dot_product_attention(
                asking.transpose(0, 1)[None], *pair.permute(1, 2, 0, 3)[:, None]
            )[0].transpose(0, 1)
            for asking, pair in zip(queries, both, strict=True)
        ]
        return torch.cat(seen).flatten(-2)

    return attention
