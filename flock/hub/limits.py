"""What one stranger may send to a hub, and how much of it."""

from dataclasses import dataclass

KIBIBYTE = 1 << 10
MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True)
class HubLimits:
    """In bytes: one file; one file that comes within a commit, all such files of one question about them, a commit
    as it is sent, any other request; all that one account has brought or announced; what must stay free on disk.

    Numbers: files of a revision and of a commit, revisions of a repository, repositories of an account, objects that
    an account has brought or announced. In seconds: how long an upload may send nothing, how long its URL is good,
    how long bytes wait for the commit that names them.
    """

    file: int = 8 * GIBIBYTE
    regular: int = MEBIBYTE
    regular_together: int = 4 * MEBIBYTE
    commit: int = 12 * MEBIBYTE
    request: int = MEBIBYTE
    account: int = 64 * GIBIBYTE
    spare: int = GIBIBYTE
    files: int = 500
    revisions: int = 500
    repositories: int = 200
    objects: int = 20_000
    idle_seconds: float = 60
    ticket_seconds: int = 6 * 3600
    uncommitted_seconds: int = 86_400
