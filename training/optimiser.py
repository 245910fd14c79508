"""Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) for the matrices of the layers, AdamW for all else."""

import torch


def orthogonalise(g):
    """Nearly the nearest semi-orthogonal matrices to g [n, rows, columns], by five Newton-Schulz steps in bfloat16."""
    x = g.bfloat16() if g.is_cuda else g.float()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        s = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * s + 2.0315 * s @ s) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """Matrices of one shape are stepped together. A step's size is that of AdamW's, 0.2 a weight (Liu et al. 2025, arXiv:2502.16982), so that both can share a schedule."""

    def __init__(self, matrices, lr, weight_decay, momentum=0.95):
        shapes = {}
        for p in matrices:
            shapes.setdefault(p.shape, []).append(p)
        super().__init__([{"params": group} for group in shapes.values()], {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            params = group["params"]
            gradient = torch.stack([p.grad for p in params])
            state = self.state[params[0]]
            if not state:
                state["momentum"] = torch.zeros_like(gradient)
            momentum = state["momentum"].lerp_(gradient, 1 - group["momentum"])
            update = orthogonalise(gradient.lerp(momentum, group["momentum"])).float()
            update *= -group["lr"] * 0.2 * max(gradient.shape[1:]) ** 0.5
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(params, list(update.unbind(0)))


def optimisers(model, matrix_rate, other_rate, weight_decay):
    """Both, over all parameters: Muon for what maps hidden vectors to hidden vectors, AdamW without decay for embedding, gates, convolutions and vectors."""
    def hidden(name, p):
        return p.dim() == 2 and not name.endswith(("embed_tokens.weight", "in_proj_a.weight", "in_proj_b.weight"))

    named = list(model.named_parameters())
    muon = Muon([p for name, p in named if hidden(name, p)], matrix_rate, weight_decay)
    others = [p for name, p in named if not hidden(name, p)]
    adam = torch.optim.AdamW(others, lr=other_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0, fused=others[0].is_cuda)
    for optimiser in (muon, adam):
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
    return [muon, adam]


def set_rate(both, factor):
    for optimiser in both:
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * factor
