"""The Hub's layout of a model folder: read and written."""

import json
import os

import torch
from safetensors.torch import load_file, save_file

from model import CausalLM

SHARD = 15_000_000  # bytes

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_json(folder, name, value):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")


def write_weights(folder, tensors):
    """Tensors in their order, in files of at most SHARD bytes and an index."""
    shards, size = [{}], 0
    for name, tensor in tensors.items():
        if shards[-1] and size + tensor.nbytes > SHARD:
            shards.append({})
            size = 0
        shards[-1][name] = tensor.contiguous()
        size += tensor.nbytes
    names = [f"model-{i:05}-of-{len(shards):05}.safetensors" for i in range(1, len(shards) + 1)]
    for name, shard in zip(names, shards):
        save_file(shard, os.path.join(folder, name), metadata={"format": "pt"})
    weight_map = {tensor: name for name, shard in zip(names, shards) for tensor in shard}
    write_json(folder, "model.safetensors.index.json", {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": weight_map})


def read_weights(folder):
    """All tensors of a folder, whether in one file or in several."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(".safetensors"))
    return {name: tensor for shard in names for name, tensor in load_file(os.path.join(folder, shard)).items()}


def read_model(folder, device, dtype=torch.float32):
    with open(os.path.join(folder, "config.json")) as file:
        model = CausalLM(json.load(file))
    model.load_state_dict(read_weights(folder))
    return model.to(device, dtype)
