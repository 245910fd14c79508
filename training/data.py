"""Tokens for training and for measuring, as windows on the device."""

import json
import os

import numpy as np
import torch

import recipe


class Batches:
    """Batches of windows [B, T + 1], each from one source, sources drawn by `mixture`; with `taught`, also what teachers expect there, as `teach.py` left it.

    A source is read in epochs: windows that tile it from a random offset on, in random order, so that every token is seen once before any is seen
    again. All that is random follows from the seed, the step, and how many windows each source has given: `state` is all there is to resume.
    """

    def __init__(self, folder, batch, context, seed, device, mixture=recipe.MIXTURE, taught=False):
        self.batch, self.context, self.seed, self.mixture = batch, context, seed, mixture
        self.names = list(mixture)
        parts = [np.fromfile(os.path.join(folder, f"{name}.train.bin"), dtype=np.uint16) for name in self.names]
        self.lengths = [len(part) for part in parts]
        for name, length in zip(self.names, self.lengths):
            if length < 2 * context + 1:
                raise SystemExit(f"train: source {name} has {length} tokens, fewer than two windows of {context}")
        self.starts = np.cumsum([0] + self.lengths[:-1])
        self.tokens = torch.from_numpy(np.concatenate(parts).astype(np.int32)).to(device)
        self.expected = [torch.cat([torch.from_numpy(part) for part in parts]).to(device) for parts in zip(*(expectations(folder, name) for name in self.names))] if taught else None
        self.reach = torch.arange(context + 1, device=device)
        self.used = [0] * len(self.names)
        self.order = [None] * len(self.names)

    @property
    def state(self):
        return list(self.used)

    @state.setter
    def state(self, used):
        self.used, self.order = list(used), [None] * len(used)

    def window(self, source):
        """Where the source's next window starts."""
        per_epoch = (self.lengths[source] - self.context - 1) // self.context
        epoch, index = divmod(self.used[source], per_epoch)
        if self.order[source] is None or self.order[source][0] != epoch:
            rng = np.random.default_rng([self.seed, 1, source, epoch])
            self.order[source] = (epoch, rng.integers(self.context), rng.permutation(per_epoch))
        _, offset, order = self.order[source]
        self.used[source] += 1
        return self.starts[source] + offset + order[index] * self.context

    def next(self, step, late):
        """Inputs and targets [B, T], and None or what teachers expect in the targets' places, tokens and probabilities [B, T, K]; `late` chooses the mixture's column."""
        shares = np.array([self.mixture[name][int(late)] for name in self.names])
        chosen = np.random.default_rng([self.seed, 2, step]).choice(len(self.names), self.batch, p=shares / shares.sum())
        starts = torch.tensor([int(self.window(source)) for source in chosen])
        if self.tokens.is_cuda:
            starts = starts.pin_memory().to(self.tokens.device, non_blocking=True)
        places = starts[:, None] + self.reach
        window = self.tokens[places].long()
        expected = None
        if self.expected:
            tokens, shares = (part[places[:, 1:]] for part in self.expected)
            expected = tokens.long(), shares.float()
        return window[:, :-1], window[:, 1:], expected


def expectations(folder, name, create=None):
    """What teachers expect at each token of a source [N, K]: tokens, int16, and their probabilities, float16. `create` is N, for files that are to be written."""
    paths = [os.path.join(folder, f"{name}.expected-{part}.bin") for part in ("tokens", "shares")]
    if create is not None:
        for path in paths:
            with open(path, "ab") as file:
                file.truncate(create * recipe.EXPECTED * 2)
    return [np.memmap(path, dtype, "r+" if create is not None else "c").reshape(-1, recipe.EXPECTED) for path, dtype in zip(paths, (np.int16, np.float16))]


def held_out_windows(folder, name, context, device, most=None):
    """The source's held-out text as inputs and targets [n, T], the last window short of tokens filled with target -100; what is counted as one byte of it, in tokens."""
    with open(os.path.join(folder, "manifest.json")) as file:
        entry = json.load(file)["sources"][name]["heldOut"]
    ids = torch.from_numpy(np.fromfile(os.path.join(folder, f"{name}.held-out.bin"), dtype=np.uint16).astype(np.int64))
    count = -(-(len(ids) - 1) // context)
    inputs, targets = torch.zeros(count * context, dtype=torch.long), torch.full((count * context,), -100)
    inputs[: len(ids) - 1], targets[: len(ids) - 1] = ids[:-1], ids[1:]
    inputs, targets = inputs.view(count, context)[:most], targets.view(count, context)[:most]
    return inputs.to(device), targets.to(device), entry["tokens"] / entry["bytes"]


def bits_per_byte(losses, targets, tokens_per_byte):
    """From losses in nats of all targets that are not -100."""
    return (losses.sum() / (targets != -100).sum()).item() * tokens_per_byte / float(np.log(2))
