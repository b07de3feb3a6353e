"""What pools yield, as people read it."""

from __future__ import annotations

PATIENCE_SECONDS = 2.0  # for what is good to know, but not needed


def yields_note(service: str, pool: tuple[str, int]) -> list[str]:
    """What the pool yields, if the service at hand says so."""
    from flock.alliance.client import AllianceClient
    from flock.errors import FlockError

    try:
        with AllianceClient(service, timeout_seconds=PATIENCE_SECONDS) as alliance:
            said = alliance.pool(*pool)
        return [
            f"It has yielded {percent(said['eapy_14'])} a year over 14 days, {percent(said['eapy_30'])} over 30."
        ]
    except (FlockError, KeyError, TypeError, ValueError):
        return ["What it yields is not known here; `flock delegate pools` computes it from the chain."]


def percent(fraction: float) -> str:
    """A yield; beyond a thousandfold nobody reads the digits."""
    return f"{fraction:.1%}" if fraction < 1000 else ">100,000%"
