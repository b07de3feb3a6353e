"""A model as its author saved it becomes the bytes that a task names."""

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import save as save_torch
from torch import nn

from flock.errors import BadArrays
from flock.training.arrays import decode_model, encode_model, spec_of
from flock.training.dtypes import BFLOAT16, FLOAT16, FLOAT32
from flock.training.importing import canonical_model


def test_a_model_keeps_the_formats_its_author_chose():
    saved = save_torch({"b": torch.ones(3, dtype=torch.bfloat16), "h": torch.full((2,), 0.5).half()})
    arrays = decode_model(canonical_model(saved, "model.safetensors"))
    assert {name: array.dtype for name, array in arrays.items()} == {"b": BFLOAT16, "h": FLOAT16}
    assert (arrays["b"].astype(FLOAT32).tolist(), arrays["h"].tolist()) == ([1, 1, 1], [0.5, 0.5])


def test_a_state_dict_is_a_model_as_it_is():
    norm = nn.BatchNorm1d(3)
    arrays = decode_model(canonical_model(save_torch(norm.state_dict()), "model.safetensors"))
    assert sorted(arrays) == sorted(norm.state_dict())
    counter = arrays["num_batches_tracked"]
    assert (counter.dtype, counter.shape, int(counter)) == (np.dtype(np.int64), (), 0)


def test_metadata_and_order_of_the_file_are_dropped():
    arrays = {"z": np.ones((2,), np.float32), "a": np.zeros((), np.float16)}
    canonical = canonical_model(save(arrays, {"format": "pt"}), "model.safetensors")
    assert canonical == encode_model(arrays)
    assert spec_of(decode_model(canonical)) == spec_of(arrays)


def test_a_canonical_file_stays_as_it_is():
    data = encode_model({"w": np.ones((2, 3), np.float32)})
    assert canonical_model(data, "model.safetensors") == data


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"nonsense", r"best\.safetensors is not a safetensors file .*Save the model with safetensors\."),
        (save({}), "holds no arrays"),
        (
            save({"w": np.complex64([1])}),
            r"'w' of best\.safetensors is C64; convert it to one of F32, F16, BF16",
        ),
        (
            save({"n": np.array([3])}),
            r"best\.safetensors cannot be a model: There is nothing to train in it: a",
        ),
        (
            save({"n": np.array([3]), "w": np.ones((0, 2))}),
            "There is nothing to train in it: a model has at least",
        ),
        (save({"w": np.float16([np.nan])}), r"best\.safetensors cannot be a model: .* NaN or infinity"),
    ],
    ids=["nonsense", "no arrays", "complex", "constants alone", "empty", "NaN"],
)
def test_a_file_that_cannot_be_a_model_is_refused_by_its_name(data, sentence):
    with pytest.raises(BadArrays, match=sentence):
        canonical_model(data, "best.safetensors")
