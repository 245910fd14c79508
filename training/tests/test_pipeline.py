"""The whole way on a corpus in miniature, on the CPU: prepare, train, resume, export, transformers, evaluate."""

import json
import os
import shutil
import tempfile
import time
import unittest
from unittest import mock

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

import recipe
from check_transformers import check
from data import Batches, bits_per_byte, expectations, held_out_windows
from evaluate import evaluate, evaluate_shipped
from export import export
from hub import read_model, read_weights
from model import taught_losses
from prepare import prepare
from stub import write_corpus
from teach import read_teacher, teach, windows
from train import Options, Run

VOCABULARY = 320
SMALL = {
    "vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "layer_types": recipe.HYBRID["layer_types"][:4], "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 32, "linear_value_head_dim": 32,
}
CONFIG = {**recipe.HYBRID, **SMALL}
TEACHER = {**CONFIG, "layer_types": ["full_attention"] * 4, "residual_dropout": 0.1}


def logged(folder, key):
    with open(os.path.join(folder, "log.jsonl")) as file:
        return [entry[key] for entry in map(json.loads, file) if key in entry]


class Pipeline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.enterClassContext(mock.patch.object(recipe, "VOCABULARY", VOCABULARY))
        cls.enterClassContext(mock.patch.object(recipe, "WARM_UP", 10))
        cls.enterClassContext(mock.patch("prepare.SMALL_TALK", 400))
        cls.corpus, cls.data = os.path.join(cls.folder, "corpus"), os.path.join(cls.folder, "data")
        write_corpus(cls.corpus)
        prepare(cls.corpus, cls.data)
        cls.teachers = []
        for n in range(2):
            folder = os.path.join(cls.folder, f"teacher-{n}")
            Run(Options(data=cls.data, out=folder, config=TEACHER, teacher=n, seconds=1e6, device="cpu", batch=4, context=64, log_every=1, steps=40)).train()
            cls.teachers.append(read_teacher(os.path.join(folder, "checkpoint.pt"), "cpu"))
        for part in (1, 0):
            teach(cls.teachers, cls.data, part, 2, 64, "cpu", torch.float32)

    def options(self, name, **more):
        return Options(**{"data": self.data, "out": os.path.join(self.folder, name), "config": CONFIG, "seconds": 1e6, "device": "cpu", "batch": 4, "context": 64, "log_every": 1, "steps": 40, **more})

    def test_tokens_are_the_text(self):
        tokenizer = Tokenizer.from_file(os.path.join(self.data, "tokenizer.json"))
        for name in recipe.MIXTURE:
            ids = np.fromfile(os.path.join(self.data, f"{name}.held-out.bin"), dtype=np.uint16).tolist()
            with open(os.path.join(self.data, f"{name}.held-out.txt"), encoding="utf-8") as file:
                self.assertEqual(tokenizer.decode(ids, skip_special_tokens=False), file.read().replace(recipe.END_OF_TEXT + "\n", recipe.END_OF_TEXT))
            if name != "small-talk":  # made of the same lines
                train = np.fromfile(os.path.join(self.data, f"{name}.train.bin"), dtype=np.uint16).tolist()
                self.assertFalse(tokenizer.decode(ids[-80:-10]) in tokenizer.decode(train), name)
        self.assertEqual(tokenizer.decode(tokenizer.encode("“Tom’s”").ids), '"Tom\'s"')

    def test_batches_see_each_window_once_an_epoch(self):
        batches = Batches(self.data, 4, 64, 1, "cpu")
        source = batches.names.index("stories")
        per_epoch = (batches.lengths[source] - 65) // 64
        starts = [batches.window(source) for _ in range(2 * per_epoch)]
        first, second = sorted(starts[:per_epoch]), sorted(starts[per_epoch:])
        self.assertEqual({b - a for a, b in zip(first, first[1:])} | {b - a for a, b in zip(second, second[1:])}, {64})
        self.assertTrue(batches.starts[source] <= min(starts) and max(starts) + 65 <= batches.starts[source] + batches.lengths[source])

    def test_windows_cover_the_text(self):
        for length in (65, 66, 100, 129, 1000):
            seen = [place for start, new in windows(length, 64) for place in range(new, start + 64)]
            self.assertEqual(seen, list(range(length - 1)))  # each once, in order; the last token has no target
            self.assertTrue(all(start <= new - 16 for start, new in windows(length, 64)[1:]))

    def test_what_teachers_expect(self):
        """By its definition, the mean over the teachers of their softmax, in the first window and in one that starts before what is new in it."""
        ids = torch.from_numpy(np.fromfile(os.path.join(self.data, "stories.train.bin"), dtype=np.uint16).astype(np.int64))
        tokens, shares = expectations(self.data, "stories")
        self.assertEqual(len(tokens), len(ids))
        for start, new in (windows(len(ids), 64)[n] for n in (0, 7)):
            with torch.no_grad():
                mean = sum(teacher.logits(ids[None, start : start + 64], torch.float32).softmax(-1) for teacher in self.teachers)[0, new - start :] / 2
            kept, which = mean.topk(recipe.EXPECTED)
            np.testing.assert_allclose(shares[new + 1 : start + 65], kept.numpy(), atol=1e-3)
            self.assertGreater((tokens[new + 1 : start + 65] == which.numpy()).mean(), 0.99)  # but for ties

    def test_expectations_stand_beside_their_targets(self):
        batches = Batches(self.data, 4, 64, 1, "cpu", taught=True)
        starts = []
        with mock.patch.object(batches, "window", lambda source: starts.append(Batches.window(batches, source)) or starts[-1]):
            inputs, targets, (tokens, shares) = batches.next(0, False)
        for row, start in enumerate(starts):
            self.assertTrue(torch.equal(targets[row], batches.tokens[start + 1 : start + 65].long()))
            source = int(np.searchsorted(batches.starts, start, side="right")) - 1
            at = int(start - batches.starts[source])
            written = expectations(self.data, batches.names[source])
            np.testing.assert_array_equal(tokens[row].numpy(), written[0][at + 1 : at + 65])
            np.testing.assert_array_equal(shares[row].numpy(), written[1][at + 1 : at + 65])

    def test_taught_losses(self):
        """Where all tokens are kept it is the cross-entropy with the mixture."""
        random = torch.Generator().manual_seed(1)
        hidden, embedding = torch.randn(2, 3, 8, generator=random), torch.randn(10, 8, generator=random)
        targets = torch.randint(10, (2, 3), generator=random)
        shares, tokens = (3 * torch.randn(2, 3, 10, generator=random)).softmax(-1).sort(-1, descending=True)
        mixed = recipe.TAUGHT * torch.zeros(2, 3, 10).scatter(-1, tokens, shares) + (1 - recipe.TAUGHT) * torch.nn.functional.one_hot(targets, 10)
        logs = (hidden @ embedding.T).log_softmax(-1)
        torch.testing.assert_close(taught_losses(hidden, embedding, targets, tokens, shares), -(mixed * logs).sum(-1), atol=1e-4, rtol=1e-4)
        # Where only some are, the others are one event.
        part = taught_losses(hidden, embedding, targets, tokens[..., :4], shares[..., :4])
        rest = shares[..., 4:].sum(-1)
        other = torch.zeros(2, 3, 10).scatter(-1, tokens[..., :4], 1.0)
        outside = (logs.exp() * (1 - other)).sum(-1).log()
        expected = -recipe.TAUGHT * ((shares * logs.gather(-1, tokens))[..., :4].sum(-1) + rest * outside) - (1 - recipe.TAUGHT) * logs.gather(-1, targets[..., None])[..., 0]
        torch.testing.assert_close(part, expected, atol=1e-4, rtol=1e-4)

    def test_bits_per_byte(self):
        inputs, targets, ratio = held_out_windows(self.data, "children", 64, "cpu")
        with open(os.path.join(self.data, "manifest.json")) as file:
            entry = json.load(file)["sources"]["children"]["heldOut"]
        self.assertEqual((targets != -100).sum().item(), entry["tokens"] - 1)
        losses = torch.where(targets != -100, np.log(2), 0.0)  # one bit a token
        self.assertAlmostEqual(bits_per_byte(losses, targets, ratio), entry["tokens"] / entry["bytes"], places=5)

    def test_learns_resumes_and_leaves(self):
        Run(self.options("whole")).train()
        whole = os.path.join(self.folder, "whole")
        losses = logged(whole, "loss")
        self.assertEqual(len(losses), 40)
        self.assertLess(sum(losses[-5:]) / 5, 0.85 * losses[0])  # what such teachers expect is no certainty

        # Interrupted in the middle of it, and again where weights are rounded.
        Run(self.options("parts", stop_at=17)).train()
        Run(self.options("parts", stop_at=37, resume=True)).train()
        Run(self.options("parts", resume=True)).train()
        parts = logged(os.path.join(self.folder, "parts"), "loss")  # the last one before each interruption is not logged
        self.assertEqual(parts, losses[:16] + losses[17:36] + losses[37:])

        # Here a different number of gigaflops a second would make another number of steps; the twin takes it from the plan.
        plan = os.path.join(self.folder, "plan.json")
        with open(plan, "w") as file:
            json.dump({"steps": 12}, file)
        twin = {**CONFIG, "layer_types": ["full_attention"] * 4}
        Run(self.options("twin", config=twin, twin=True, plan=plan, steps=None)).train()
        self.assertEqual(len(logged(os.path.join(self.folder, "twin"), "loss")), 12)

        folders = {}
        for name in ("whole", "twin"):
            folders[name] = os.path.join(self.folder, name, "export")
            with mock.patch("hub.SHARD", 100_000):
                export(os.path.join(self.folder, name, "checkpoint.pt"), os.path.join(self.data, "tokenizer.json"), folders[name])
            shutil.copy(os.path.join(self.folder, name, "summary.json"), os.path.join(folders[name], "training.json"))
            check(folders[name])
        self.assertGreater(len([file for file in os.listdir(folders["whole"]) if file.endswith(".safetensors")]), 1)
        trained = torch.load(os.path.join(whole, "checkpoint.pt"), weights_only=True)["model"]
        for name, tensor in read_model(folders["whole"], "cpu").state_dict().items():
            self.assertTrue(torch.equal(tensor, trained[name].bfloat16().float()), name)

        out = os.path.join(self.folder, "evaluation")
        os.makedirs(out)
        with mock.patch("sampling.MOST", 8):
            evaluate(folders, self.data, out, "cpu")
            one_file = os.path.join(self.folder, "one-file")  # as decode.py leaves it
            shutil.copytree(folders["whole"], one_file, ignore=shutil.ignore_patterns("*.safetensors*"))
            save_file(read_weights(folders["whole"]), os.path.join(one_file, "model.safetensors"))
            evaluate_shipped(one_file, self.data, out, "cpu")
        with open(os.path.join(out, "evaluation.json")) as file:
            evaluation = json.load(file)
        self.assertEqual(evaluation["samples"]["shipped"], evaluation["samples"]["whole"])
        self.assertEqual(evaluation["heldOutBitsPerByte"].pop("shipped"), evaluation["heldOutBitsPerByte"]["whole"])
        measured, last = evaluation["heldOutBitsPerByte"], logged(whole, "heldOut")[-1]
        self.assertEqual(list(measured), ["whole", "whole-int4", "twin", "twin-int4"])
        self.assertEqual(set(measured["whole"]), set(recipe.MIXTURE))
        for source, bits in last.items():  # there in windows of 64 tokens, here with more context
            self.assertLess(abs(measured["whole"][source] - bits), 0.3 * bits, source)
        with open(os.path.join(folders["whole"], "README.md")) as file:
            self.assertIn(f"{measured['whole']['children']:.3f}", file.read())

    def test_time_is_kept(self):
        """Also where steps become much slower after their time was measured."""
        one_step = Run.one_step

        def slower(run):
            if run.step > 50:
                time.sleep(0.4)
            return one_step(run)

        with mock.patch.object(Run, "one_step", slower):
            Run(self.options("timed", seconds=30, steps=None, log_every=5)).train()
        with open(os.path.join(self.folder, "timed", "summary.json")) as file:
            summary = json.load(file)
        self.assertLess(summary["seconds"], 40)
        self.assertGreater(summary["steps"], 40)


if __name__ == "__main__":
    unittest.main()
