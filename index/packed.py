"""Linear layers that compute a short text in half the time.

Most of the time a question takes is spent on fetching weights, not on computing with them. Beside
its own a layer keeps them in bfloat16, in the order in which oneDNN reads them, as compiled torch
does (`torch/_inductor/mkldnn_lowerings.py`), which needs a C++ compiler. Products are those of
autocast to bfloat16.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Rows are filled up to a multiple of so many: for each number of them oneDNN makes a program,
#: which takes as long as running it, and it remembers about a thousand.
_ROWS = 16


class PackedLinear(nn.Module):
    """A linear layer, and GELU after it; the packed weights compute what has at most `few` rows."""

    def __init__(self, layer: nn.Linear, few: int, gelu: bool = False) -> None:
        super().__init__()
        self.layer, self.few, self.gelu = layer, few, gelu
        weight = layer.weight.detach().bfloat16()
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight, few)
        self._bias = None if layer.bias is None else layer.bias.detach().bfloat16()

    def forward(self, given: Tensor) -> Tensor:
        """As `nn.Linear`, in any precision."""
        if given.shape[:-1].numel() > self.few:
            found: Tensor = self.layer(given.to(self.layer.weight.dtype))
            return (functional.gelu(found) if self.gelu else found).to(given.dtype)
        after, kind = ("gelu", "none") if self.gelu else ("none", "")
        rows = given.bfloat16().flatten(0, -2)
        filled = functional.pad(rows, (0, 0, 0, -len(rows) % _ROWS))
        packed: Tensor = torch.ops.mkldnn._linear_pointwise(
            filled, self._packed, self._bias, after, [], kind
        )
        return packed[: len(rows)].view(*given.shape[:-1], -1).to(given.dtype)


def pack(module: nn.Module, few: int) -> None:
    """Packs every linear layer in `module`, which is not to be trained any more.

    In an `nn.Sequential`, GELU behind a layer becomes part of it.
    """
    children = list(module.named_children())
    for (name, child), (after, what) in zip(children, [*children[1:], ("", None)], strict=False):
        if isinstance(child, nn.Linear):
            gelu = isinstance(module, nn.Sequential) and isinstance(what, nn.GELU)
            setattr(module, name, PackedLinear(child, few, gelu))
            if gelu:
                setattr(module, after, nn.Identity())
        else:
            pack(child, few)
