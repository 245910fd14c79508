"""Texts from fixed prompts with fixed seeds, and what can be counted about them."""

import re

import torch

import recipe
from corpus import chat

STORIES = [
    "Once upon a time, there was a little rabbit who",
    "One day, Tom and his sister found a box in the garden.",
    "There was once a king who had three daughters,",
    "Lily loved her red ball. One morning,",
    "The old woman opened the door, and there in the snow stood",
    "In a big forest there lived a bear named Ben. Ben was very",
    '"Where are you going?" asked the fox.',
    "It was a dark and windy night, and the two children",
    "Once there was a small boat that wanted to see the sea.",
    "Alice looked at the strange little man, and said,",
]
CHATS = [
    ["Hello! How are you today?"],
    ["What kind of music do you like?"],
    ["Tell me a story about a little dog."],
    ["Have you seen any good movies lately?"],
    ["Tell me a bedtime story."],
    ["I am looking for a place to eat in San Francisco."],
    ["What is your favorite Disney movie?", "I love The Lion King. What about you?", "Me too! Which character do you like best?"],
    ["I had a bad day."],
    ["Do you like football?"],
    ["Continue this story: A little bird could not fly. Every day it sat on its branch and watched the others."],
]
MOST = 256  # tokens


def prompts():
    """Text that the model goes on with, the stories first."""
    def turns(said):
        return chat([*said, ""]).removesuffix(recipe.TURN_END + "\n")

    return STORIES + [turns(said) for said in CHATS]


@torch.no_grad()
def generate(model, tokenizer, texts, temperature, top_p=1.0, min_p=0.0, repetition_penalty=1.0, dtype=torch.float32):
    """A continuation of each text: text, and whether it ended by itself. Text n is sampled with seed n, and does not depend on the others.

    repetition_penalty is that of Keskar et al. 2019 (arXiv:1909.05858), for all tokens of prompt and continuation, min_p that of Nguyen et al. 2024 (arXiv:2407.01082).
    """
    device = next(model.parameters()).device
    ends = [tokenizer.token_to_id(token) for token in (recipe.TURN_END, recipe.END_OF_TEXT)]
    rows = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    starts = [len(row) for row in rows]
    random = [torch.rand(MOST, generator=torch.Generator().manual_seed(recipe.SEED + n)).tolist() for n in range(len(rows))]
    running = set(range(len(rows)))
    for i in range(MOST):
        # The model is causal: what is padded on the right changes nothing on the left.
        order = sorted(running)
        ids = torch.zeros(len(order), max(len(rows[n]) for n in order), dtype=torch.long)
        for at, n in enumerate(order):
            ids[at, : len(rows[n])] = torch.tensor(rows[n])
        hidden = model.hidden(ids.to(device), dtype)
        last = hidden[torch.arange(len(order)), torch.tensor([len(rows[n]) - 1 for n in order])]
        logits = last.float() @ model.model.embed_tokens.weight.float().T
        if repetition_penalty != 1:
            for at, n in enumerate(order):
                said = torch.tensor(sorted(set(rows[n])), device=device)
                logits[at, said] = torch.where(logits[at, said] > 0, logits[at, said] / repetition_penalty, logits[at, said] * repetition_penalty)
        shares, tokens = (logits / temperature).softmax(-1).sort(-1, descending=True)
        shares = torch.where((shares.cumsum(-1) - shares < top_p) & (shares >= min_p * shares[:, :1]), shares, 0)
        points = torch.tensor([random[n][i] for n in order], device=device)[:, None] * shares.sum(-1, keepdim=True)
        picked = (shares.cumsum(-1) <= points).sum(-1).clamp(max=logits.shape[-1] - 1)
        for n, token in zip(order, tokens.gather(1, picked[:, None])[:, 0].tolist()):
            rows[n].append(token)
            if token in ends:
                running.remove(n)
        if not running:
            break
    return [(tokenizer.decode(row[start:]), row[-1] in ends) for row, start in zip(rows, starts)]


def counts(samples):
    """distinct-n: different n-grams of words over all texts by how many there are. repeated: the share of 4-grams that the same text had before. ended: the share of texts that ended by themselves."""
    texts = [re.findall(r"[\w']+", text.lower()) for text, _ in samples]

    def grams(words, n):
        return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]

    result = {}
    for n in (1, 2, 3):
        every = [gram for words in texts for gram in grams(words, n)]
        result[f"distinct{n}"] = round(len(set(every)) / max(1, len(every)), 4)
    fours = [grams(words, 4) for words in texts]
    result["repeated"] = round(sum(len(each) - len(set(each)) for each in fours) / max(1, sum(map(len, fours))), 4)
    result["ended"] = round(sum(ended for _, ended in samples) / len(samples), 4)
    result["words"] = round(sum(map(len, texts)) / len(texts), 1)
    return result
