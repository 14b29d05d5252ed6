"""Linear layers that compute a short text in half the time.

Most of the time a question takes is spent on fetching weights, not on computing with them. Beside
its own a layer keeps them in bfloat16, in the order in which oneDNN reads them, as compiled torch
does (`torch/_inductor/mkldnn_lowerings.py`), which needs a C++ compiler. Products are those of
autocast to bfloat16.
"""

import torch
from torch import Tensor, nn


class PackedLinear(nn.Module):
    """A linear layer; the packed weights compute what has at most `few` rows."""

    def __init__(self, layer: nn.Linear, few: int) -> None:
        super().__init__()
        self.layer, self.few = layer, few
        weight = layer.weight.detach().bfloat16()
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight, few)
        self._bias = None if layer.bias is None else layer.bias.detach().bfloat16()

    def forward(self, given: Tensor) -> Tensor:
        """As `nn.Linear`."""
        if given.shape[:-1].numel() > self.few:
            found: Tensor = self.layer(given)
            return found
        packed: Tensor = torch.ops.mkldnn._linear_pointwise(
            given.bfloat16(), self._packed, self._bias, "none", [], ""
        )
        return packed.to(given.dtype)


def pack(module: nn.Module, few: int) -> None:
    """Packs every linear layer in `module`, which is not to be trained any more."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear):
            setattr(module, name, PackedLinear(child, few))
        else:
            pack(child, few)
