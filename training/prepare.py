"""Corpus to tokens: documents, the held-out split, a tokenizer, and a file of uint16 ids for each source and split.

    python3 prepare.py --corpus DIR --out DIR

Writes `tokenizer.json`, `SOURCE.train.bin`, `SOURCE.held-out.bin`, `SOURCE.held-out.txt` and, when all else is complete, `manifest.json`. A folder whose
manifest was made by the same code from the same files is left as it is. Documents end with <|endoftext|>.
"""

import argparse
import hashlib
import json
import os
import time

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import recipe
from corpus import held_out, sources
from derived import RETELLINGS, SMALL_TALK, derive

# Words with the space before them, digits one by one, runs of punctuation, line breaks. A quotation mark before a word is not an apostrophe.
PATTERN = r"'(?:[sdmt]|ll|ve|re)(?!\p{L})| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+(?!\S)|\s+"
# The corpus has one form of each of these; what people type becomes it.
REPLACED = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "—", "…": "...", "\u00a0": " "}
PIECE = 20_000  # characters that are tokenised at a time
SAMPLE = 6_000_000  # characters of each source that the tokenizer is made from, at most


def pieces(document):
    """The document in parts that end after an empty line, where no token crosses."""
    parts, size = [], 0
    for paragraph in document.split("\n\n"):
        if parts and size + len(paragraph) > PIECE:
            yield "\n\n".join(parts) + "\n\n"
            parts, size = [], 0
        parts.append(paragraph)
        size += len(paragraph)
    yield "\n\n".join(parts)


def plain(text):
    for token in recipe.SPECIAL_TOKENS:
        text = text.replace(token, "")
    return text


def train_tokenizer(train):
    def sample():
        for documents in train.values():
            texts = [piece for document in documents for piece in pieces(document)]
            step = max(1, sum(map(len, texts)) // SAMPLE)
            yield from (plain(text) for text in texts[::step])

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace(a, b) for a, b in REPLACED.items()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.VOCABULARY,
        special_tokens=recipe.SPECIAL_TOKENS,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sample(), trainer)
    return tokenizer


def encode(tokenizer, documents):
    """All documents' ids in a row, uint16. Tokenising uses all cores."""
    end = tokenizer.token_to_id(recipe.END_OF_TEXT)
    texts, ends = [], []
    for document in documents:
        texts.extend(pieces(document))
        ends.append(len(texts) - 1)
    ends = set(ends)
    rows = []
    for start in range(0, len(texts), 4096):
        for i, encoding in enumerate(tokenizer.encode_batch_fast(texts[start : start + 4096], add_special_tokens=False), start):
            rows.append(np.array(encoding.ids + [end] if i in ends else encoding.ids, dtype=np.uint16))
    return np.concatenate(rows)


def fingerprint(corpus):
    """Of all that the output depends on."""
    here = os.path.dirname(os.path.abspath(__file__))
    digest = hashlib.sha256(json.dumps([recipe.VOCABULARY, recipe.SPECIAL_TOKENS, recipe.HELD_OUT, recipe.SEED]).encode())
    for name in ("prepare.py", "corpus.py", "derived.py", "small_talk.py"):
        with open(os.path.join(here, name), "rb") as file:
            digest.update(file.read())
    for name in sorted(os.listdir(corpus)):
        digest.update(f"{name} {os.path.getsize(os.path.join(corpus, name))}".encode())
    return digest.hexdigest()


def prepare(corpus, out):
    began = time.monotonic()
    log = lambda text: print(f"prepare: {time.monotonic() - began:5.1f} s  {text}", flush=True)
    mark, manifest_path = fingerprint(corpus), os.path.join(out, "manifest.json")
    if os.path.exists(manifest_path):
        with open(manifest_path) as file:
            if json.load(file)["fingerprint"] == mark:
                return log(f"{out} is up to date")
        os.remove(manifest_path)
    for name in os.listdir(out) if os.path.exists(out) else []:
        if name == "taught" or ".expected-" in name:  # what teachers expected of other tokens
            os.remove(os.path.join(out, name))
    os.makedirs(out, exist_ok=True)

    documents = sources(corpus)
    log("read " + ", ".join(f"{len(texts)} of {name}" for name, texts in documents.items()))
    train, held = {}, {}
    for name, texts in documents.items():
        chosen = held_out(texts, recipe.HELD_OUT, recipe.SEED)
        train[name] = [text for i, text in enumerate(texts) if i not in chosen]
        held[name] = [text for i, text in enumerate(texts) if i in chosen]
    train.update(derive(train["stories"], recipe.SEED, RETELLINGS, SMALL_TALK))
    held.update(derive(held["stories"], recipe.SEED + 1, 1, max(1, SMALL_TALK // 200)))

    tokenizer = train_tokenizer(train)
    size = tokenizer.get_vocab_size()
    if size != recipe.VOCABULARY or [tokenizer.token_to_id(token) for token in recipe.SPECIAL_TOKENS] != [0, 1, 2]:
        raise SystemExit(f"prepare: the tokenizer has {size} entries where {recipe.VOCABULARY} were asked for, or its special tokens are not the first")
    tokenizer.save(os.path.join(out, "tokenizer.json"), pretty=False)
    log("tokenizer")

    manifest = {"fingerprint": mark, "sources": {}}
    for name in recipe.MIXTURE:
        ids, held_ids = encode(tokenizer, train[name]), encode(tokenizer, held[name])
        ids.tofile(os.path.join(out, f"{name}.train.bin"))
        held_ids.tofile(os.path.join(out, f"{name}.held-out.bin"))
        with open(os.path.join(out, f"{name}.held-out.txt"), "w", encoding="utf-8") as file:
            file.write("".join(text + recipe.END_OF_TEXT + "\n" for text in held[name]))
        manifest["sources"][name] = {
            "documents": len(train[name]),
            "tokens": len(ids),
            "heldOut": {
                "documents": len(held[name]),
                "tokens": len(held_ids),
                # Of the text alone: special tokens count as none.
                "bytes": sum(len(plain(text).encode()) for text in held[name]),
                "titles": [text.split("\n")[0] for text in held[name]] if name in ("tales", "children", "novels") else None,
            },
        }
        log(f"{name}: {len(ids):,} tokens, {len(held_ids):,} held out")
    manifest["seconds"] = round(time.monotonic() - began, 1)
    with open(manifest_path, "w") as file:
        json.dump(manifest, file, indent=2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../shared/corpus"))
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    prepare(arguments.corpus, arguments.out)
