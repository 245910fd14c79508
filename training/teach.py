"""What the teachers expect at every token of the training text: the mean of their probabilities, of which the largest are kept.

    python3 teach.py --data DIR --part I --parts N CHECKPOINT…

Writes `SOURCE.expected-tokens.bin` and `SOURCE.expected-shares.bin` beside the tokens. Each of N processes, one a GPU, writes its part of every source into the same files.
A token is read in a window of which at least a quarter comes before it, where its source has that much.
"""

import argparse
import os
import time

import numpy as np
import torch

import recipe
from data import expectations
from model import CausalLM

BATCH = 32  # windows at a time


def windows(length, context):
    """Windows of `context` tokens that cover a text of `length`, as (start, from): what stands at `from` and after it is new in this one. Starts are such that a target follows each token."""
    step = context - context // 4
    result, start, new = [], 0, 0
    while new < length - 1:
        start = max(0, min(new - (context - step), length - 1 - context))
        result.append((start, new))
        new = start + context
    return result


@torch.no_grad()
def teach(teachers, data, part, parts, context, device, dtype, batch=BATCH):
    for name in recipe.MIXTURE:
        ids = torch.from_numpy(np.fromfile(os.path.join(data, f"{name}.train.bin"), dtype=np.uint16).astype(np.int64)).to(device)
        tokens, shares = expectations(data, name, create=len(ids))
        mine = windows(len(ids), context)[part::parts]
        reach = torch.arange(context, device=device)
        for i in range(0, len(mine), batch):
            chosen = mine[i : i + batch]
            full = chosen + chosen[-1:] * (batch - len(chosen))  # of one shape, so that what is compiled serves
            inputs = ids[torch.tensor([start for start, _ in full], device=device)[:, None] + reach]
            mean = sum(teacher.logits(inputs, dtype).softmax(-1) for teacher in teachers) / len(teachers)
            kept, which = mean.topk(recipe.EXPECTED)
            kept, which = kept.to(torch.float16).cpu().numpy(), which.to(torch.int16).cpu().numpy()
            for row, (start, new) in enumerate(chosen):  # the output at a token is about the next one
                tokens[new + 1 : start + context + 1] = which[row, new - start :]
                shares[new + 1 : start + context + 1] = kept[row, new - start :]
        for array in (tokens, shares):
            array.flush()
        print(f"teach: part {part} of {parts}, {name}: {len(mine)} windows", flush=True)


def read_teacher(path, device):
    state = torch.load(path, map_location=device, weights_only=True)
    teacher = CausalLM(state["config"]).to(device).eval()
    teacher.load_state_dict(state["model"])
    return teacher


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoints", nargs="+", metavar="CHECKPOINT")
    parser.add_argument("--data", required=True)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--parts", type=int, default=1)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("teach: needs a GPU")
    began = time.monotonic()
    teachers = [read_teacher(path, "cuda") for path in arguments.checkpoints]
    for teacher in teachers:
        teacher.compile()
    teach(teachers, arguments.data, arguments.part, arguments.parts, recipe.CONTEXT, "cuda", torch.bfloat16)
    print(f"teach: part {arguments.part} of {arguments.parts} took {time.monotonic() - began:.0f} s", flush=True)
