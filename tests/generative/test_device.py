"""Where networks run: the CPU is asked for nothing special, a GPU is."""

from contextlib import nullcontext

import pytest
import torch
from torch import nn

from generative import device
from generative.device import compile_for, device_of, reduced_precision, seeded

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize("there", [False, True])
def test_the_device_is_chosen_by_name(monkeypatch, there):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device_of("cpu") == CPU
    assert device_of("auto") == (CUDA if there else CPU)
    if there:
        assert device_of("cuda") == CUDA
    else:
        with pytest.raises(ValueError, match="device cuda needs a GPU that torch sees, found none"):
            device_of("cuda")
    with pytest.raises(ValueError, match="device must be cpu, cuda or auto, got 'tpu'"):
        device_of("tpu")


def test_only_a_gpu_computes_in_bfloat16_and_compiles(monkeypatch):
    asked, net = [], nn.Linear(1, 1)
    monkeypatch.setattr(device.torch, "autocast", lambda kind, dtype: asked.append((kind, dtype)) or nullcontext())
    monkeypatch.setattr(net, "compile", lambda: asked.append("compile"))
    with reduced_precision(CPU):
        compile_for(net, CPU)
    assert asked == []
    with reduced_precision(CUDA):
        compile_for(net, CUDA)
    assert asked == [("cuda", torch.bfloat16), "compile"]


def test_seeded_draws_follow_the_generator_and_leave_the_global_one_alone():
    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        values = []
        for _ in range(2):
            with seeded(generator, CPU):
                values.append(torch.rand(3))
        return torch.stack(values)

    before = torch.get_rng_state().clone()
    first = drawn(0)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    assert torch.equal(first, drawn(0)) and not torch.equal(first, drawn(1)) and not torch.equal(first[0], first[1])
