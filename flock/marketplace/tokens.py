"""What amounts in a token are written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flock.amounts import DECIMALS, MOST, Notation, tokens
from flock.chain.addresses import parse_address
from flock.chain.contracts.token import Token
from flock.chain.simulation import View, read_all
from flock.economy.operations import fields
from flock.economy.operations.fields import Field
from flock.errors import BadConfig

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts

FLOCK = "FLOCK"
LONGEST_SYMBOL = 12


@dataclass(frozen=True)
class TokenUnit:
    """A token and how its amounts are written: ``decimals`` places, with ``symbol`` behind them."""

    address: str
    symbol: str
    decimals: int

    def parse(self, written: str, what: str) -> int:
        """An amount in the smallest unit. Raises BadConfig, calling it ``what``."""
        return Notation("an amount", self.decimals, MOST, "2400 or 0.5").of(written, what)

    def text(self, units: int) -> str:
        """An amount for people."""
        return f"{tokens(units, self.decimals)} {self.symbol}"

    def field(self, label: str, units: int) -> Field:
        """An amount that a plan watches."""
        return fields.flock(label, units) if self.symbol == FLOCK else fields.text(label, self.text(units))


def token_of(contracts: Contracts, named: str) -> TokenUnit:
    """The token called FLOCK, or at this address. Raises BadConfig for anything else."""
    if named.upper() == FLOCK or named == contracts.token.address:
        return TokenUnit(contracts.token.address, FLOCK, DECIMALS)
    try:
        address = parse_address(named)
    except ValueError as problem:
        raise BadConfig(f"--token is {named!r}: {problem}. Write FLOCK, or the address of a token.") from None
    if not contracts.client.code(address):
        raise BadConfig(f"--token is {named}, where chain {contracts.chain_id} has no contract.")
    token = Token(contracts.client, address)
    decimals, symbol = read_all(contracts.client, [View(token, "decimals"), View(token, "symbol")])
    return TokenUnit(address, _plain(symbol, address), int(decimals))


def _plain(symbol: str, address: str) -> str:
    """What a token calls itself, unless that is another's name or would trouble a terminal."""
    is_plain = symbol.isascii() and symbol.isprintable() and 0 < len(symbol) <= LONGEST_SYMBOL
    return symbol if is_plain and symbol.upper() != FLOCK else f"units of {address}"
