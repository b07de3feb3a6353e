"""Every error flock raises, in one tree; the branch tells a caller how to handle it.

    FlockError
    ├── Transient                 try again at the next tick                     exit 75
    │   ├── RpcUnavailable            the chain's RPC does not answer
    │   ├── BlobUnavailable           a blob is not (yet) where it should be
    │   ├── ServiceUnavailable        the coordinator or a service does not answer
    │   ├── DatabaseUnavailable       the own database does not answer, or has no room
    │   └── WorkerStopped             a worker was stopped with the program that called it
    ├── Refused                   this action cannot succeed: log it, drop it    exit 1
    │   ├── ContractRefused           a contract reverted with a known error
    │   ├── NoRoot                    no such root is posted, or not yet           exit 75
    │   ├── BadArrays                 wrong shape, type, size, digest, or not finite
    │   ├── BadBlob                   bytes that are not what their address says
    │   └── WorkerEnded               the process of a worker ended, or was ended, in a call
    │       └── WorkerOverdue             it did not answer in time
    ├── Interrupted               Ctrl-C came after something was sent         exit 130
    └── Misconfigured             only the operator can fix it                   exit 78
        ├── WrongChain                the RPC serves another chain
        ├── NotDeployed               no flock contracts where the address book says
        ├── BadConfig                 a setting is missing or malformed
        ├── BadKey                    no such key, or a wrong password
        ├── NoFunds                   too little ETH or FLOCK
        ├── NoStake                   too little gmFLOCK on the task
        └── UnknownTask               no such task

``str(error)`` is one or two sentences: what was wrong with which input, and what to do.
"""

from collections.abc import Mapping

EXIT_REFUSED = 1
EXIT_INTERRUPTED = 130  # as a shell reports a program ended by SIGINT
EXIT_TRANSIENT = 75  # EX_TEMPFAIL of sysexits.h
EXIT_MISCONFIGURED = 78  # EX_CONFIG of sysexits.h


class FlockError(Exception):
    """Root of the tree. ``exit_code`` is what the command line returns for it."""

    exit_code = EXIT_REFUSED


class Transient(FlockError):
    """Something is not ready; the same action may succeed at the next tick."""

    exit_code = EXIT_TRANSIENT


class RpcUnavailable(Transient):
    """The chain's RPC endpoint does not answer, or answers with an error of its own."""


class BlobUnavailable(Transient):
    """None of the stores has the blob now."""


class ServiceUnavailable(Transient):
    """The coordinator or a service does not answer."""


class DatabaseUnavailable(Transient):
    """The program's own database does not answer, is held by another for too long, or has no room."""


class WorkerStopped(Transient):
    """A worker was stopped, as it is with the program that called it, before it answered."""


class Refused(FlockError):
    """This action cannot succeed as it is."""


class ContractRefused(Refused):
    """A contract reverted with a known custom error.

    ``error`` is the Solidity name of the custom error, ``arguments`` its decoded arguments.
    """

    def __init__(self, sentence: str, error: str = "", arguments: Mapping[str, object] | None = None) -> None:
        super().__init__(sentence)
        self.error = error
        self.arguments = dict(arguments or {})


class NoRoot(Refused):
    """No such settlement root is posted, or not yet. Exit code 1 of `flock verify` means a wrong root: not this."""

    exit_code = EXIT_TRANSIENT


class BadArrays(Refused):
    """Arrays that are not finite, or have the wrong shape, type, size or digest."""


class BadBlob(Refused):
    """Bytes that do not match their content address, or exceed the size allowed."""


class WorkerEnded(Refused):
    """The process of a worker ended while it was called, or took too long and was ended."""


class WorkerOverdue(WorkerEnded):
    """The process of a worker took too long, and was ended."""


class Interrupted(FlockError):
    """Ctrl-C came while a command acted; the sentence says what it had sent."""

    exit_code = EXIT_INTERRUPTED


class Misconfigured(FlockError):
    """The operator has to fix something before this can work."""

    exit_code = EXIT_MISCONFIGURED


class WrongChain(Misconfigured):
    """The RPC endpoint serves a different chain from the one configured."""


class NotDeployed(Misconfigured):
    """The address book names no contracts on this chain, or there is no code at an address it names."""


class BadConfig(Misconfigured):
    """A setting is missing or malformed."""


class BadKey(Misconfigured):
    """No such key, a wrong password, or a file that is not a keystore."""


class NoFunds(Misconfigured):
    """An account holds too little ETH for gas or too little FLOCK for the action."""


class NoStake(Misconfigured):
    """An account has too little gmFLOCK staked on the task."""


class UnknownTask(Misconfigured):
    """The chain has no task with that id."""
