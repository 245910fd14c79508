"""The model against transformers' logits of a checkpoint, and the chunked delta rule against its definition."""

import json
import os
import unittest

import torch
from safetensors.torch import load_file

from delta_rule import chunked, stepwise, unit_lower_inverse
from model import CausalLM, unit

FIXTURE = os.path.join(os.path.dirname(__file__), "../../tests/fixtures/arch/qwen3_5_text")


def relative_rms(got, want):
    return ((got - want).square().mean().sqrt() / want.square().mean().sqrt()).item()


def delta_inputs(batch, length, heads, key_dim, value_dim, decay, seed=1):
    """Keys that are much alike and betas near one, which is where the inverse of a chunk is hardest."""
    g = torch.Generator().manual_seed(seed)
    normal = lambda *shape: torch.randn(*shape, generator=g, dtype=torch.float64)
    q = unit(normal(batch, length, heads, key_dim)) * key_dim**-0.5
    k = unit(normal(batch, length, heads, key_dim) + 3)
    v = normal(batch, length, heads, value_dim)
    log_decay = -decay * torch.rand(batch, length, heads, generator=g, dtype=torch.float64)
    beta = (normal(batch, length, heads) + 3).sigmoid()
    return [x.requires_grad_() for x in (q, k, v, log_decay, beta)]


class DeltaRule(unittest.TestCase):
    def test_chunked_is_stepwise(self):
        for length, decay in [(1, 1), (63, 0.01), (64, 0), (200, 0.1), (150, 30)]:
            inputs = delta_inputs(2, length, 3, 16, 24, decay)
            want, got = stepwise(*inputs), chunked(*inputs)
            self.assertLess((got - want).abs().max().item(), 1e-9, (length, decay))
            weights = torch.randn(want.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
            for name, a, b in zip("q k v log_decay beta".split(), torch.autograd.grad((got * weights).sum(), inputs), torch.autograd.grad((want * weights).sum(), inputs)):
                self.assertLess((a - b).abs().max().item(), 1e-8 * max(1, b.abs().max().item()), (length, decay, name))

    def test_inverse_in_float32(self):
        # All ones below the diagonal is the worst case: equal keys, beta 1. Its powers reach 10^17, its inverse has ones alone.
        a = torch.ones(1, 64, 64).tril(-1)
        want = torch.linalg.inv(a[0].double() + torch.eye(64, dtype=torch.float64))
        self.assertLess((unit_lower_inverse(a)[0].double() - want).abs().max().item(), 1e-4)

    def test_bfloat16_stays_near(self):
        inputs = delta_inputs(2, 512, 2, 64, 64, 0.05)
        q, k, v, log_decay, beta = (x.detach() for x in inputs)
        got = chunked(q.bfloat16(), k.float(), v.bfloat16(), log_decay.float(), beta.float())
        self.assertLess(relative_rms(got.double(), stepwise(q, k, v, log_decay, beta)), 2e-2)


class Fixture(unittest.TestCase):
    def setUp(self):
        with open(os.path.join(FIXTURE, "config.json")) as file:
            self.config = json.load(file)
        self.weights = load_file(os.path.join(FIXTURE, "model.safetensors"))
        self.expected = load_file(os.path.join(FIXTURE, "expected.safetensors"))

    def test_names_and_shapes(self):
        ours = {name: tuple(p.shape) for name, p in CausalLM(self.config).state_dict().items()}
        self.assertEqual(ours, {name: tuple(t.shape) for name, t in self.weights.items()})

    def test_logits(self):
        ids = torch.cat([self.expected["input_ids"], self.expected["greedy_ids"]])[None].long()
        for dtype, limit in [(torch.float32, 1e-4), (torch.float64, 1e-4)]:
            model = CausalLM(self.config).to(dtype)
            model.load_state_dict({name: t.to(dtype) for name, t in self.weights.items()})
            with torch.no_grad():
                logits = model.logits(ids, dtype)[0]
            error = relative_rms(logits.double(), self.expected["logits"].double())
            print(f"{dtype}: relative RMS error of the logits {error:.1e}")
            self.assertLess(error, limit)


if __name__ == "__main__":
    unittest.main()
