"""The gated delta rule (Yang et al. 2024, arXiv:2412.06464), step by step and in chunks.

Per head, with a state S of shape [D, E] that starts at zero:

    S_t = e^{g_t} S_{t-1} + beta_t k_t (v_t - e^{g_t} S_{t-1}^T k_t)^T        o_t = S_t^T q_t

The chunked form is made of batched matrix products alone, so that it needs no kernel of its own. With G the running sum of g in a chunk,
D_ij = e^{G_i - G_j} for j <= i, and S the state before the chunk:

    A = strictly lower part of diag(beta) (K K^T * D)             T = (I + A)^{-1} diag(beta)
    W = T (e^G * K)        U = T V        K' = e^{G_C - G} * K
    N = U - W S            O = (e^G * Q) S + (Q K^T * D) N        S_next = e^{G_C} S + K'^T N

S_next = (e^{G_C} I - K'^T W) S + K'^T U is affine in S, and both factors are known for all chunks at once: what is sequential is one product a
chunk. Only differences G_i - G_j <= 0 are exponentiated.
"""

import torch
import torch.nn.functional as F

def wide(x):
    """x in at least float32."""
    return x if x.dtype == torch.float64 else x.float()


def stepwise(q, k, v, log_decay, beta):
    """The definition: the oracle of the chunked form. q, k [B, T, H, D]; v [B, T, H, E]; log_decay, beta [B, T, H]; gives [B, T, H, E]."""
    state = v.new_zeros(v.shape[0], v.shape[2], q.shape[-1], v.shape[-1])  # [B, H, D, E]
    outputs = []
    for t in range(q.shape[1]):
        state = state * log_decay[:, t].exp()[..., None, None]
        correction = (v[:, t] - torch.einsum("bhde,bhd->bhe", state, k[:, t])) * beta[:, t, :, None]
        state = state + torch.einsum("bhd,bhe->bhde", k[:, t], correction)
        outputs.append(torch.einsum("bhde,bhd->bhe", state, q[:, t]))
    return torch.stack(outputs, 1)


def product(a, b):
    """a @ b; of small matrices as a sum, which is faster than a kernel for each and exact where matrix products are not."""
    return (a[..., :, :, None] * b[..., None, :, :]).sum(-2) if a.shape[-1] <= 8 else a @ b


def unit_lower_inverse(a):
    """(I + a)^{-1} for strictly lower triangular a [X, C, C], C a power of two and at least 4. Differentiable.

    Diagonal blocks of 4 are inverted as (I - a)(I + a^2), which is all because a^4 = 0, and blocks are then merged in pairs: what is computed on
    the way never grows beyond the inverse, as the powers of larger blocks would (to 3,432 for 16, where TF32 has three digits). The Newton step at the
    end polishes the result and carries its gradient, -X^T (dL/dX) X^T, so that nothing before it needs one.
    """
    size = a.shape[-1]
    with torch.no_grad():
        power = -a.unflatten(2, (-1, 4)).unflatten(1, (-1, 4)).diagonal(dim1=1, dim2=3).movedim(-1, 1)  # [X, C/4, 4, 4]
        one = torch.eye(4, dtype=a.dtype, device=a.device)
        inverse = product(one + power, one + product(power, power))
        width = 4
        while width < size:
            upper, lower = inverse[:, 0::2], inverse[:, 1::2]  # [X, C/2w, w, w]
            corner = torch.stack([a[:, i + width : i + 2 * width, i : i + width] for i in range(0, size, 2 * width)], 1)
            corner = -product(product(lower, corner), upper)
            inverse = torch.cat([torch.cat([upper, torch.zeros_like(upper)], -1), torch.cat([corner, lower], -1)], -2)
            width *= 2
        inverse = inverse[:, 0]
    return 2 * inverse - inverse @ (inverse + a @ inverse)


def chunked(q, k, v, log_decay, beta, chunk=64):
    """What `stepwise` computes. Products of q, k and v are taken in v's type; gates, the inverse and the states are at least float32."""
    dtype = v.dtype
    batch, length, heads, _ = q.shape
    count = -(-length // chunk)

    def split(x):  # [B, T, H, ...] -> [count * B * H, chunk, ...]; padding has k = 0, beta = 0 and no decay, and changes no state
        x = F.pad(x, (0, 0) * (x.dim() - 2) + (0, count * chunk - length)).unflatten(1, (count, chunk))
        return x.movedim(0, 1).movedim(3, 2).flatten(0, 2)

    q, k, v, log_decay, beta = (split(x) for x in (q, wide(k), v, wide(log_decay), wide(beta)))
    total = log_decay.cumsum(1)  # [X, C]
    last = total[:, -1:]
    causal = torch.ones(chunk, chunk, dtype=torch.bool, device=q.device).tril()
    decay = torch.where(causal, total[:, :, None] - total[:, None, :], float("-inf")).exp()  # [X, C, C]
    inverse = unit_lower_inverse((beta[:, :, None] * (k @ k.transpose(1, 2)) * decay).tril(-1))

    solve = (inverse * beta[:, None, :]).to(dtype)
    reading = solve @ (k * total.exp()[..., None]).to(dtype)  # W [X, C, D]
    values = solve @ v  # U [X, C, E]
    writing = (k * (last - total).exp()[..., None]).to(dtype).transpose(1, 2)  # K'^T [X, D, C]
    keep = last.exp()[..., None] * torch.eye(k.shape[-1], dtype=decay.dtype, device=k.device)
    states = carry(wide(keep - writing @ reading), wide(writing @ values), count).to(dtype)  # [X, D, E]
    corrected = values - reading @ states  # N [X, C, E]
    scores = ((q @ k.to(dtype).transpose(1, 2)) * decay).to(dtype)
    output = (q * total.exp()[..., None]).to(dtype) @ states + scores @ corrected

    output = output.unflatten(0, (count, batch, heads))  # [count, B, H, C, E]
    return output.movedim(3, 2).movedim(0, 1).flatten(1, 2)[:, :length]


def carry(factors, terms, count):
    """States before each chunk, S_{n+1} = factors_n S_n + terms_n, S_0 = 0. factors [count * Y, D, D], terms [count * Y, D, E]."""
    factors, terms = factors.unflatten(0, (count, -1)).unbind(0), terms.unflatten(0, (count, -1)).unbind(0)
    states = [torch.zeros_like(terms[0])]
    for n in range(count - 1):
        states.append(torch.baddbmm(terms[n], factors[n], states[n]))
    return torch.stack(states).flatten(0, 1)
