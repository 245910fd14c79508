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
from tokenizers import Tokenizer

import recipe
from check_transformers import check
from data import Batches, bits_per_byte, held_out_windows
from evaluate import evaluate
from export import export
from hub import read_model
from prepare import prepare
from stub import write_corpus
from train import Options, Run

VOCABULARY = 320
SMALL = {
    "vocab_size": VOCABULARY, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "layer_types": recipe.HYBRID["layer_types"][:4], "num_attention_heads": 2,
    "num_key_value_heads": 1, "head_dim": 32, "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 32, "linear_value_head_dim": 32,
}
CONFIG = {**recipe.HYBRID, **SMALL}


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
        self.assertLess(sum(losses[-5:]) / 5, 0.75 * losses[0])

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
        with open(os.path.join(out, "evaluation.json")) as file:
            evaluation = json.load(file)
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
