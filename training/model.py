"""Qwen3.5's text model (`Qwen3_5ForCausalLM` of transformers) for training: the same function, the same names in the state dict.

Every third of four layers mixes tokens by the gated delta rule, every fourth by gated softmax attention. A configuration is the Hub's
config.json as a dict. Weights are kept in float32 and cast to the type of the activations where they are used; what that type is, the caller
of `CausalLM.hidden` says. Norms, gates and rotary angles are computed in at least float32.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

import recipe
from delta_rule import chunked, wide


class Linear(nn.Linear):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x):
        return F.linear(x, self.weight.to(x.dtype))


class RmsNorm(nn.Module):
    """Multiplies by 1 + weight, as all norms of Qwen3.5 do but the one inside the delta mixer."""

    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size))
        self.eps = eps

    def forward(self, x):
        y = wide(x)
        return (y * torch.rsqrt(y.square().mean(-1, keepdim=True) + self.eps) * (1 + self.weight)).to(x.dtype)


class GatedRmsNorm(nn.Module):
    """Norm, times weight, times SiLU(gate); per head."""

    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x, gate):
        y = wide(x)
        return (y * torch.rsqrt(y.square().mean(-1, keepdim=True) + self.eps) * self.weight * F.silu(wide(gate))).to(x.dtype)


class ShortConv(nn.Module):
    """Causal depthwise convolution over time, then SiLU. The weight's shape [channels, 1, size] is the Hub's."""

    def __init__(self, channels, size):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, 1, size))

    def forward(self, x):  # [B, T, channels]
        size = self.weight.shape[-1]
        padded = F.pad(x, (0, 0, size - 1, 0))
        return F.silu(sum(wide(padded[:, i : i + x.shape[1]]) * self.weight[:, 0, i] for i in range(size))).to(x.dtype)


def unit(x):
    x = wide(x)
    return x * torch.rsqrt(x.square().sum(-1, keepdim=True) + 1e-6)


class DeltaMixer(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden = c["hidden_size"]
        self.key_heads, self.value_heads = c["linear_num_key_heads"], c["linear_num_value_heads"]
        self.key_dim, self.value_dim = c["linear_key_head_dim"], c["linear_value_head_dim"]
        keys, values = self.key_heads * self.key_dim, self.value_heads * self.value_dim
        self.sizes = [keys, keys, values]
        self.in_proj_qkv = Linear(hidden, 2 * keys + values)
        self.in_proj_z = Linear(hidden, values)
        self.in_proj_b = Linear(hidden, self.value_heads)
        self.in_proj_a = Linear(hidden, self.value_heads)
        self.conv1d = ShortConv(2 * keys + values, c["linear_conv_kernel_dim"])
        self.A_log = nn.Parameter(torch.empty(self.value_heads))
        self.dt_bias = nn.Parameter(torch.empty(self.value_heads))
        self.norm = GatedRmsNorm(self.value_dim, c["rms_norm_eps"])
        self.out_proj = Linear(values, hidden)

    def forward(self, x, rotary):  # [B, T, hidden]
        q, k, v = self.conv1d(self.in_proj_qkv(x)).split(self.sizes, -1)
        q, k = unit(q.unflatten(-1, (-1, self.key_dim))) * self.key_dim**-0.5, unit(k.unflatten(-1, (-1, self.key_dim)))
        if self.value_heads != self.key_heads:
            q, k = (y.repeat_interleave(self.value_heads // self.key_heads, 2) for y in (q, k))
        v = v.unflatten(-1, (-1, self.value_dim))
        beta = wide(self.in_proj_b(x)).sigmoid()
        log_decay = -self.A_log.exp() * F.softplus(wide(self.in_proj_a(x)) + self.dt_bias)
        y = chunked(q.to(v.dtype), k, v, log_decay, beta)
        y = self.norm(y, self.in_proj_z(x).unflatten(-1, (-1, self.value_dim)))
        return self.out_proj(y.flatten(-2))


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden, heads, groups, self.head_dim = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        self.repeats = heads // groups
        self.q_proj = Linear(hidden, 2 * heads * self.head_dim)  # per head [q | gate]
        self.k_proj = Linear(hidden, groups * self.head_dim)
        self.v_proj = Linear(hidden, groups * self.head_dim)
        self.o_proj = Linear(heads * self.head_dim, hidden)
        self.q_norm = RmsNorm(self.head_dim, c["rms_norm_eps"])
        self.k_norm = RmsNorm(self.head_dim, c["rms_norm_eps"])

    def forward(self, x, rotary):
        q, gate = self.q_proj(x).unflatten(-1, (-1, 2 * self.head_dim)).chunk(2, -1)  # [B, T, heads, head_dim]
        k = self.k_proj(x).unflatten(-1, (-1, self.head_dim))
        v = self.v_proj(x).unflatten(-1, (-1, self.head_dim))
        q, k = rotate(self.q_norm(q), rotary), rotate(self.k_norm(k), rotary)
        k, v = (y.repeat_interleave(self.repeats, 2) for y in (k, v))
        y = F.scaled_dot_product_attention(*(z.transpose(1, 2) for z in (q, k, v)), is_causal=True)
        return self.o_proj((y.transpose(1, 2) * gate.sigmoid()).flatten(-2))


def rotate(x, rotary):
    """Rotates the first elements of each head, x [B, T, heads, head_dim], by `rotary`: cosines and sines [T, 1, rotary_dim / 2]."""
    cos, sin = rotary
    half = cos.shape[-1]
    y = wide(x)
    a, b = y[..., :half], y[..., half : 2 * half]
    return torch.cat([a * cos - b * sin, b * cos + a * sin, y[..., 2 * half :]], -1).to(x.dtype)


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = Linear(c["hidden_size"], c["intermediate_size"])
        self.up_proj = Linear(c["hidden_size"], c["intermediate_size"])
        self.down_proj = Linear(c["intermediate_size"], c["hidden_size"])

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c, kind):
        super().__init__()
        self.kind = kind
        if kind == "linear_attention":
            self.linear_attn = DeltaMixer(c)
        else:
            self.self_attn = Attention(c)
        self.mlp = Mlp(c)
        self.dropout = c.get("residual_dropout", 0.0)
        self.input_layernorm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])
        self.post_attention_layernorm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])

    def forward(self, x, rotary):
        mixer = self.linear_attn if self.kind == "linear_attention" else self.self_attn
        x = x + self.dropped(mixer(self.input_layernorm(x), rotary))
        return x + self.dropped(self.mlp(self.post_attention_layernorm(x)))

    def dropped(self, x):
        return F.dropout(x, self.dropout, self.training) if self.dropout else x


class Trunk(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c, kind) for kind in c["layer_types"])
        self.norm = RmsNorm(c["hidden_size"], c["rms_norm_eps"])


class CausalLM(nn.Module):
    """The model with tied embeddings."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Trunk(config)
        self.token_losses, self.taught_losses = token_losses, taught_losses
        self.initialise()

    @torch.no_grad()
    def initialise(self):
        """Small normal weights, smaller where layers add to the residual stream; gates as flash-linear-attention starts them, between forgetting at once and hardly ever."""
        depth = 2 * len(self.model.layers)
        for name, parameter in self.named_parameters():
            if name.endswith("norm.weight"):
                continue
            if name.endswith("A_log"):
                parameter.uniform_(0.01, 16).log_()
            elif name.endswith("dt_bias"):  # the inverse of softplus for time steps of 0.001 to 0.1
                step = torch.exp(torch.rand_like(parameter) * math.log(100) + math.log(0.001))
                parameter.copy_(step + torch.log(-torch.expm1(-step)))
            elif name.endswith("conv1d.weight"):
                parameter.uniform_(-0.5, 0.5)
            else:
                adds = name.endswith(("o_proj.weight", "out_proj.weight", "down_proj.weight"))
                parameter.normal_(0, self.config["initializer_range"] / (math.sqrt(depth) if adds else 1))

    def rotary(self, length, device):
        """Cosines and sines [T, 1, rotary_dim / 2]."""
        rope = self.config["rope_parameters"]
        dim = int(self.config["head_dim"] * rope["partial_rotary_factor"])
        frequencies = rope["rope_theta"] ** -(torch.arange(0, dim, 2, device=device).float() / dim)
        angles = (torch.arange(length, device=device).float()[:, None] * frequencies)[:, None]
        return angles.cos(), angles.sin()

    def hidden(self, ids, dtype):
        """ids [B, T] to the normed outputs of the last layer [B, T, hidden], in `dtype`."""
        rotary = self.rotary(ids.shape[1], ids.device)
        x = self.model.embed_tokens(ids).to(dtype)
        for layer in self.model.layers:
            x = layer(x, rotary)
        return self.model.norm(x)

    def logits(self, ids, dtype):
        return head(self.hidden(ids, dtype), self.model.embed_tokens.weight)

    def losses(self, ids, targets, dtype, expected=None):
        """Negative log-likelihood of each target, in nats [B, T]; with what teachers expect there (`taught_losses`), its mixture with that."""
        hidden, embedding = self.hidden(ids, dtype), self.model.embed_tokens.weight
        return self.token_losses(hidden, embedding, targets) if expected is None else self.taught_losses(hidden, embedding, targets, *expected)

    def compile(self):
        """Layers of one kind are one program: compiling them one by one takes seconds where the whole model would take minutes."""
        for layer in self.model.layers:
            layer.compile(dynamic=False)
        self.token_losses, self.taught_losses = (torch.compile(losses, dynamic=False) for losses in (token_losses, taught_losses))


def head(hidden, embedding):
    return wide(F.linear(hidden, embedding.to(hidden.dtype)))


def token_losses(hidden, embedding, targets):
    return F.cross_entropy(head(hidden, embedding).flatten(0, 1), targets.flatten(), reduction="none").unflatten(0, targets.shape)


def taught_losses(hidden, embedding, targets, tokens, shares):
    """Cross-entropy with a mixture of the target and what teachers expect (Hinton et al. 2015, arXiv:1503.02531), in nats [B, T].

    tokens, shares [B, T, K]: the tokens most expected and their probabilities. All others are one event, of the probability that is left.
    """
    logs = head(hidden, embedding).log_softmax(-1)
    kept = logs.gather(-1, tokens)
    left = (1 - shares.sum(-1)).clamp_min(0)
    distance = -(shares * kept).sum(-1) - left * (1 - kept.exp().sum(-1)).clamp_min(1e-5).log()
    return recipe.TAUGHT * distance - (1 - recipe.TAUGHT) * logs.gather(-1, targets[..., None])[..., 0]
