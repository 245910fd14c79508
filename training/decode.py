"""Reads a folder that `npm run quantize` wrote as int4 or int8 (compressed-tensors, pack-quantized) and writes it with plain weights, for readers without that format.

    python3 decode.py FOLDER --out DIR [--dtype float32]

Element i of a word of `weight_packed` is its bits from i * width on, stored as q + 2^(width - 1); a weight is its group's `weight_scale` times q.
"""

import argparse
import json
import os
import shutil

import torch
from safetensors.torch import load_file, save_file


def unpack(packed, scale, shape):
    """packed i32 [N, K / per word], scale [N, groups] to float32 [N, K], exactly."""
    rows, columns = shape.tolist()
    width = 32 * packed.shape[1] // columns
    shifts = torch.arange(0, 32, width)
    codes = ((packed.long()[:, :, None] >> shifts) & (2**width - 1)) - 2 ** (width - 1)
    return codes.view(rows, columns).float() * scale.float().repeat_interleave(columns // scale.shape[1], 1)


def decode(tensors):
    decoded = {}
    for name, tensor in tensors.items():
        module, _, suffix = name.rpartition(".")
        if suffix == "weight_packed":
            decoded[f"{module}.weight"] = unpack(tensor, tensors[f"{module}.weight_scale"], tensors[f"{module}.weight_shape"])
        elif suffix not in ("weight_scale", "weight_shape"):
            decoded[name] = tensor
    return decoded


def decode_folder(folder, out, dtype=torch.float32):
    os.makedirs(out, exist_ok=True)
    tensors = decode(load_file(os.path.join(folder, "model.safetensors")))
    save_file({name: tensor.to(dtype).contiguous() for name, tensor in tensors.items()}, os.path.join(out, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    del config["quantization_config"]
    config["dtype"] = str(dtype).removeprefix("torch.")
    with open(os.path.join(out, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copyfile(os.path.join(folder, name), os.path.join(out, name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--out", required=True)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    arguments = parser.parse_args()
    decode_folder(arguments.folder, arguments.out, getattr(torch, arguments.dtype))
