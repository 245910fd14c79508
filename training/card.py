"""The model card, written from what was measured."""

import recipe

CREDITS = """\
| source | what | licence |
|---|---|---|
| children | 71 children's books of the nineteenth century: the ChiLit corpus, [birmingham-ccr/corpora](https://github.com/birmingham-ccr/corpora) | public domain |
| novels | 83 novels of the nineteenth century: [birmingham-ccr/corpora](https://github.com/birmingham-ccr/corpora) | public domain |
| stories | 2,399 stories of TinyStories, Eldan and Li 2023 | CDLA-Sharing-1.0 |
| chats | [Self-dialogue Corpus](https://github.com/jfainberg/self_dialogue_corpus), Fainberg et al. 2018 | BSD-3-Clause |
| tasks | [Schema-Guided Dialogue](https://github.com/google-research-datasets/dstc8-schema-guided-dialogue), Rastogi et al. 2020 | CC BY-SA 4.0 |"""


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def model_card(evaluation):
    training = evaluation["training"]
    variants = list(evaluation["heldOutBitsPerByte"])
    held_out = table(
        ["source", *variants],
        [[source, *(f"{evaluation['heldOutBitsPerByte'][variant][source]:.3f}" for variant in variants)] for source in recipe.MIXTURE],
    )
    figures = ["distinct1", "distinct2", "distinct3", "repeated", "ended", "words"]
    samples = table(
        ["samples", *figures],
        [[f"{variant}, {kind}", *(values[figure] for figure in figures)] for variant, kinds in evaluation["samples"].items() for kind, values in kinds.items()],
    )
    cost = table(
        ["model", "weights", "tokens seen", "tokens a second", "seconds", "on"],
        [[name, f"{t['parameters']:,}", f"{t['tokens']:,}", f"{t['tokensPerSecond']:,}", t["seconds"], t["device"]] for name, t in training.items()],
    )
    shares = table(
        ["source", "tokens", "share at first", "share at the end"],
        [[source, f"{evaluation['corpus'][source]['tokens']:,}", *(f"{share:.0%}" for share in recipe.MIXTURE[source])] for source in recipe.MIXTURE],
    )
    return f"""---
library_name: transformers
language: en
pipeline_tag: text-generation
---

# A small hybrid that tells stories and chats

A language model of Qwen3.5's text architecture (`Qwen3_5ForCausalLM`), small enough for a web page: three layers of the gated delta rule to one of gated softmax attention, {len(recipe.HYBRID["layer_types"])} layers of width {recipe.HYBRID["hidden_size"]},
a byte-level vocabulary of {recipe.VOCABULARY:,}, trained from scratch on texts of {recipe.CONTEXT:,} tokens. It continues stories for children, tells one when asked, and talks about films, music and sport. Chats are written in ChatML; `<|im_end|>` ends a turn,
`<|endoftext|>` a text. It knows hardly any facts, makes up what it says, and repeats the views of its nineteenth-century books: a demonstration, not an assistant.

## Measured

Bits per byte of held-out documents, less is better. `int4`: matrices rounded to 4 bits in groups of 32. The twin has softmax attention in all layers, as many weights, and saw the same tokens.

{held_out}

Twenty prompts, half stories and half chats, temperature 0.7, top-p 0.9, at most 256 tokens. distinct-n: different n-grams of words by all; repeated: 4-grams that the same text had before; ended: texts that ended by themselves.

{samples}

## Training

{cost}

Muon for matrices and AdamW for the rest, a constant learning rate that falls to zero over the last {recipe.COOL_DOWN:.0%}, when also the mixture changes; over the last {recipe.QUANTISED:.0%} the matrices are rounded to 4 bits in the forward pass.

{shares}

`story-chats` are the stories again, as answers to requests made from templates. Quotation marks and dashes were made uniform, and hasty typing in chats was mended (capitals, full stops).

## Sources and licences

{CREDITS}
"""
