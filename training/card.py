"""The model card, written from what was measured."""

import argparse
import json
import os

import recipe

CREDITS = """\
| source | what | licence |
|---|---|---|
| tales, children | 71 children's books of the nineteenth century: the ChiLit corpus, [birmingham-ccr/corpora](https://github.com/birmingham-ccr/corpora) | public domain |
| novels | 83 novels of the nineteenth century: [birmingham-ccr/corpora](https://github.com/birmingham-ccr/corpora) | public domain |
| stories, story-chats | 2,399 stories of [TinyStories](https://arxiv.org/abs/2305.07759), Eldan and Li 2023 | CDLA-Sharing-1.0 |
| small-talk | lines written for this model, `training/small_talk.py` | MIT |
| chats | [Self-dialogue Corpus](https://github.com/jfainberg/self_dialogue_corpus), Fainberg et al. 2018 | BSD-3-Clause |
| tasks | [Schema-Guided Dialogue](https://github.com/google-research-datasets/dstc8-schema-guided-dialogue), Rastogi et al. 2020 | CC BY-SA 4.0 |"""


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


# Judged by eye from the samples and the curve of the shipped model: to be written anew after another training.
LIMITS = """\
- It knows hardly any facts and cannot calculate, translate, write code or summarise. Asked for such things it says so where the question is like those of `small_talk.py`, and else makes something up.
- A story stays with its heroes and in its tone for a paragraph and mostly comes to an end, and its sentences are nearly all grammatical. It does not hold together as a whole: he becomes she, things appear and are forgotten, a moral follows from nothing. Requests for a hero are mostly followed, further wishes are not,
  and of a story to be continued sometimes only the tone is kept.
- Beginnings in the manner of an old book go on as talk that leads nowhere, and without a repetition penalty they run into loops ("plain" in the table).
- There were 2,399 stories to learn from. One of the twelve told below, that of the dog and the bag of rice, is nearly word for word one of them (91 % of its sequences of eight words); in the other eleven 0 to 18 % are.
- Its friendly talk is made from a few hundred lines and sounds alike. Its views are those of nineteenth-century books and of people paid to chat about films; nothing was filtered.
- English only; 1,024 tokens were seen at once, and more were not tried."""


def samples_of(text, variant, settings):
    """The samples of one variant with one sampling out of `samples.txt`, prompt and continuation."""
    blocks = [block for block in text.split("=== ") if block.startswith(f"{variant}, {settings}, ")]
    return "\n\n".join("```text\n" + block.strip() + "\n```" for block in blocks)


def curve_of(log):
    """Held-out bits per byte over the training, from the lines of `log.jsonl`."""
    entries = [entry for entry in map(json.loads, log.splitlines()) if "heldOut" in entry]
    entries = list({entry["step"]: entry for entry in entries}.values())
    names = list(entries[0]["heldOut"])
    return table(["step", *names], [[entry["step"], *(f"{entry['heldOut'][name]:.3f}" for name in names)] for entry in entries])


def said(sampling):
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sampling.items())


