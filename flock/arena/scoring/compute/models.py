"""The declared architectures as functions of their weights: no code comes with a submission."""

from collections.abc import Mapping

import torch.nn.functional as F  # noqa: N812 - the name that everybody knows it by
from torch import Tensor

from flock.arena.scoring.compute.machine import Tensors
from flock.arena.scoring.specifications import BYTES, ByteTransformer, Conv, Linear, Lora, Mlp

A, B = ".lora_A.weight", ".lora_B.weight"
PREFIX = "base_model.model."


def outputs(spec: Linear | Mlp | Conv, weights: Tensors, inputs: Tensor) -> Tensor:
    """(n, outputs) of inputs (n, …)."""
    if isinstance(spec, Conv):
        return _conv(spec, weights, inputs.reshape(len(inputs), *spec.image))
    flat = inputs.reshape(len(inputs), -1)
    if isinstance(spec, Linear):
        return F.linear(flat, weights["weight"], weights["bias"])
    return _mlp(spec, weights, flat)


def byte_logits(spec: ByteTransformer, weights: Tensors, tokens: Tensor) -> Tensor:
    """(n, length, 256) for what follows each of ``tokens`` (n, length); length ≤ the context."""
    embedding = weights["embedding.weight"]
    hidden = F.embedding(tokens, embedding) + weights["positions.weight"][: tokens.shape[1]]
    for i in range(spec.layers):
        hidden = _block(spec, _below(weights, f"blocks.{i}."), hidden)
    return F.linear(_norm(weights, "norm", hidden), embedding[:BYTES])


def with_adapters(spec: Lora, base: Tensors, adapters: Tensors) -> Tensors:
    """The base's weights with the adapters added: W + alpha / rank · B A."""
    merged = dict(base)
    for name in adapters:
        if name.endswith(A):
            target = name.removeprefix(PREFIX).removesuffix(A) + ".weight"
            low, high = adapters[name], adapters[name.removesuffix(A) + B]
            merged[target] = base[target] + (spec.alpha / len(low)) * (high @ low)
    return merged


def _mlp(spec: Mlp, weights: Tensors, hidden: Tensor) -> Tensor:
    for i in range(len(spec.hidden)):
        hidden = F.relu(F.linear(hidden, weights[f"layers.{i}.weight"], weights[f"layers.{i}.bias"]))
    last = len(spec.hidden)
    return F.linear(hidden, weights[f"layers.{last}.weight"], weights[f"layers.{last}.bias"])


def _conv(spec: Conv, weights: Tensors, hidden: Tensor) -> Tensor:
    for i in range(len(spec.channels)):
        name = f"convolutions.{i}"
        hidden = F.relu(F.conv2d(hidden, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1))
        hidden = F.max_pool2d(hidden, [min(2, side) for side in hidden.shape[2:]])
    return F.linear(hidden.flatten(1), weights["output.weight"], weights["output.bias"])


def _block(spec: ByteTransformer, weights: Tensors, hidden: Tensor) -> Tensor:
    hidden = hidden + _attention(spec, weights, _norm(weights, "norm1", hidden))
    up = F.linear(_norm(weights, "norm2", hidden), weights["mlp.up.weight"])
    return hidden + F.linear(F.gelu(up), weights["mlp.down.weight"])


def _attention(spec: ByteTransformer, weights: Tensors, hidden: Tensor) -> Tensor:
    count, length, width = hidden.shape

    def heads(name: str) -> Tensor:
        projected = F.linear(hidden, weights[f"attention.{name}.weight"])
        return projected.reshape(count, length, spec.heads, -1).transpose(1, 2)

    mixed = F.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), is_causal=True)
    return F.linear(mixed.transpose(1, 2).reshape(count, length, width), weights["attention.output.weight"])


def _norm(weights: Tensors, name: str, hidden: Tensor) -> Tensor:
    return F.layer_norm(hidden, hidden.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])


def _below(weights: Tensors, prefix: str) -> Mapping[str, Tensor]:
    return {name.removeprefix(prefix): each for name, each in weights.items() if name.startswith(prefix)}
