"""Everybody is paid: what arrived at the splitters goes to their payees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.devnet.market.network import HOST, OWNER, REFINER, MarketNetwork, Sold
from flock.devnet.market.report import PayeeRow

if TYPE_CHECKING:
    from flock.chain.contracts.splitter import Splitter

NOBODY = "0x" + "00" * 20
"""As the host: the splitter of royalties."""
ROLES = ("treasury", "host", "owner", "parent")
"""By the number of the payee; the demo's versions have no other."""
OWNERS_NUMBER = 2


@dataclass(frozen=True)
class _Way:
    """Payments for a version by way of a host."""

    sold: Sold
    host: str

    @property
    def name(self) -> str:
        return _royalties(self.sold) if self.host == NOBODY else self.sold.model.name


def release_all(network: MarketNetwork, sold: Sequence[Sold]) -> tuple[list[PayeeRow], int]:
    """Pay out every splitter, children before the royalties of their parents; what is left in all, in wei."""
    ways = [_Way(each, host) for host in (network.host.address, NOBODY) for each in reversed(sold)]
    names = names_of(network, sold)
    rows = [row for way in ways for row in _released(network, way, names)]
    token = network.contracts.token
    return rows, sum(token.balance_of(_splitter(network, way).address) for way in ways)


def arrived(network: MarketNetwork, sold: Sold) -> int:
    """All that was ever paid for a version by way of the host, in wei, once it was released."""
    token, splitter = network.contracts.token, _splitter(network, _Way(sold, network.host.address))
    return int(splitter.read("released", token.address)) + token.balance_of(splitter.address)


def names_of(network: MarketNetwork, sold: Sequence[Sold]) -> Mapping[str, str]:
    """What accounts of the demo are called, by address."""
    people = {network.keys.unlocked(name).address: name for name in (HOST, OWNER, REFINER)}
    royalties = {_splitter(network, _Way(each, NOBODY)).address: _royalties(each) for each in sold}
    return {**people, **royalties, network.contracts.model_market.read("treasury"): "treasury"}


def _released(network: MarketNetwork, way: _Way, names: Mapping[str, str]) -> Iterator[PayeeRow]:
    market, token = network.contracts.model_market, network.contracts.token
    splitter = _splitter(network, way)
    if not token.balance_of(splitter.address):
        return

    def pay(number: int, account: str) -> PayeeRow:
        before = token.balance_of(account)
        market.release(network.devnet.bank, way.sold.version, way.host, token.address, number)
        return PayeeRow(way.name, ROLES[number], names[account], str(token.balance_of(account) - before))

    yield pay(OWNERS_NUMBER, market.owner_of(market.version_of(way.sold.version).model))  # which deploys it
    for number in range(splitter.payee_count()):
        account, due = splitter.releasable(token.address, number)
        if due:
            yield pay(number, account)


def _splitter(network: MarketNetwork, way: _Way) -> Splitter:
    return network.contracts.model_market.splitter_of(way.sold.version, way.host)


def _royalties(sold: Sold) -> str:
    return f"royalties of {sold.model.name}"
