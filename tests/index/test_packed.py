"""Packed linear layers: the same products as bfloat16 gives, for few rows and for many."""

import pytest
import torch
from torch import nn

from index.embed import knows_bfloat16
from index.packed import PackedLinear, pack

pytestmark = pytest.mark.skipif(
    not knows_bfloat16(), reason="the processor computes no products in bfloat16"
)


@pytest.mark.parametrize("rows", [(1,), (4,), (2, 3), (1, 9)])
@pytest.mark.parametrize("bias", [True, False])
def test_few_rows_are_as_near_as_bfloat16_is(rows: tuple[int, ...], bias: bool) -> None:
    torch.manual_seed(len(rows))
    layer = nn.Linear(96, 48, bias=bias)
    given = torch.randn(*rows, 96)
    with torch.inference_mode():
        found, exact = PackedLinear(layer, few=9)(given), layer(given)
    assert found.dtype == torch.float32
    assert found.shape == exact.shape
    assert not torch.equal(found, exact)
    assert torch.allclose(found, exact, atol=0.03)


def test_many_rows_are_computed_as_ever() -> None:
    layer, given = nn.Linear(96, 48), torch.randn(5, 2, 96)
    with torch.inference_mode():
        assert torch.equal(PackedLinear(layer, few=9)(given), layer(given))


def test_a_whole_network_is_packed_in_place() -> None:
    network = nn.Sequential(nn.Linear(8, 8), nn.Sequential(nn.GELU(), nn.Linear(8, 2)))
    given = torch.randn(3, 8)
    with torch.inference_mode():
        before = network(given)
        pack(network, few=4)
        assert torch.allclose(network(given), before, atol=0.05)
    kinds = [type(module) for module in network.modules()]
    assert kinds.count(PackedLinear) == 2


@pytest.mark.parametrize("rows", [3, 30])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gelu_behind_a_layer_becomes_part_of_it(rows: int, dtype: torch.dtype) -> None:
    torch.manual_seed(rows)
    network = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 2))
    given = torch.randn(rows, 8)
    with torch.inference_mode():
        before = network(given)
        pack(network, few=9)
        found = network(given.to(dtype))
    assert not any(isinstance(module, nn.GELU) for module in network.modules())
    assert found.dtype == dtype
    assert torch.allclose(found.float(), before, atol=0.05)
