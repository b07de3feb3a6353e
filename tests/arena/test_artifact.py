"""What is taken for an artifact, and in which words everything else is rejected, before its body is read."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save
from safetensors.torch import save as save_torch

from flock.arena.scoring.artifact import (
    MAX_TENSORS,
    header_size,
    read_file,
    read_header,
    read_weights,
)
from flock.arena.scoring.rejection import Rejected
from flock.arena.scoring.task import Bounds
from flock.protocol.arena.scores import Failure
from flock.training.header import MAX_HEADER_BYTES

BOUNDS = Bounds(artifact_bytes=1 << 20, parameters=1_000)
WEIGHTS = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2, np.float32)}

Files = Callable[..., Path]


def file_with(header: object, body: bytes = b"", claimed: int | None = None) -> bytes:
    """A safetensors file with this header, which claims a length of its own if told to."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if claimed is None else claimed) + text + body


def tensor(dtype: str = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def rejection(data: bytes, bounds: Bounds = BOUNDS) -> tuple[Failure, str]:
    with pytest.raises(Rejected) as rejected:
        read_weights(data, bounds)
    return rejected.value.failure, str(rejected.value)


class TestWhatIsTaken:
    def test_a_file_of_numpy_as_it_is(self) -> None:
        header, weights = read_weights(save(WEIGHTS, {"format": "pt"}), BOUNDS)
        assert header.metadata == {"format": "pt"}
        assert header.parameters == 8
        assert header.shapes == {"w": (2, 3), "b": (2,)}
        assert {name: weights[name].tolist() for name in weights} == {
            name: WEIGHTS[name].tolist() for name in WEIGHTS
        }

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_half_precision_widened(self, dtype: torch.dtype) -> None:
        _, weights = read_weights(save_torch({"w": torch.tensor([0.5, -3.0], dtype=dtype)}), BOUNDS)
        assert weights["w"].dtype == np.float32
        assert weights["w"].tolist() == [0.5, -3.0]

    def test_a_header_needs_no_body(self) -> None:
        data = save(WEIGHTS)
        head = data[: header_size(data[:8])]
        assert read_header(head, len(data), BOUNDS).parameters == 8

    def test_numbers_that_are_not_aligned(self) -> None:
        """The format does not promise it; bytes of the header shift the body."""
        data = file_with(
            b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ', np.float32([7]).tobytes()
        )
        assert header_size(data[:8]) % 4
        assert read_weights(data, BOUNDS)[1]["w"].tolist() == [7.0]


class TestHostileHeaders:
    def test_a_header_bomb_is_not_parsed(self) -> None:
        failure, sentence = rejection(file_with({}, claimed=1 << 40))
        assert failure is Failure.MALFORMED
        assert "claims a header of 1099511627776 bytes" in sentence

    def test_nor_one_that_is_all_there(self) -> None:
        failure, _ = rejection(file_with(b" " * (MAX_HEADER_BYTES + 1)), Bounds(artifact_bytes=1 << 30))
        assert failure is Failure.MALFORMED

    def test_a_huge_tensor_is_counted_and_never_allocated(self) -> None:
        data = file_with({"w": tensor(shape=[1 << 40, 1 << 40], offsets=[0, 4 << 80])})
        failure, sentence = rejection(data)
        assert failure is Failure.TOO_LARGE
        assert f"{1 << 80} parameters; the task allows 1000" in sentence

    def test_too_many_parameters_in_many_small_tensors(self) -> None:
        failure, _ = rejection(save({f"w{i}": np.zeros(251, np.float32) for i in range(4)}))
        assert failure is Failure.TOO_LARGE

    def test_a_file_that_is_too_long(self) -> None:
        failure, sentence = rejection(save(WEIGHTS), Bounds(artifact_bytes=100))
        assert (failure, "the task allows 100" in sentence) == (Failure.TOO_LARGE, True)

    @pytest.mark.parametrize(
        ("header", "sentence"),
        [
            (b"", "is not JSON as it should be"),
            (b"[]", "is not a JSON object"),
            (b"{" * 100_000, "is not JSON as it should be"),
            (b"[" * 100_000, "is not JSON as it should be"),
            (b'{"w": NaN}', "NaN is no JSON"),
            (b'{"w": 1, "w": 2}', "a name is given twice"),
            (b"\xff\xfe", "is not JSON as it should be"),
            (b'{"w": ' + b"9" * 5_000 + b"}", "is not JSON as it should be"),
            ({}, "holds 0 tensors"),
            ({f"w{i}": 0 for i in range(MAX_TENSORS + 1)}, f"holds {MAX_TENSORS + 1} tensors"),
            ({"__metadata__": {"epochs": 3}}, "metadata is not an object of texts"),
            ({"w": 7}, "is not described by dtype, shape and data_offsets alone"),
            (
                {"w": {**tensor(), "code": "import os"}},
                "is not described by dtype, shape and data_offsets alone",
            ),
            ({"w": tensor("I64", [1], [0, 8])}, "is 'I64'; weights are F32, F16, BF16"),
            ({"w": tensor("F64", [1], [0, 8])}, "is 'F64'; weights are F32, F16, BF16"),
            ({"w": tensor("F8_E4M3", [8], [0, 8])}, "weights are F32, F16, BF16"),
            ({"w": {**tensor(), "dtype": ["F32"]}}, "weights are F32, F16, BF16"),
            ({"w": tensor(shape=[-2])}, "has no shape"),
            ({"w": tensor(shape=[2.0])}, "has no shape"),
            ({"w": tensor(shape=[True, 2])}, "has no shape"),
            ({"w": tensor(shape="2")}, "has no shape"),
            ({"w": tensor(shape=[1] * 8 + [2])}, "has no shape"),
            ({"w": tensor(offsets=[0])}, "has no two offsets"),
            ({"w": tensor(offsets=[-8, 0])}, "has no two offsets"),
            ({"w": tensor(offsets=[0, 12])}, "needs other bytes than the 12 it is given"),
            ({"w": tensor(offsets=[8, 0])}, "needs other bytes than the -8 it is given"),
            ({"w": tensor(offsets=[8, 16])}, "begins at byte 8, where 0 would be next"),
            ({"v": tensor(), "w": tensor()}, "begins at byte 0, where 8 would be next"),
            ({"v": tensor(), "w": tensor(offsets=[9, 17])}, "begins at byte 9, where 8 would be next"),
            ({"v": tensor(), "w": tensor(offsets=[8, 16])}, "take 16 bytes, but 8 follow"),
        ],
    )
    def test_anything_but_tensors_side_by_side_is_malformed(self, header: object, sentence: str) -> None:
        failure, said = rejection(file_with(header, bytes(8)))
        assert failure is Failure.MALFORMED
        assert sentence in said
        assert len(said) < 300

    @pytest.mark.parametrize("size", [0, 7, 8, 20])
    def test_a_file_that_ends_too_early_is_malformed(self, size: int) -> None:
        assert rejection(save(WEIGHTS)[:size])[0] is Failure.MALFORMED

    @pytest.mark.parametrize("change", [-1, 1])
    def test_so_is_a_body_of_another_length(self, change: int) -> None:
        data = save(WEIGHTS)
        assert rejection(data[:change] if change < 0 else data + b"\0")[0] is Failure.MALFORMED

    @given(st.data())
    def test_no_bytes_do_worse_than_being_rejected(self, data: st.DataObject) -> None:
        file = bytearray(save(WEIGHTS))
        for _ in range(data.draw(st.integers(1, 6))):
            file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
        try:
            _, weights = read_weights(bytes(file), BOUNDS)
        except Rejected:
            return
        assert all(np.isfinite(each).all() for each in weights.values())

    @given(st.binary(max_size=200))
    def test_nor_does_noise(self, noise: bytes) -> None:
        assert rejection(noise)[0] in (Failure.MALFORMED, Failure.TOO_LARGE)


class TestOtherFormatsByAnyName:
    def test_a_pickle_that_would_run_code_is_not_opened(self, tmp_path: Path) -> None:
        class Payload:
            def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
                return os.mkdir, (str(tmp_path / "owned"),)

        renamed = tmp_path / "model.safetensors"
        renamed.write_bytes(pickle.dumps(Payload()))
        with pytest.raises(Rejected, match=r"The file is a pickle, whatever its name; submit safetensors\."):
            read_file(renamed, BOUNDS)
        assert not (tmp_path / "owned").exists()

    def test_nor_is_what_torch_saves(self) -> None:
        saved = io.BytesIO()
        torch.save({"w": torch.ones(2)}, saved)
        failure, sentence = rejection(saved.getvalue())
        assert failure is Failure.MALFORMED
        assert "a zip archive, as torch.save writes it" in sentence

    def test_nor_a_zip_archive(self) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("model.safetensors", save(WEIGHTS))
        assert "a zip archive" in rejection(archive.getvalue())[1]

    def test_a_header_whose_length_looks_like_a_pickle_is_a_header(self) -> None:
        """0x80 0x02 begins a pickle, and a safetensors file with a header of 640 bytes."""
        text = json.dumps({"w": tensor()}).encode().ljust(640)
        data = file_with(text, bytes(8))
        assert data.startswith(b"\x80\x02")
        assert read_weights(data, BOUNDS)[0].parameters == 2


class TestNumbers:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
    def test_one_that_is_not_finite_fails_the_submission(self, value: float, dtype: torch.dtype) -> None:
        weights = torch.ones(300)
        weights[299] = value
        failure, sentence = rejection(save_torch({"w": weights.to(dtype)}))
        assert failure is Failure.NOT_FINITE
        assert sentence == "Tensor 'w' holds NaN or infinity."


class TestFiles:
    def test_a_file_gives_its_bytes(self, tmp_path: Path) -> None:
        path = tmp_path / "model.safetensors"
        path.write_bytes(save(WEIGHTS))
        assert read_file(path, BOUNDS) == save(WEIGHTS)

    def test_a_symbolic_link_is_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(save(WEIGHTS))
        link = tmp_path / "model.safetensors"
        link.symlink_to(secret)
        with pytest.raises(Rejected, match="cannot be read as a file of its own") as rejected:
            read_file(link, BOUNDS)
        assert rejected.value.failure is Failure.UNAVAILABLE

    def test_a_pipe_a_folder_and_nothing_are_no_files(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "folder").mkdir()
        for name in ("pipe", "folder", "nothing"):
            with pytest.raises(Rejected) as rejected:
                read_file(tmp_path / name, BOUNDS)
            assert rejected.value.failure is Failure.UNAVAILABLE

    def test_a_body_that_is_too_large_is_not_read(self, tmp_path: Path) -> None:
        """It is a hole of a terabyte on disk: reading it would fill the memory."""
        path = tmp_path / "model.safetensors"
        count = 1 << 38
        with path.open("wb") as file:
            file.write(file_with({"w": tensor(shape=[count], offsets=[0, 4 * count])}))
            file.truncate(file.tell() + 4 * count)
        for bounds in (BOUNDS, Bounds(artifact_bytes=1 << 40, parameters=1_000)):
            with pytest.raises(Rejected) as rejected:
                read_file(path, bounds)
            assert rejected.value.failure is Failure.TOO_LARGE
