"""The parts that stand alone: cleaning and dialogue, rounding to 4 bits, the optimiser, sampling."""

import random
import re
import unittest
from types import SimpleNamespace
from unittest import mock

import torch

import corpus
import derived
import recipe
from card import curve_of, samples_of
from decode import decode
from int4 import Int4Weights, quantised_matrices, round_groups
from model import CausalLM
from optimiser import Muon, optimisers, orthogonalise
from sampling import counts, generate, prompts
from small_talk import small_talk

SMALL = {
    **recipe.HYBRID, "vocab_size": 100, "hidden_size": 64, "intermediate_size": 96, "layer_types": recipe.HYBRID["layer_types"][:4], "num_attention_heads": 2, "num_key_value_heads": 1,
    "head_dim": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 32, "linear_value_head_dim": 32,
}


class Corpus(unittest.TestCase):
    def test_clean(self):
        self.assertEqual(corpus.clean("  “It’s”\u00a0an old -- very old--tale…\r\n\n\n\n<|im_end|>â€œHiâ€\x9d\x82 "), '"It\'s" an old—very old—tale...\n\n<im_end>"Hi"')

    def test_written_well(self):
        self.assertEqual(corpus.written_well("well, i think i'm in. do i? ii"), "Well, I think I'm in. do I? ii.")

    def test_chat_ends_with_the_assistant(self):
        self.assertEqual(corpus.chat(["Hi", "Hello", "Bye"]), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n")

    def test_held_out(self):
        documents = ["x" * 100] * 50 + ["y" * 3000]
        chosen = corpus.held_out(documents, 0.05, 1)
        self.assertEqual(len(chosen), 4)
        self.assertNotIn(50, chosen)
        self.assertEqual(chosen, corpus.held_out(documents, 0.05, 1))

    def test_recipe(self):
        for config in (recipe.HYBRID, recipe.TWIN):
            self.assertEqual(len(config["layer_types"]), config["num_hidden_layers"])
        for late in (0, 1):
            self.assertAlmostEqual(sum(shares[late] for shares in recipe.MIXTURE.values()), 1)


class Derived(unittest.TestCase):
    STORY = "Once upon a time, there was a little dog named Tom. Tom met Lily and Lily's cat. The cat and the dog saw a tree. " + "They played. " * 8

    def test_retold(self):
        for seed in range(20):
            told = derived.retold(self.STORY, random.Random(seed))
            boy, girl = re.search(r"named (\w+)\.", told)[1], re.search(r"met (\w+) and", told)[1]
            self.assertIn(boy, derived.BOYS)
            self.assertIn(girl, derived.GIRLS)
            self.assertNotIn("Tom", told.split())
            self.assertEqual(told.replace(boy, "Tom").replace(girl, "Lily"), self.STORY)

    def test_requests_are_for_the_story(self):
        asked = {derived.told(self.STORY, random.Random(seed))[0].lower().rstrip(".!?") for seed in range(200)}
        self.assertIn("tell me a story about a little dog named tom", asked)
        self.assertIn("tell me a story about a dog and a cat", asked)
        for seed in range(50):
            request, story = derived.told(self.STORY, random.Random(seed))
            told = self.STORY.strip()
            self.assertTrue(story.strip() == told or (told.endswith(story) and request.endswith(told[: -len(story)].strip())), request)

    def test_small_talk(self):
        for seed in range(300):
            turns = small_talk(random.Random(seed), lambda rng: ["Tell me a story.", "STORY"])
            self.assertTrue(turns and len(turns) % 2 == 0 and all(turns))
            for user, assistant in zip(turns[::2], turns[1::2]):
                self.assertFalse(set("{}") & set(user + assistant))
                self.assertTrue(assistant[0].isupper(), assistant)
                if user in ("Yes, please!", "Sure!"):
                    self.assertEqual(assistant, "STORY")


class Int4(unittest.TestCase):
    def test_matches_an_exhaustive_search(self):
        w = torch.randn(200, 32, generator=torch.Generator().manual_seed(1)) * 0.03
        rounded = round_groups(w)
        noise = (rounded - w).square().mean() / w.square().mean()
        self.assertAlmostEqual(-10 * noise.log10().item(), 21.8, delta=0.2)  # docs/quantisation.md: 21.77 dB on normal weights
        self.assertTrue(all(len(row.unique()) <= 16 for row in rounded))
        self.assertLess((round_groups(rounded) - rounded).abs().max().item(), 1e-6)
        self.assertTrue(torch.equal(round_groups(torch.zeros(3, 32)), torch.zeros(3, 32)))

    def test_context_gives_masters_back(self):
        model = CausalLM(SMALL)
        before = {name: p.detach().clone() for name, p in model.named_parameters()}
        with Int4Weights(model):
            changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
        self.assertEqual(len(changed), len(quantised_matrices(model)))
        self.assertTrue(all("proj" in name and not name.endswith(("in_proj_a.weight", "in_proj_b.weight")) for name in changed))
        self.assertTrue(all(torch.equal(p, before[name]) for name, p in model.named_parameters()))

    def test_all_matrices_have_whole_groups(self):
        for config in (recipe.HYBRID, recipe.TWIN):
            matrices = quantised_matrices(CausalLM(config))
            self.assertTrue(all(p.shape[1] % 32 == 0 and p.shape[0] % 32 == 0 for p in matrices))
            self.assertEqual(sum(p.numel() for p in matrices), 20_643_840)
            shipped = sum(p.numel() for p in matrices) * 4.5 / 8 + config["vocab_size"] * config["hidden_size"] * 8.5 / 8
            self.assertLess(shipped, 15.1e6)


class Decode(unittest.TestCase):
    def test_words_and_scales(self):
        shape = torch.tensor([2, 64])
        for width in (4, 8):
            codes = torch.randint(0, 2**width, (2, 64), generator=torch.Generator().manual_seed(width))
            words = [sum(int(code) << (width * i) for i, code in enumerate(row[at : at + 32 // width])) for row in codes for at in range(0, 64, 32 // width)]
            packed = torch.tensor([word - 2**32 if word >= 2**31 else word for word in words], dtype=torch.int32).view(2, -1)
            scale = torch.tensor([[0.5, 2.0], [1.0, 0.25]], dtype=torch.bfloat16)
            expected = (codes - 2 ** (width - 1)) * scale.float().repeat_interleave(32, 1)
            decoded = decode({"a.weight_packed": packed, "a.weight_scale": scale, "a.weight_shape": shape, "b.weight": shape})
            self.assertEqual(set(decoded), {"a.weight", "b.weight"})
            self.assertTrue(torch.equal(decoded["a.weight"], expected))


class Card(unittest.TestCase):
    def test_samples_and_curve(self):
        text = "=== a, plain, seed 1\nx⟨y⟩\n\n=== a-int4, plain, seed 1\nx⟨z⟩\n\n=== a-int4, default, seed 1\nx⟨t⟩\n\n=== a-int4, plain, seed 2\nv⟨w⟩\n"
        self.assertEqual(samples_of(text, "a-int4", "plain"), "```text\na-int4, plain, seed 1\nx⟨z⟩\n```\n\n```text\na-int4, plain, seed 2\nv⟨w⟩\n```")
        log = '{"step": 5, "loss": 1}\n{"step": 9, "heldOut": {"tales": 1.25}}\n{"step": 9, "heldOut": {"tales": 1.25}}\n'
        self.assertEqual(curve_of(log).splitlines()[2:], ["| 9 | 1.250 |"])


class Optimiser(unittest.TestCase):
    def test_orthogonalise(self):
        for shape in [(3, 20, 50), (2, 50, 20), (1, 30, 30)]:
            values = torch.linalg.svdvals(orthogonalise(torch.randn(shape, generator=torch.Generator().manual_seed(1))))
            self.assertTrue(0.3 < values.min() and values.max() < 1.3, values)

    def test_muon_falls(self):
        torch.manual_seed(1)
        target, matrices = torch.randn(2, 16, 24), [torch.nn.Parameter(torch.zeros(16, 24)) for _ in range(2)]
        muon = Muon(matrices, 0.05, 0.0)
        for _ in range(200):
            loss = sum((m - t).square().mean() for m, t in zip(matrices, target))
            loss.backward()
            muon.step()
            muon.zero_grad()
        self.assertLess(loss.item(), 0.05)

    def test_every_parameter_has_one_optimiser(self):
        model = CausalLM(SMALL)
        chosen = [p for optimiser in optimisers(model, 1, 1, 0) for group in optimiser.param_groups for p in group["params"]]
        self.assertEqual(len(chosen), len(set(map(id, chosen))))
        self.assertEqual(set(map(id, chosen)), set(map(id, model.parameters())))


class Sampling(unittest.TestCase):
    def test_counts(self):
        result = counts([("a b c d a b c d", True), ("e", False)])
        self.assertEqual((result["distinct1"], result["repeated"], result["ended"]), (round(5 / 9, 4), 0.2, 0.5))

    def test_generate(self):
        """Of a model whose logits are the same everywhere."""
        class Same:
            model = SimpleNamespace(embed_tokens=SimpleNamespace(weight=torch.eye(6)))
            parameters = lambda self: iter([torch.zeros(1)])
            hidden = lambda self, ids, dtype: torch.tensor([-9.0, -9.0, 2.0, 1.9, 1.0, -1.0]).expand(*ids.shape, 6)

        tokenizer = SimpleNamespace(token_to_id=lambda text: 0, encode=lambda text, **_: SimpleNamespace(ids=[5]), decode=lambda ids: ids)
        sampled = lambda **settings: generate(Same(), tokenizer, ["x"], **settings)[0][0]
        with mock.patch("sampling.MOST", 400):
            self.assertEqual(set(sampled(temperature=1, min_p=0.95)), {2})
            self.assertEqual(set(sampled(temperature=1, min_p=0.9)), {2, 3})  # e^-0.1 = 0.905
            self.assertEqual(set(sampled(temperature=1, min_p=0.3)), {2, 3, 4})
            self.assertEqual(set(sampled(temperature=1, top_p=0.5)), {2, 3})
            # 2 / 2 is 1 again, 1.9 / 2 less, and what is below zero is doubled: said once, the three are 1, 0.95 and 0.5.
            penalised = sampled(temperature=1, min_p=0.97, repetition_penalty=2)
            self.assertEqual((penalised[:2], set(penalised[2:])), ([2, 3], {2, 4}))
            self.assertEqual(sampled(temperature=1, min_p=1, repetition_penalty=1.5)[:2], [2, 3])

    def test_prompts(self):
        self.assertEqual(len(prompts()), 20)
        self.assertTrue(prompts()[-1].endswith("<|im_start|>assistant\n"))


if __name__ == "__main__":
    unittest.main()
