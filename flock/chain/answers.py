"""What an endpoint means by an error: the same lack has another code and other words at every provider."""

import re
from enum import Enum, auto

ERROR_OF_A_REVERT = 3
HTTP_NO_METHOD = frozenset({404, 405, 501})
HTTP_BUSY = frozenset({429, 502, 503, 504})


class Meaning(Enum):
    """What an error asks of the caller."""

    BUSY = auto()  # a rate limit: ask again, later
    TRANSIENT = auto()  # the node does not know it yet: ask again, later
    TOO_SLOW = auto()  # the node ran out of time: ask again, or for less
    TOO_WIDE = auto()  # ask for fewer blocks or logs
    NO_STATE = auto()  # the node keeps no state of a block that old
    UNKNOWN_METHOD = auto()  # the node does not have the method, or the plan does not include it
    REVERTED = auto()  # a contract refused
    PERMANENT = auto()  # it will answer the same until somebody changes the request or the plan
    UNKNOWN = auto()  # nothing that is listed here


# Behind a load balancer the next node that is asked may keep the state that this one pruned.
WAITED_FOR = frozenset({Meaning.BUSY, Meaning.TRANSIENT, Meaning.TOO_SLOW, Meaning.NO_STATE})
LASTING = frozenset({Meaning.UNKNOWN_METHOD, Meaning.PERMANENT, Meaning.NO_STATE})
DISPENSABLE = frozenset({Meaning.UNKNOWN_METHOD, Meaning.PERMANENT})
"""With which a method that flock can do without is done without."""

# Words count more than codes, which providers share out as they like: -32005 is a rate limit as well as a range that
# is too wide. The first row that fits decides.
_WORDS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (Meaning.REVERTED, ("revert",)),
    # Behind a load balancer one node is a block behind another.
    (
        Meaning.TRANSIENT,
        ("beyond current head", "beyond the current head", "beyond latest", "after last accepted"),
    ),
    (
        Meaning.TOO_WIDE,
        (
            "block range",
            "blocks range",
            "range limit",
            "blocks distance",
            "range is too",
            "range too",
            "maximum range",
            "max range",
            "range exceeds",
            "exceeds the range",
            "exceed max",
            "exceeds max",
            "exceeds limit of",
            "exceeds the limit of",
            "ranges over",
            "limited to a ",
            "limited to 0 - ",
            "requested blocks",
            "more than 10000 results",
            "query returned more than",
            "too many logs",
            "too many results",
            "too many blocks",
            "logs limit",
            "max results",
            "response size",
            "response is too",
            "result is too",
            "query timeout",
            "try a smaller",
            "narrow",
        ),
    ),
    (
        Meaning.PERMANENT,
        (
            "api key",
            "api-key",
            "apikey",
            "unauthorized",
            "unauthorised",
            "authenticat",
            "forbidden",
            "invalid project id",
            "monthly",
            "out of credits",
            "payment required",
            "does not have access",
        ),
    ),
    (
        Meaning.BUSY,
        (
            "rate limit",
            "rate-limit",
            "ratelimit",
            "rate exceeded",
            "request limit",
            "requests limit",
            "too many requests",
            "too many connections",
            "compute units",
            "throughput",
            "capacity exceeded",
            "daily request count",
            "slow down",
            "server is busy",
            "/second",
            "/sec",
            "per second",
        ),
    ),
    (
        Meaning.NO_STATE,
        (
            "missing trie node",
            "historical state",
            "state not available",
            "state is not available",
            "state unavailable",
            "state available for block",
            "pruned",
            "pruning",
            "archive",
            "state histories",
            "old data",
        ),
    ),
    (
        Meaning.UNKNOWN_METHOD,
        (
            "method not found",
            "does not exist/is not available",
            "method not supported",
            "method is not supported",
            "unsupported method",
            "method not enabled",
            "method not available",
            "method is not available",
            "method is not whitelisted",
            "method not allowed",
            "is not supported",
            "not supported",
            "unsupported",
            "is disabled",
            "no such method",
            "not available on the free",
            "unknown method",
            "not implemented",
            "method handler not found",
        ),
    ),
    (Meaning.TOO_SLOW, ("timed out", "timeout", "deadline exceeded")),
    # Not every chain finalises: "finalized block not found" is an answer, not a delay.
    (Meaning.UNKNOWN, ("finalized", "safe block")),
    (
        Meaning.TRANSIENT,
        (
            "indexing",
            "header not found",
            "block not found",
            "cannot be found",
            "temporarily",
            "try again",
            "resource unavailable",
            "syncing",
        ),
    ),
)

_NO_METHOD = re.compile(r"\bmethod\b.{0,80}\b(not|unavailable|unknown)\b")

_CODES: dict[int, Meaning] = {
    -32015: Meaning.REVERTED,
    413: Meaning.TOO_WIDE,
    -32614: Meaning.TOO_WIDE,
    -32615: Meaning.TOO_WIDE,
    **dict.fromkeys((*HTTP_BUSY, -32005, -32007, -32016, -32029, -32090, -32097), Meaning.BUSY),
    **dict.fromkeys((-32601, -32604, -32004, *HTTP_NO_METHOD), Meaning.UNKNOWN_METHOD),
    **dict.fromkeys((401, 402, 403, -32600, -32602, -32700), Meaning.PERMANENT),
    **dict.fromkeys((-32001, -32002), Meaning.TRANSIENT),
    408: Meaning.TOO_SLOW,
}


def meaning_of(code: int, text: str) -> Meaning:
    """What the error with this code (an HTTP status too) and these words means."""
    if code == ERROR_OF_A_REVERT:  # its words are the contract's
        return Meaning.REVERTED
    said = text.lower()
    for meaning, words in _WORDS:
        if any(word in said for word in words):
            return meaning
    return Meaning.UNKNOWN_METHOD if _NO_METHOD.search(said) else _CODES.get(code, Meaning.UNKNOWN)


def error_fields(error: object) -> tuple[int, str, object]:
    """Code (0 if there is none), text and data of a response's error, whatever its shape."""
    fields = error if isinstance(error, dict) else {"message": error}
    code = fields.get("code")
    return code if isinstance(code, int) else 0, str(fields.get("message", "no message")), fields.get("data")
