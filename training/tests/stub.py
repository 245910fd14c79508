"""A corpus in miniature: the files and formats of the real one, with sentences of a small grammar."""

import json
import lzma
import os
import random

import recipe

NAMES = "Tom Lily Ben Anna Max Sue Tim Mia".split()
ANIMALS = "dog cat rabbit bird fox bear mouse duck".split()
PLACES = "garden forest house river school kitchen".split()


def sentence(rng):
    return rng.choice([
        f"{rng.choice(NAMES)} saw a {rng.choice(ANIMALS)} in the {rng.choice(PLACES)}.",
        f"The {rng.choice(ANIMALS)} said, “I like {rng.choice(NAMES)}’s {rng.choice(PLACES)}!”",
        f"They walked to the {rng.choice(PLACES)} -- it was {rng.randrange(1, 12)}:{rng.randrange(10, 60)} -- and laughed.",
    ])


def paragraphs(rng, count):
    return "\n\n".join(" ".join(sentence(rng) for _ in range(4)) for _ in range(count))


def write_corpus(folder):
    rng = random.Random(1)
    os.makedirs(folder)

    def write(name, text):
        with lzma.open(os.path.join(folder, name), "wt", encoding="utf-8") as file:
            file.write(text)

    end = f"\n{recipe.END_OF_TEXT}\n"
    write("books_children_ChiLit.txt.xz", "".join(f"{title} {i}\n\n{paragraphs(rng, 1 if i == 5 else 40)}{end}" for title in ("Book", "The Tale of Cat") for i in range(9)))
    write("books_novels_ccr.txt.xz", "".join(f"Novel {i}\n\n{paragraphs(rng, 1 if i == 5 else 40)}{end}" for i in range(9)))
    write("stories_tinystories_sample.txt.xz", "".join(f"Once upon a time there was a little {rng.choice(ANIMALS)} named {rng.choice(NAMES)}. {paragraphs(rng, 2)}{end}" for _ in range(120)))
    write("dialog_self.jsonl.xz", "".join(json.dumps({"topic": "movies", "turns": [sentence(rng)[:-1].lower() for _ in range(6)]}) + "\n" for _ in range(120)))
    write("dialog_sgd.jsonl.xz", "".join(json.dumps({"id": str(i), "turns": [[("USER", "SYSTEM")[j % 2], sentence(rng)] for j in range(6)]}) + "\n" for i in range(120)))
