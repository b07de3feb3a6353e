"""Names, ranges, headers and trees, without a hub."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from flock.errors import Refused
from flock.hub.errors import RangeNotSatisfiable, in_header
from flock.hub.names import asked_name, file_path, is_left_out, repository_name
from flock.hub.ranges import range_of
from flock.hub.safetensors_header import MAX_HEADER_BYTES, HeaderCheck, is_safetensors, refuse_sample
from flock.hub.trees import EMPTY, File, git_oid, listing, pointer_of, require_tree, revision_of

DIGEST = bytes(32)


def file(path: str, *, is_large: bool = False, digest: bytes = DIGEST, account: str = "0xA") -> File:
    return File(path, digest, 3, git_oid(b"abc"), is_large, account)


class TestNames:
    @pytest.mark.parametrize("part", ["a", "0x12aB", "my-model_2.1", "x" * 96])
    def test_of_repositories(self, part: str) -> None:
        assert str(repository_name(part, part)) == f"{part}/{part}"

    @pytest.mark.parametrize(
        "part",
        [
            "",
            ".",
            "..",
            "-a",
            "a-",
            "a.",
            "a--b",
            "a..b",
            "a.git",
            "a.GIT",
            "a/b",
            "a\\b",
            "a b",
            "a\n",
            "x" * 97,
            "ａ",
            "а",
            "a\u200b",
            "a\u202eb",
            "a%2fb",
            "a\x00",
            "é",
        ],
    )
    def test_that_no_repository_has(self, part: str) -> None:
        with pytest.raises(Refused, match="cannot be part of a repository's name"):
            repository_name("a", part)
        assert asked_name(part, "a") is None

    def test_that_differ_in_case_are_one_repositorys(self) -> None:
        assert repository_name("A", "Model").key == repository_name("a", "mODEL").key

    @pytest.mark.parametrize(
        "path",
        ["a", ".gitattributes", "a/b/c.txt", "model-00001-of-00002.safetensors", "a (1)+[x]@y,~=.txt", "-"],
    )
    def test_of_files(self, path: str) -> None:
        assert file_path(path) == path

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "./a",
            "a/.",
            "...",
            "a\\..\\b",
            "C:/a",
            "a:b",
            ".git/config",
            "a/.GIT/hooks",
            "a\n",
            "a\r\nSet-Cookie: x",
            'a"b',
            "a;b",
            "a\x00b",
            "a%2e%2e",
            "a*",
            "a?",
            "CON",
            "aux.txt",
            "b/Lpt1.safetensors",
            "a.",
            "a ",
            " a",
            "а.txt",
            "a\u202etxt.exe",
            "é",
            "e\u0301",
            "x" * 201,
            "/".join("a" * 17),
            "/".join(["x" * 150] * 4),
        ],
    )
    def test_that_no_file_has(self, path: str) -> None:
        with pytest.raises(Refused, match="cannot be a file's name"):
            file_path(path)

    @pytest.mark.parametrize("path", ["training_args.bin", "a/OPTIMIZER.PT", "x.pkl", "b.Pickle", "c.ckpt"])
    def test_of_files_that_run_code_are_left_out(self, path: str) -> None:
        assert is_left_out(path)
        assert not is_left_out(f"{path}.safetensors")

    @given(st.text())
    def test_no_text_ends_a_header(self, text: str) -> None:
        assert all(" " <= letter <= "~" for letter in in_header(text))


class TestRanges:
    @pytest.mark.parametrize(
        ("header", "found"),
        [
            (None, None),
            ("bytes=0-", (0, 10)),
            ("bytes=0-0", (0, 1)),
            ("bytes=3-5", (3, 6)),
            ("bytes=9-100", (9, 10)),
            ("bytes=-4", (6, 10)),
            ("bytes=-100", (0, 10)),
        ],
    )
    def test_one(self, header: str | None, found: tuple[int, int] | None) -> None:
        assert range_of(header, 10) == found

    @pytest.mark.parametrize(
        "header",
        [
            "bytes=-",
            "bytes=5-3",
            "bytes=0-1,2-3",
            "bytes=" + "0-," * 1000,
            "lines=0-1",
            "bytes=a-b",
            "bytes=0x1-",
            "bytes= 0-1",
            "bytes=0-1 ",
            "bytes=" + "9" * 5000 + "-",
            "bytes=-1-2",
            "bytes=٣-",
        ],
    )
    def test_what_is_none_is_answered_with_the_whole(self, header: str) -> None:
        assert range_of(header, 10) is None

    @pytest.mark.parametrize(
        ("header", "size"), [("bytes=10-", 10), ("bytes=11-12", 10), ("bytes=0-", 0), ("bytes=-0", 10)]
    )
    def test_behind_the_end(self, header: str, size: int) -> None:
        with pytest.raises(RangeNotSatisfiable) as refusal:
            range_of(header, size)
        assert refusal.value.size == size


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}


class TestHeaders:
    def test_of_what_safetensors_writes(self) -> None:
        arrays = {
            "a": np.ones((3, 4), np.float16),
            "b": np.zeros((0, 2), np.int64),
            "c": np.array(1.0, np.float64),
        }
        assert is_safetensors(save(arrays, {"format": "pt"}))

    @given(st.integers(1, 50))
    def test_come_in_pieces_of_any_size(self, size: int) -> None:
        data = save({"a": np.arange(6, dtype=np.float32)})
        check = HeaderCheck(len(data))
        for start in range(0, len(data), size):
            check(data[start : start + size])
        assert check.is_safetensors

    @pytest.mark.parametrize(
        "data", [b"", b"\x80\x02}.", b"PK\x03\x04" + bytes(60), b"GGUF" + bytes(99), bytes(9)]
    )
    def test_are_not_looked_for_in_other_files(self, data: bytes) -> None:
        assert not is_safetensors(data)

    @pytest.mark.parametrize(
        ("header", "data", "what"),
        [
            ({"a": tensor()}, b"", "describes 8 bytes, and 0 follow"),
            ({"a": tensor()}, bytes(9), "describes 8 bytes, and 9 follow"),
            ({"a": tensor(shape=[3])}, bytes(8), "another number of bytes"),
            ({"a": tensor(shape=[2**40, 2**40])}, bytes(8), "another number of bytes"),
            ({"a": tensor(shape=[2**70])}, bytes(8), "not lists of lengths"),
            ({"a": tensor(shape=[-2])}, bytes(8), "not lists of lengths"),
            ({"a": tensor(shape=[2.0])}, bytes(8), "not lists of lengths"),
            ({"a": tensor(shape=[True, 2])}, bytes(8), "not lists of lengths"),
            ({"a": tensor(shape=[1] * 33)}, bytes(8), "not lists of lengths"),
            ({"a": tensor(dtype="O")}, bytes(8), "no dtype"),
            ({"a": tensor(dtype=["F32"])}, bytes(8), "no dtype"),
            ({"a": tensor(dtype="F4", shape=[1], data_offsets=[0, 0])}, b"", "another number of bytes"),
            ({"a": tensor(data_offsets=[8, 16])}, bytes(16), "leave a hole at byte 0"),
            ({"a": tensor(), "b": tensor()}, bytes(8), "overlap"),
            ({"a": tensor(data_offsets=[8, 0])}, bytes(8), "another number of bytes"),
            ({"a": tensor(more=1)}, bytes(8), "has not a dtype"),
            ({"a": [1]}, bytes(8), "has not a dtype"),
            ({"__metadata__": {"a": 1}}, b"", "metadata is not text"),
            ({"__metadata__": []}, b"", "metadata is not text"),
            (b'{"a": {}, "a": {}}', b"", "twice"),
            (b'{"a": ' + b"[" * 100_000, b"", "not JSON|nested|deep"),
            (b"{nonsense", b"", "not JSON"),
            (b'{"\xff": 1}', b"", "UTF-8"),
        ],
    )
    def test_that_do_not_hold(self, header: object, data: bytes, what: str) -> None:
        with pytest.raises(Refused, match=what):
            is_safetensors(safetensors(header, data))

    def test_longer_than_the_limit_are_no_safetensors_files(self) -> None:
        check = HeaderCheck(2**40)
        check((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{")
        assert not check.is_safetensors

    @pytest.mark.parametrize(
        "sample",
        [
            b"",
            b"PK\x03\x04",
            bytes(512),
            (2**50).to_bytes(8, "little") + b"{",
            (90).to_bytes(8, "little") + b"{",
        ],
    )
    def test_are_refused_by_their_first_bytes(self, sample: bytes) -> None:
        with pytest.raises(Refused, match=r"'m\.safetensors' is not a safetensors file"):
            refuse_sample("m.safetensors", sample, 97)


class TestTrees:
    def test_an_id_follows_from_paths_and_bytes_alone(self) -> None:
        some = [file("a"), file("b")]
        assert revision_of(some) == revision_of([file("b", account="0xB"), file("a", is_large=True)])
        others = ([], [file("a")], [file("a"), file("c")], [file("a"), file("b", digest=b"\1" * 32)])
        assert len({revision_of(other) for other in (some, *others)}) == 5
        assert revision_of([]) == EMPTY

    def test_git_would_call_files_the_same(self) -> None:
        assert git_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
        assert pointer_of(DIGEST, 7) == (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 7\n".encode()
        )

    @pytest.mark.parametrize(
        ("paths", "what"),
        [
            (["a", "A"], "differ only in case"),
            (["a/b", "A/c"], "differ only in case"),
            (["a", "a/b"], "folder that has the name of a file"),
            (["a", "b", "c"], "would have 3 files"),
        ],
    )
    def test_that_no_folder_can_hold(self, paths: list[str], what: str) -> None:
        with pytest.raises(Refused, match=what):
            require_tree({path: file(path) for path in paths}, 2)

    def test_are_listed_folder_by_folder_or_whole(self) -> None:
        tree = {path: file(path) for path in ("a.txt", "d/b.txt", "d/e/c.txt", "dd/x.txt")}

        def places(folder: str, *, is_deep: bool) -> list[str]:
            return [found["path"] for found in listing(tree, folder, is_deep=is_deep)]

        assert places("", is_deep=False) == ["a.txt", "d", "dd"]
        assert places("d", is_deep=False) == ["d/b.txt", "d/e"]
        assert places("", is_deep=True) == ["a.txt", "d", "d/b.txt", "d/e", "d/e/c.txt", "dd", "dd/x.txt"]
        assert places("nowhere", is_deep=True) == []
