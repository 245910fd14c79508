"""Measures exported models: bits per byte of held-out text, and samples. Writes `evaluation.json`, `samples.txt` and the model card.

    python3 evaluate.py --data DIR --out DIR NAME=FOLDER…
    python3 evaluate.py --data DIR --out DIR --shipped FOLDER

Each model is measured as it was exported and, as NAME-int4, with its matrices rounded to 4 bits as the engine packs them (the embedding, which is
shipped at 8, is not rounded here). `--shipped` adds to an evaluation what the weights in FOLDER do as they are, those that are shipped, read by `decode.py`.
All is computed in float32. A byte is one of the text; special tokens count as none, but are predicted too.
"""

import argparse
import contextlib
import json
import os
import time

import torch
from tokenizers import Tokenizer

import recipe
from card import model_card
from data import bits_per_byte, held_out_windows
from hub import read_model
from int4 import Int4Weights
from sampling import STORIES, counts, generate, prompts


@torch.no_grad()
def held_out(model, data, device):
    result = {}
    for name in recipe.MIXTURE:
        inputs, targets, ratio = held_out_windows(data, name, model.config["max_position_embeddings"], device)
        losses = torch.cat([model.losses(i, t, torch.float32) for i, t in zip(inputs.split(8), targets.split(8))])
        result[name] = round(bits_per_byte(losses, targets, ratio), 4)
    return result


class Evaluation:
    """What was measured so far, written after each model, so that it is kept whatever comes."""

    def __init__(self, data, out, device, content):
        self.data, self.out, self.device, self.content, self.began = data, out, device, content, time.monotonic()

    def measure(self, variant, model, tokenizer):
        content, texts = self.content, prompts()
        content["heldOutBitsPerByte"][variant] = held_out(model, self.data, self.device)
        content["samples"][variant] = {}
        with open(os.path.join(self.out, "samples.txt"), "a", encoding="utf-8") as file:
            for name, settings in (("plain", recipe.PLAIN_SAMPLING), ("default", recipe.SAMPLING)):
                samples = generate(model, tokenizer, texts, **settings)
                content["samples"][variant][name] = {"stories": counts(samples[: len(STORIES)]), "chats": counts(samples[len(STORIES) :])}
                for i, (prompt, (text, ended)) in enumerate(zip(texts, samples)):
                    file.write(f"=== {variant}, {name}, seed {recipe.SEED + i}{'' if ended else ', not ended'}\n{prompt}⟨{text}⟩\n\n")
        print(f"evaluate: {time.monotonic() - self.began:5.1f} s  {variant}: {content['heldOutBitsPerByte'][variant]}", flush=True)
        with open(os.path.join(self.out, "evaluation.json"), "w") as file:
            json.dump(content, file, indent=2)


def evaluate_shipped(folder, data, out, device):
    with open(os.path.join(out, "evaluation.json")) as file:
        evaluation = Evaluation(data, out, device, json.load(file))
    torch.set_float32_matmul_precision("highest")
    evaluation.measure("shipped", read_model(folder, device), Tokenizer.from_file(os.path.join(folder, "tokenizer.json")))


def evaluate(models, data, out, device):
    torch.set_float32_matmul_precision("highest")
    with open(os.path.join(data, "manifest.json")) as file:
        manifest = json.load(file)
    evaluation = Evaluation(data, out, device, {"corpus": manifest["sources"], "heldOutBitsPerByte": {}, "samples": {}, "training": {}})
    open(os.path.join(out, "samples.txt"), "w").close()
    for name, folder in models.items():
        with open(os.path.join(folder, "training.json")) as file:
            evaluation.content["training"][name] = json.load(file)
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        model = read_model(folder, device)
        for variant, weights in [(name, contextlib.nullcontext()), (f"{name}-int4", Int4Weights(model))]:
            with weights:
                evaluation.measure(variant, model, tokenizer)
    for folder in models.values():
        with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as file:
            file.write(model_card(evaluation.content))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--shipped", metavar="FOLDER")
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if arguments.models:
        evaluate(dict(model.split("=", 1) for model in arguments.models), arguments.data, arguments.out, device)
    if arguments.shipped:
        evaluate_shipped(arguments.shipped, arguments.data, arguments.out, device)
