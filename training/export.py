"""A checkpoint of `train.py` as a folder that transformers, and our engine, load.

    python3 export.py --checkpoint FILE --tokenizer tokenizer.json --out DIR
"""

import argparse
import os
import shutil

import torch

import recipe
from hub import CHAT_TEMPLATE, write_json, write_weights


def export(checkpoint, tokenizer, out):
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    os.makedirs(out, exist_ok=True)
    write_weights(out, {name: tensor.to(torch.bfloat16) for name, tensor in state["model"].items()})
    write_json(out, "config.json", state["config"])
    write_json(out, "generation_config.json", {"do_sample": True, **recipe.SAMPLING, "eos_token_id": state["config"]["eos_token_id"], "pad_token_id": state["config"]["pad_token_id"]})
    write_json(out, "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": recipe.TURN_END,
        "pad_token": recipe.END_OF_TEXT,
        "model_max_length": state["config"]["max_position_embeddings"],
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    })
    shutil.copyfile(tokenizer, os.path.join(out, "tokenizer.json"))
    if state["total"] is None or state["step"] < state["total"]:
        print(f"export: the checkpoint is of step {state['step']} of {state['total']}: training did not end", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.tokenizer, arguments.out)
