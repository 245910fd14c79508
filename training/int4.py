"""Matrices as the engine will have them at 4 bits: groups of 32 inputs, w = s (q - 8), the choice of codes and scales as in models/quant/pack-int4.ts."""

import torch

GROUP = 32
LARGEST_AT = (-7.0, -8.0, -8.5)


def round_groups(w):
    """w [n, 32], float32, to the nearest thing that int4 can say. Three scales are tried, each refitted to its codes; the one with the least error is kept."""
    largest = w.gather(1, w.abs().argmax(1, keepdim=True))
    best_gain, best = None, None
    for multiple in LARGEST_AT:
        codes = torch.where(largest == 0, 0.0, (w * (multiple / largest)).round().clamp(-8, 7))
        wq, qq = (w * codes).sum(1, keepdim=True), codes.square().sum(1, keepdim=True).clamp_min(1e-30)
        scale = (wq / qq).bfloat16().float()
        gain = wq * wq / qq
        if best is None:
            best_gain, best = gain, codes * scale
        else:
            better = gain > best_gain
            best_gain, best = torch.where(better, gain, best_gain), torch.where(better, codes * scale, best)
    return best


def quantised_matrices(model):
    """The matrices that are shipped at 4 bits: all but the embedding and the gates of linear attention."""
    return [p for name, p in model.named_parameters() if p.dim() == 2 and not name.endswith(("embed_tokens.weight", "in_proj_a.weight", "in_proj_b.weight"))]


class Int4Weights:
    """While this context is open, the model's matrices are rounded; their float32 masters come back when it closes.

    Gradients taken inside are those of the rounded weights and are applied to the masters: the straight-through estimator of Bengio et al. 2013 (arXiv:1308.3432).
    """

    def __init__(self, model, compiled=False):
        self.matrices = quantised_matrices(model)
        self.round = torch.compile(round_groups, dynamic=False) if compiled else round_groups
        self.masters = [torch.empty_like(p) for p in self.matrices]

    @torch.no_grad()
    def __enter__(self):
        torch._foreach_copy_(self.masters, self.matrices)
        rounded = self.round(torch.cat([p.reshape(-1, GROUP) for p in self.masters]))
        rounded = rounded.split([p.numel() // GROUP for p in self.masters])
        torch._foreach_copy_(self.matrices, [r.view_as(p) for r, p in zip(rounded, self.matrices)])

    @torch.no_grad()
    def __exit__(self, *_):
        torch._foreach_copy_(self.matrices, self.masters)
