"""Measures exported models: bits per byte of held-out text, and samples. Writes `evaluation.json`, `samples.txt` and the model card.

    python3 evaluate.py --data DIR --out DIR NAME=FOLDER…

Each model is measured as it was exported and, as NAME-int4, with its matrices rounded to 4 bits as the engine packs them (the embedding, which is
shipped at 8, is not rounded here). All is computed in float32. A byte is one of the text; special tokens count as none, but are predicted too.
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
from sampling import CHATS, STORIES, counts, generate, prompts


@torch.no_grad()
def held_out(model, data, device):
    result = {}
    for name in recipe.MIXTURE:
        inputs, targets, ratio = held_out_windows(data, name, model.config["max_position_embeddings"], device)
        losses = torch.cat([model.losses(i, t, torch.float32) for i, t in zip(inputs.split(8), targets.split(8))])
        result[name] = round(bits_per_byte(losses, targets, ratio), 4)
    return result


def evaluate(models, data, out, device):
    torch.set_float32_matmul_precision("highest")
    began = time.monotonic()
    with open(os.path.join(data, "manifest.json")) as file:
        manifest = json.load(file)
    evaluation = {"corpus": manifest["sources"], "heldOutBitsPerByte": {}, "samples": {}, "training": {}}
    written = []
    for name, folder in models.items():
        with open(os.path.join(folder, "training.json")) as file:
            evaluation["training"][name] = json.load(file)
        tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        model = read_model(folder, device)
        for variant, weights in [(name, contextlib.nullcontext()), (f"{name}-int4", Int4Weights(model))]:
            with weights:
                evaluation["heldOutBitsPerByte"][variant] = held_out(model, data, device)
                texts = prompts()
                samples = generate(model, tokenizer, texts)
            stories, chats = samples[: len(STORIES)], samples[len(STORIES) :]
            evaluation["samples"][variant] = {"stories": counts(stories), "chats": counts(chats)}
            assert len(chats) == len(CHATS)
            for i, (prompt, (text, ended)) in enumerate(zip(texts, samples)):
                written.append(f"=== {variant}, seed {recipe.SEED + i}{'' if ended else ', not ended'}\n{prompt}⟨{text}⟩\n")
            print(f"evaluate: {time.monotonic() - began:5.1f} s  {variant}: {evaluation['heldOutBitsPerByte'][variant]}", flush=True)
            # Written after each model, so that what was measured is kept whatever comes.
            with open(os.path.join(out, "evaluation.json"), "w") as file:
                json.dump(evaluation, file, indent=2)
            with open(os.path.join(out, "samples.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join(written))
    for folder in models.values():
        with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as file:
            file.write(model_card(evaluation))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("models", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    os.makedirs(arguments.out, exist_ok=True)
    evaluate(dict(model.split("=", 1) for model in arguments.models), arguments.data, arguments.out, "cuda" if torch.cuda.is_available() else "cpu")