def model_card(evaluation, curve="", samples_text=""):
    training = evaluation["training"]
    variants = list(evaluation["heldOutBitsPerByte"])
    held_out = table(
        ["source", *variants],
        [[source, *(f"{evaluation['heldOutBitsPerByte'][variant][source]:.3f}" for variant in variants)] for source in recipe.MIXTURE],
    )
    figures = ["distinct1", "distinct2", "distinct3", "repeated", "ended", "words"]
    samples = table(
        ["samples", *figures],
        [[f"{variant}, {kind}, {name}", *(values[figure] for figure in figures)] for variant, sampled in evaluation["samples"].items() for name, kinds in sampled.items() for kind, values in kinds.items()],
    )
    cost = table(
        ["model", "weights", "tokens seen", "tokens a second", "seconds", "on"],
        [[name, f"{t['parameters']:,}", f"{t['tokens']:,}", f"{t['tokensPerSecond']:,}", t["seconds"], t["device"]] for name, t in training.items()],
    )
    shares = table(
        ["source", "tokens", "share at first", "share at the end"],
        [[source, f"{evaluation['corpus'][source]['tokens']:,}", *(f"{share:.0%}" for share in recipe.MIXTURE[source])] for source in recipe.MIXTURE],
    )
    shown = f"The twenty, as they came, prompts before `⟨`:\n\n<details><summary>Samples</summary>\n\n{samples_text}\n\n</details>\n\n" if samples_text else ""
    curved = f"\nHeld-out bits per byte while the hybrid was trained; the rate falls from step {round((1 - recipe.COOL_DOWN) * training[next(iter(training))]['steps'])} on:\n\n{curve}\n" if curve else ""
    return f"""---
library_name: transformers
license: cc-by-sa-4.0
language: en
pipeline_tag: text-generation
---

# A small hybrid that tells stories and chats

A language model of Qwen3.5's text architecture (`Qwen3_5ForCausalLM`), small enough for a web page: three layers of the gated delta rule to one of gated softmax attention, {len(recipe.HYBRID["layer_types"])} layers of width {recipe.HYBRID["hidden_size"]},
a byte-level vocabulary of {recipe.VOCABULARY:,}, trained from scratch on texts of {recipe.CONTEXT:,} tokens. It tells short stories for children, continues them, and holds a short friendly chat. Chats are written in ChatML without a system prompt; `<|im_end|>` ends a turn,
`<|endoftext|>` a text. A demonstration, not an assistant.

## What it cannot do

{LIMITS}

## Measured

Bits per byte of held-out documents, less is better. `int4`: matrices rounded to 4 bits in groups of 32; `shipped`: the weights of this folder, with the embedding at 8 bits too. The twin has softmax attention in all layers, as many weights, the same teachers and, to 1 %, the same tokens.

{held_out}

Twenty prompts, half stories and half chats, at most 256 tokens. `plain`: {said(recipe.PLAIN_SAMPLING)}; `default`: {said(recipe.SAMPLING)}, as in `generation_config.json`.
distinct-n: different n-grams of words by all; repeated: 4-grams that the same text had before; ended: texts that ended by themselves.

{samples}

{shown}## Training

`CORPUS=… OUT=… bash training/run.sh` in Sluice's repository, seed {recipe.SEED}; times and card below, and those of the teachers in `training/README.md`.

{cost}

Muon for matrices and AdamW for the rest, a constant learning rate that falls to zero over the last {recipe.COOL_DOWN:.0%}, when also the mixture changes; over the last {recipe.QUANTISED:.0%} the matrices are rounded to 4 bits in the forward pass.
Hybrid and twin learn by {recipe.TAUGHT:.0%} from what {recipe.TEACHERS} teachers expect at each token, the mean of their {recipe.EXPECTED} largest probabilities, and by the rest from the text. The teachers are of softmax attention, {len(recipe.TEACHER["layer_types"])} layers of width {recipe.TEACHER["hidden_size"]},
and learnt from the same corpus alone, with {recipe.TEACHER["residual_dropout"]:.0%} dropout and less repetition of the small sources.

{shares}

`tales` are those of the children's books that are for the youngest. `stories` are told four times each, three of them with other names for their people; `story-chats` are the same as answers to requests made from templates; `small-talk` is put together from lines written for it, with stories between.
Held-out stories are held out of all three. Quotation marks and dashes were made uniform, and hasty typing in chats was mended (capitals, full stops).
{curved}
## Sources and licences

{CREDITS}

The weights may be used under CC BY-SA 4.0, the strictest of these. The code that made them is in `training/` of Sluice.
"""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", help="the folder that results.tar.gz unpacks to")
    parser.add_argument("--variant", default="shipped", help="whose samples are shown")
    parser.add_argument("--sampling", default="default", choices=["default", "plain"], help="which of them")
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    read = lambda name: open(os.path.join(arguments.results, name), encoding="utf-8").read()
    with open(arguments.out, "w", encoding="utf-8") as file:
        file.write(model_card(json.loads(read("evaluation.json")), curve_of(read("hybrid/log.jsonl")), samples_of(read("samples.txt"), arguments.variant, arguments.sampling)))
