"""What a process and its worker say to each other: a JSON object, and bytes beside it. Nothing is unpickled."""

import json
import os
import socket
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

PREFIX = struct.Struct("!Q")  # bytes of the envelope: the head, and the sizes of the parts
LONGEST_ENVELOPE = 64 << 20
SHARED_FROM = 1 << 18  # bytes; fewer are sent as fast through the socket


class BadFrame(Exception):
    """What arrived is no frame: the other side is not to be listened to any more."""


@dataclass(frozen=True)
class Frame:
    """One request or reply."""

    head: Mapping[str, Any]
    parts: Sequence[bytes] = ()


class Channel:
    """One end of a connection between the two.

    Large parts travel in memory that both share, where the system has such without a name; it is gone with the
    last process that holds it. ``deadline`` is a moment of ``time.monotonic``.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, frame: Frame, deadline: float | None = None) -> None:
        """Raises OSError if the other side is gone, TimeoutError if it does not listen."""
        sizes = [len(part) for part in frame.parts]
        is_shared = hasattr(os, "memfd_create") and sum(sizes) >= SHARED_FROM
        envelope = json.dumps({"head": frame.head, "sizes": sizes, "shared": is_shared}).encode()
        if len(envelope) > LONGEST_ENVELOPE:
            raise BadFrame(
                f"{len(envelope)} bytes beside the arrays are too many; {LONGEST_ENVELOPE} may be."
            )
        self._wait_until(deadline)
        if is_shared:
            with _memory_of(frame.parts) as memory:
                socket.send_fds(self._connection, [PREFIX.pack(len(envelope))], [memory.fileno()])
            self._connection.sendall(envelope)
        else:
            self._connection.sendall(b"".join([PREFIX.pack(len(envelope)), envelope, *frame.parts]))

    def receive(self, deadline: float | None = None) -> Frame:
        """Raises EOFError once the other side is gone, TimeoutError, and BadFrame."""
        self._wait_until(deadline)
        prefix, descriptors, _, _ = socket.recv_fds(self._connection, PREFIX.size, 1)
        with _opened(descriptors) as memories:
            prefix += self._read(PREFIX.size - len(prefix), deadline) if prefix else b""
            if not prefix:
                raise EOFError("The other side has closed the connection.")
            envelope = self._envelope(PREFIX.unpack(prefix)[0], deadline)
            sizes = envelope["sizes"]
            if envelope["shared"]:
                return Frame(envelope["head"], list(_parts_in(memories, sizes)))
            return Frame(envelope["head"], [self._read(size, deadline) for size in sizes])

    def close(self) -> None:
        self._connection.close()

    def hang_up(self) -> None:
        """Whoever waits for the other side learns at once that nothing more will come."""
        self._connection.shutdown(socket.SHUT_RDWR)

    def _envelope(self, length: int, deadline: float | None) -> dict[str, Any]:
        if length > LONGEST_ENVELOPE:
            raise BadFrame(f"An envelope of {length} bytes is too long.")
        try:
            envelope: dict[str, Any] = json.loads(self._read(length, deadline))
        except ValueError as error:
            raise BadFrame(f"The envelope is not JSON: {error}.") from None
        return envelope

    def _read(self, size: int, deadline: float | None) -> bytes:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._wait_until(deadline)
            taken = self._connection.recv_into(view)
            if not taken:
                raise EOFError("The other side has closed the connection in the middle of a frame.")
            view = view[taken:]
        return bytes(data)

    def _wait_until(self, deadline: float | None) -> None:
        if deadline is None:
            self._connection.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)


@contextmanager
def _memory_of(parts: Sequence[bytes]) -> Iterator[BinaryIO]:
    """Memory without a name that holds ``parts``, one after the other."""
    with open(os.memfd_create("flock"), "w+b") as memory:  # noqa: PTH123 - a descriptor has no path
        for part in parts:
            memory.write(part)
        memory.flush()
        yield memory


@contextmanager
def _opened(descriptors: Sequence[int]) -> Iterator[Sequence[BinaryIO]]:
    """The files of ``descriptors``, which no program that is started meanwhile gets."""
    with ExitStack() as stack:
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        yield [stack.enter_context(open(each, "rb")) for each in descriptors]  # noqa: PTH123


def _parts_in(memories: Sequence[BinaryIO], sizes: Sequence[int]) -> Iterator[bytes]:
    if len(memories) != 1 or os.fstat(memories[0].fileno()).st_size != sum(sizes):
        raise BadFrame("The parts are not in the memory that should hold them.")
    memories[0].seek(0)
    for size in sizes:
        yield memories[0].read(size)
