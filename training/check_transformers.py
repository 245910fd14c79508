"""Loads an exported folder in transformers and compares it with `model.py`: logits, greedy continuation with its cache, tokenizer and chat template.

    python3 check_transformers.py FOLDER
"""

import sys

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from corpus import chat
from hub import read_model
from sampling import prompts

LIMIT = 1e-4  # relative RMS error of the logits, float32
GREEDY = 24


@torch.no_grad()
def check(folder):
    torch.set_float32_matmul_precision("highest")
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    if type(theirs).__name__ != "Qwen3_5ForCausalLM":
        raise SystemExit(f"check: transformers loaded a {type(theirs).__name__}")
    ours = read_model(folder, "cpu")
    tokenizer, fast = AutoTokenizer.from_pretrained(folder), Tokenizer.from_file(f"{folder}/tokenizer.json")

    turns = ["Hello! I’m Tom.", "Hi Tom. How are you?", "Fine, thanks — it’s 10:30 am."]
    messages = [{"role": "assistant" if i % 2 else "user", "content": turn} for i, turn in enumerate(turns)]
    rendered = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    if rendered != chat([*turns, ""]).removesuffix("<|im_end|>\n"):
        raise SystemExit(f"check: the chat template gives {rendered!r}")
    for text in [rendered, *prompts()]:
        ids = fast.encode(text, add_special_tokens=False).ids
        if tokenizer(text, add_special_tokens=False)["input_ids"] != ids or tokenizer(text)["input_ids"] != ids:
            raise SystemExit(f"check: transformers tokenises {text!r} differently")
    if tokenizer.eos_token_id != fast.token_to_id("<|im_end|>"):
        raise SystemExit("check: the end of a turn is not transformers' end of text")

    ids = torch.tensor([fast.encode(" ".join(prompts()), add_special_tokens=False).ids[:300]])
    want, got = theirs(ids).logits[0], ours.logits(ids, torch.float32)[0]
    error = ((got - want).square().mean().sqrt() / want.square().mean().sqrt()).item()
    print(f"check: relative RMS error of {ids.shape[1]} tokens' logits {error:.1e}")
    if not error <= LIMIT:
        raise SystemExit(f"check: more than {LIMIT}")

    # Greedy decoding in transformers goes through its recurrent and convolution states; ours reads everything anew.
    theirs.generation_config.eos_token_id = None  # nothing ends early
    start = ids[:, :100]
    told = theirs.generate(start, do_sample=False, repetition_penalty=1.0, max_new_tokens=GREEDY, pad_token_id=0)[0]
    logits = ours.logits(told[None], torch.float32)[0, 99:-1]
    chosen = logits.gather(1, told[100:, None])[:, 0]
    behind = (logits.max(1).values - chosen).max().item()
    print(f"check: transformers' greedy choices are at most {behind:.1e} behind the largest logit here")
    if not behind <= 1e-2 or len(told) != 100 + GREEDY:
        raise SystemExit("check: greedy decoding differs")
    print("check: transformers agrees")


if __name__ == "__main__":
    check(sys.argv[1])
