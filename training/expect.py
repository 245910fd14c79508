"""Writes what transformers makes of a shipped checkpoint: tests/fixtures/default/expected.safetensors.

    python3 expect.py FOLDER --out FILE

The checkpoint's weights are decoded (`decode.py`), and transformers computes the logits in float32. `input_ids` i32 [T]; of the rows of the logits those that `positions` i32 [R] names, `logits` f32 [R, V].
"""

import argparse
import tempfile

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

from corpus import chat
from decode import decode_folder

TEXT = (
    chat(["Hello! My name is Tom.", "Hello, Tom! It's nice to meet you. How are you today?"])
    + "<|im_start|>user\nTell me a story about a little dog.<|im_end|>\n<|im_start|>assistant\nOnce upon a time, there was a little dog named Spot. He"
)
POSITIONS = [0, 1, 6, 17, 31, 46, 60]


@torch.no_grad()
def expect(folder, out):
    torch.set_float32_matmul_precision("highest")
    with tempfile.TemporaryDirectory() as plain:
        decode_folder(folder, plain)
        model = AutoModelForCausalLM.from_pretrained(plain, dtype=torch.float32).eval()
    ids = Tokenizer.from_file(f"{folder}/tokenizer.json").encode(TEXT, add_special_tokens=False).ids
    logits = model(torch.tensor([ids])).logits[0]
    positions = [*(position for position in POSITIONS if position < len(ids) - 1), len(ids) - 1]
    save_file({
        "input_ids": torch.tensor(ids, dtype=torch.int32),
        "positions": torch.tensor(positions, dtype=torch.int32),
        "logits": logits[positions].float().contiguous(),
    }, out)
    print(f"expect: {len(positions)} of {len(ids)} rows of {logits.shape[1]} logits")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    expect(arguments.folder, arguments.out)
