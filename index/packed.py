"""Linear layers that compute a short text in half the time.

Most of the time a question takes is spent on fetching weights, not on computing with them. Beside
its own a layer keeps them in bfloat16, in the order in which oneDNN reads them, as compiled torch
does (`torch/_inductor/mkldnn_lowerings.py`), which needs a C++ compiler. What comes out is what
autocast to bfloat16 gives.
"""

import torch
from torch import Tensor, nn

#: Word pieces up to which it is faster; with more, computing takes longer than fetching.
_FEW = 64


class PackedLinear(nn.Module):
    """A linear layer; under autocast the packed weights compute what has few rows."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer
        weight = layer.weight.detach().bfloat16()
        self._packed = torch.ops.mkldnn._reorder_linear_weight(weight, _FEW)
        self._bias = None if layer.bias is None else layer.bias.detach().bfloat16()

    def forward(self, given: Tensor) -> Tensor:
        """As `nn.Linear`."""
        few = given.shape[:-1].numel() <= _FEW
        if not few or not torch.is_autocast_enabled("cpu"):
            found: Tensor = self.layer(given)
            return found
        packed: Tensor = torch.ops.mkldnn._linear_pointwise(
            given.bfloat16(), self._packed, self._bias, "none", [], ""
        )
        return packed


def pack(module: nn.Module) -> None:
    """Packs every linear layer in `module`, which is not to be trained any more."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Linear):
            setattr(module, name, PackedLinear(child))
        else:
            pack(child)
