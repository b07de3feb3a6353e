"""A node knows when it does not compute as the others do: each of these settings would change a digest."""

import ctypes
import platform
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from flock.errors import Refused
from flock.training.arithmetic import require_ieee_754

# Downward, upward and towards zero, as <fenv.h> has them.
ROUNDINGS = {"x86_64": (0x400, 0x800, 0xC00), "aarch64": (0x800000, 0x400000, 0xC00000)}


def in_a_thread(act):
    """Such settings belong to a thread, and are gone with it."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(act).result()


def test_that_of_this_process_is_as_it_should_be():
    require_ieee_754()


def test_subnormal_numbers_flushed_to_zero_are_noticed_in_the_thread_that_does_so():
    def flush():
        assert torch.set_flush_denormal(True)
        require_ieee_754()

    with pytest.raises(Refused, match=r"is not that of IEEE 754 \(float32: .*nothing is voted"):
        in_a_thread(flush)
    require_ieee_754()


@pytest.mark.parametrize("mode", ROUNDINGS[platform.machine()])
def test_another_rounding_is_noticed(mode):
    def turn():
        assert ctypes.CDLL("libm.so.6").fesetround(mode) == 0
        require_ieee_754()

    with pytest.raises(Refused, match="the rounding differ"):
        in_a_thread(turn)
