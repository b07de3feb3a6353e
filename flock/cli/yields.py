"""Pool yields, formatted for people."""

from __future__ import annotations

PATIENCE_SECONDS = 2.0  # for optional information


def yields_note(service: str, pool: tuple[str, int]) -> list[str]:
    """The pool's yield, if the configured service knows it."""
    from flock.alliance.client import AllianceClient
    from flock.errors import FlockError

    try:
        with AllianceClient(service, timeout_seconds=PATIENCE_SECONDS) as alliance:
            said = alliance.pool(*pool)
        return [
            f"It has yielded {percent(said['eapy_14'])} a year over 14 days, {percent(said['eapy_30'])} over 30."
        ]
    except (FlockError, KeyError, TypeError, ValueError):
        return ["Its yield is not known here; `flock delegate pools` computes it from the chain."]


def percent(fraction: float) -> str:
    """A yield; without digits beyond a thousandfold."""
    return f"{fraction:.1%}" if fraction < 1000 else ">100,000%"
