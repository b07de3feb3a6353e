"""How a process ended, in words."""

import signal

CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT})


def how_it_ended(exit_code: int) -> str:
    """What follows "the process of …"; ``exit_code`` is negative for a signal, as in ``subprocess``."""
    if exit_code >= 0:
        return f"ended by itself, with exit code {exit_code}"
    name = _name_of(-exit_code)
    if -exit_code == signal.SIGKILL:
        return f"was killed ({name}), which the system does when memory is short"
    if -exit_code in CRASHES:
        return f"crashed ({name}), as compiled code does"
    return f"was ended by {name}"


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
