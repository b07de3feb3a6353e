"""Arrays as canonical bytes: what goes in comes out, and nothing else is let in."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load as safetensors_load

from flock.errors import BadArrays
from flock.protocol.core.cid import digest_of
from flock.protocol.core.units import WAD
from flock.training.arrays import (
    Privacy,
    Update,
    clip_to_norm,
    decode,
    decode_model,
    decode_update,
    difference,
    encode,
    encode_model,
    encode_update,
    flatten,
    require_norm,
    spec_of,
    unflatten,
)
from flock.training.dtypes import BFLOAT16, CONSTANT, FLOAT16

MODEL = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.float32([0.5, -0.5])}
BASE = bytes(range(32))
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
doubles = st.floats(allow_nan=False, allow_infinity=False)
halves = st.floats(width=16, allow_nan=False, allow_infinity=False)
of_an_update = st.one_of(
    hnp.arrays(np.float32, shapes, elements=finite),
    hnp.arrays(np.float16, shapes, elements=halves),
    hnp.arrays(np.float32, shapes, elements=halves).map(lambda array: array.astype(BFLOAT16)),
)
of_a_model = st.one_of(
    of_an_update,
    hnp.arrays(np.float64, shapes, elements=doubles),
    st.sampled_from(list(CONSTANT.values())).flatmap(lambda dtype: hnp.arrays(dtype, shapes)),
)
names = st.text(min_size=1, max_size=8)
models = st.dictionaries(names, of_a_model, max_size=4)
changes = st.dictionaries(names, of_an_update, min_size=1, max_size=4)


def file(entries: dict[str, object], data: bytes) -> bytes:
    """A safetensors file as anyone else might write it."""
    header = json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data


@given(models)
def test_a_model_survives_the_way_to_bytes_and_back(model):
    decoded = decode_model(encode_model(model))
    assert spec_of(decoded) == spec_of(model)
    assert all(decoded[name].tobytes() == model[name].tobytes() for name in model)


def test_every_format_is_written_as_safetensors_names_it():
    mixed = {"a": np.float16([1, 2, 3]), "b": np.float32([1]), "c": np.ones(1, BFLOAT16)}
    data = encode_model(mixed)
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    assert [header[name]["dtype"] for name in "abc"] == ["F16", "F32", "BF16"]
    assert [header[name]["data_offsets"] for name in "abc"] == [[0, 6], [6, 10], [10, 12]]
    assert spec_of(decode_model(data)) == spec_of(mixed)


@pytest.mark.parametrize("dtype", [FLOAT16, BFLOAT16], ids=str)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_of_any_width_must_be_finite(dtype, value):
    with pytest.raises(BadArrays, match="'bias' holds NaN or infinity"):
        encode_model({"bias": np.array([0, value]).astype(dtype)})


def test_a_signalling_nan_is_refused_like_any_other():
    signalling = np.uint16([0x7F81]).view(BFLOAT16)
    data = encode_model({"bias": np.ones(1, BFLOAT16)})[:-2] + signalling.tobytes()
    with pytest.raises(BadArrays, match="'bias' holds NaN or infinity"):
        decode_model(data)


def test_the_bytes_do_not_depend_on_the_order_or_layout_of_the_arrays():
    reordered = {"bias": MODEL["bias"].copy(), "weight": np.asfortranarray(MODEL["weight"])}
    assert encode_model(reordered) == encode_model(MODEL)


def test_the_digest_of_a_model_is_the_same_for_ever():
    assert digest_of(encode_model(MODEL)).hex() == (
        "2b883a6308f403f51e6ce817103f39abf7fbce10cf54cf8037ac734c69026905"
    )


def test_safetensors_itself_reads_the_bytes():
    loaded = safetensors_load(encode_model(MODEL))
    assert all((loaded[name] == MODEL[name]).all() for name in MODEL)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_neither_written_nor_read(value):
    with pytest.raises(BadArrays, match="'bias' holds NaN or infinity"):
        encode_model({**MODEL, "bias": np.float32([0, value])})
    good = encode_model({"bias": np.float32([1.5])})
    bad = good.replace(np.float32(1.5).tobytes(), np.float32(value).tobytes())
    with pytest.raises(BadArrays, match="'bias' holds NaN or infinity"):
        decode_model(bad)


def test_other_formats_are_refused():
    with pytest.raises(BadArrays, match=r"'phase' is complex64; only F32, F16, BF16, F64, I64, .* are"):
        encode_model({"phase": np.complex64([1])})
    byte = {
        "__metadata__": {"kind": "model"},
        "a": {"data_offsets": [0, 1], "dtype": "F8_E4M3", "shape": [1]},
    }
    with pytest.raises(BadArrays, match=r"not a safetensors file of F32, F16, BF16, F64, I64, .* arrays"):
        decode_model(file(byte, bytes(1)))


def test_a_truth_value_is_one_of_two_bytes():
    data = encode_model({**MODEL, "mask": np.array([True, False])})
    assert decode_model(data)["mask"].tolist() == [True, False]
    for place, byte in ((0, 2), (1, 255)):
        forged = bytearray(data)
        forged[place - MODEL["weight"].nbytes - 2] = byte
        with pytest.raises(BadArrays, match="'mask' holds bytes that are no truth values"):
            decode_model(bytes(forged))


def test_constants_are_no_part_of_a_difference_or_an_update():
    model = {**MODEL, "steps": np.array(7), "mask": np.array([True])}
    step = difference({**MODEL, "weight": MODEL["weight"] + 1}, model)
    assert spec_of(step) == spec_of(MODEL)
    data = encode_update(Update(step, BASE, 1))
    assert spec_of(decode_update(data, like=spec_of(model), base=BASE).arrays) == spec_of(MODEL)
    with pytest.raises(BadArrays, match="Array 'steps' of the update is int64; updates are F32, F16, BF16"):
        encode_update(Update({**step, "steps": np.array(0)}, BASE, 1))
    forged = encode({**step, "steps": np.array(1)}, {"base": BASE.hex(), "examples": "1", "kind": "update"})
    with pytest.raises(BadArrays, match=r"'steps'.* not part of this task's model"):
        decode_update(forged, like=spec_of(model), base=BASE)


def test_an_update_of_a_double_is_a_float():
    model = {"w": np.float64([1, 1e300])}
    step = difference({"w": model["w"] + np.float64([2**-40, 0])}, model)
    assert (step["w"].dtype, step["w"].tolist()) == (np.float32, [2**-40, 0])
    data = encode_update(Update(step, BASE, 1))
    assert decode_update(data, like=spec_of(model), base=BASE).arrays["w"].tolist() == [2**-40, 0]
    too_far = difference({"w": np.float64([1, -1e300])}, model)
    with pytest.raises(BadArrays, match="'w' holds NaN or infinity"):
        encode_update(Update(too_far, BASE, 1))


def test_arrays_of_other_names_or_shapes_than_wanted_are_refused():
    data = encode_model(MODEL)
    for like, sentence in [
        (spec_of({"weight": MODEL["weight"]}), "'bias'.* not part of this task's model"),
        (spec_of({**MODEL, "scale": np.float32([1])}), "'scale'.* missing"),
        (spec_of({**MODEL, "weight": MODEL["weight"].T}), r"'weight' has shape \(2, 3\), not \(3, 2\)"),
        (spec_of({**MODEL, "bias": np.float16([1, 1])}), "'bias' is F32, not F16 as in the model"),
    ]:
        with pytest.raises(BadArrays, match=sentence):
            decode_model(data, like=like)


def test_an_update_ten_times_the_size_is_refused_by_its_length():
    large = Update({"weight": np.zeros((20, 30), np.float32)}, BASE, 5)
    with pytest.raises(BadArrays, match="bytes, more than the"):
        decode_update(encode_update(large), like=spec_of({"weight": MODEL["weight"]}), base=BASE)


def test_a_header_that_promises_an_enormous_array_costs_nothing():
    entries = {
        "__metadata__": {"kind": "model"},
        "a": {"data_offsets": [0, 4 << 60], "dtype": "F32", "shape": [1 << 60]},
    }
    with pytest.raises(BadArrays, match="more or fewer bytes"):
        decode_model(file(entries, bytes(4)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff" * 8,
        bytes(8),
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 2000) + b"[" * 2000,
        struct.pack("<Q", 4) + b"null",
        file({}, b""),
        file({"__metadata__": {"kind": "model"}, "a": {"shape": ["1"]}}, b""),
        file({"__metadata__": {"kind": "model"}, "a": {"shape": [-1]}}, b""),
    ],
    ids=[
        "empty",
        "huge header",
        "no header",
        "list",
        "deep",
        "null",
        "no metadata",
        "text shape",
        "negative",
    ],
)
def test_bytes_that_are_no_canonical_file_are_refused(data):
    with pytest.raises(BadArrays):
        decode_model(data)


def test_one_model_has_one_byte_string():
    data = encode_model(MODEL)
    length = struct.unpack("<Q", data[:8])[0]
    header, body = data[8 : 8 + length], data[8 + length :]
    padded = struct.pack("<Q", length + 8) + header + b" " * 8 + body
    spaced = header.replace(b'":', b'": ', 1)
    for other in (padded, struct.pack("<Q", len(spaced)) + spaced + body, data + b"\0"):
        with pytest.raises(BadArrays):
            decode_model(other)


@given(st.integers(min_value=0), st.integers(0, 255))
def test_a_changed_byte_changes_the_model_or_is_refused(place, value):
    data = bytearray(encode_model(MODEL))
    place %= len(data)
    changed = data[place] != value
    data[place] = value
    try:
        decoded, metadata = decode(bytes(data), like=None, max_bytes=1000)
    except BadArrays:
        return
    assert encode(decoded, metadata) == bytes(data)
    assert (bytes(data) == encode_model(MODEL)) != changed


def test_an_update_carries_its_base_and_its_examples():
    update = Update(MODEL, BASE, 123)
    decoded = decode_update(encode_update(update), like=spec_of(MODEL), base=BASE)
    assert (decoded.base, decoded.examples) == (BASE, 123)
    assert (flatten(decoded.arrays) == flatten(MODEL)).all()


def test_an_update_of_another_model_is_refused():
    with pytest.raises(BadArrays, match="Expected an update of model ffff"):
        decode_update(encode_update(Update(MODEL, BASE, 1)), like=spec_of(MODEL), base=b"\xff" * 32)


def test_an_update_may_carry_the_privacy_its_maker_accounts_for():
    for privacy in (None, Privacy(0, 0), Privacy(2_500_000, 10_000_000), Privacy(10**12, 10**12)):
        data = encode_update(Update(MODEL, BASE, 10**12, privacy))
        assert decode_update(data, like=spec_of(MODEL), base=BASE).privacy == privacy


def test_privacy_is_two_decimal_integers_in_the_metadata():
    _, metadata = decode(encode_update(Update(MODEL, BASE, 1, Privacy(7, 8))), like=None, max_bytes=1000)
    assert metadata == {
        "base": BASE.hex(),
        "delta_pico": "8",
        "epsilon_micro": "7",
        "examples": "1",
        "kind": "update",
    }


@pytest.mark.parametrize("claim", [(-1, 0), (0, -1), (10**12 + 1, 0), (0, 10**12 + 1)])
def test_an_impossible_privacy_is_not_written(claim):
    with pytest.raises(BadArrays, match=r"claims a (epsilon_micro|delta_pico) of .* must be 0 to"):
        Privacy(*claim)


@pytest.mark.parametrize(
    "claims",
    [
        {"epsilon_micro": "1"},
        {"delta_pico": "1"},
        {"delta_pico": "1", "epsilon_micro": "-1"},
        {"delta_pico": "1.5", "epsilon_micro": "1"},
        {"delta_pico": "", "epsilon_micro": "1"},
        {"delta_pico": "01", "epsilon_micro": "1"},
        {"delta_pico": "1", "epsilon_micro": "9" * 13},
        {"delta_pico": "1", "epsilon_micro": "1", "epsilon": "1"},
    ],
    ids=str,
)
def test_half_a_privacy_or_a_malformed_one_is_refused(claims):
    metadata = {"kind": "update", "base": BASE.hex(), "examples": "1", **claims}
    with pytest.raises(BadArrays, match=r"must be 0 to|Expected an update|bytes, more than"):
        decode_update(encode(MODEL, metadata), like=spec_of(MODEL), base=BASE)


@pytest.mark.parametrize("examples", ["0", "-1", "1.5", "", "١", "9" * 13, "007"])
def test_an_impossible_number_of_examples_is_refused(examples):
    metadata = {"kind": "update", "base": BASE.hex(), "examples": examples}
    with pytest.raises(BadArrays):
        decode_update(encode(MODEL, metadata), like=spec_of(MODEL), base=BASE)


def test_a_model_is_no_update_and_an_update_no_model():
    with pytest.raises(BadArrays, match="examples"):
        decode_update(encode_model(MODEL), like=spec_of(MODEL), base=BASE)
    with pytest.raises(BadArrays, match="Expected a model"):
        decode_model(encode_update(Update(MODEL, BASE, 1)))


@given(changes)
def test_flattening_can_be_undone(model):
    again = unflatten(flatten(model), spec_of(model))
    assert all(
        (again[name] == model[name]).all() and again[name].shape == model[name].shape for name in model
    )


def test_a_difference_has_the_formats_of_the_base_even_if_training_was_wider():
    base = {"w": np.ones(3, BFLOAT16), "v": np.ones(2, np.float16)}
    new = {"w": np.float32([1, 1.001, 3]), "v": np.float64([1.0001, 1])}
    step = difference(new, base)
    assert spec_of(step) == spec_of(base)
    assert step["w"].astype(float) == pytest.approx([0, 0.001, 2], rel=0.01)
    assert step["v"].astype(float) == pytest.approx([0.0001, 0], rel=0.01)


def test_a_difference_leads_from_the_base_to_the_new_model():
    new = {"weight": MODEL["weight"] + np.float32(0.25), "bias": MODEL["bias"] * 2}
    step = difference(new, MODEL)
    assert all((MODEL[name] + step[name] == new[name]).all() for name in MODEL)


@given(changes, st.integers(1, 10 * WAD))
def test_a_clipped_update_is_within_the_norm_and_points_the_same_way(model, limit):
    clipped = clip_to_norm(model, limit)
    require_norm(clipped, limit)
    assert float(flatten(model).astype(np.float64) @ flatten(clipped).astype(np.float64)) >= 0


def test_an_update_over_the_norm_is_refused_and_without_a_limit_none_is():
    with pytest.raises(BadArrays, match=r"norm 7.44983, more than the 1 that"):
        require_norm(MODEL, WAD)
    require_norm(MODEL, 0)
    assert clip_to_norm(MODEL, 0) == MODEL
