"""Panels of a window, on columns: ``flock.protocol.arena.panels`` with numpy's shuffle in place of the chain's."""

import numpy as np

from flock.simulation.formulas import Bools, Ints

NOBODY = -1


def drawn(shuffle: Ints, count: int, seats: int) -> Ints:
    """Who scores each of ``count`` submissions, a row each: the slots go through the shuffle, over and over."""
    return np.resize(shuffle, count * seats).reshape(count, seats)


def filled(panels: Ints, stand_ins: Ints, absent: Bools) -> Ints:
    """The panels with ``stand_ins``, drawn later, on the seats of the ``absent``; NOBODY on seats that stay empty.

    One that is absent as well, or sits on the panel already, does not step in.
    """
    sits = (panels[:, None, :] == stand_ins[:, :, None]).any(axis=2)
    able = np.where(absent[stand_ins] | sits, NOBODY, stand_ins)
    return np.where(absent[panels], able, panels)
