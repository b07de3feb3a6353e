"""A plan: what an account is about to do, what that will change and cost, and the doing of it.

Making a plan reads the chain and sends nothing. ``preview`` rehearses it; ``unsigned`` gives the transactions to
whoever signs them elsewhere; ``send`` signs and sends them.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from flock.amounts import short
from flock.chain.abi_codec import snake
from flock.chain.sending.fees import FREE, Cost, estimate
from flock.chain.simulation import PlannedCall, Simulation, View, read_all, simulate
from flock.economy.governance.effect_text import call_text
from flock.economy.governance.effects import Effect
from flock.economy.governance.texts import place_name
from flock.economy.operations.fields import Fields
from flock.errors import BadKey

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Receipt, Sender

UNNAMED = "…"
# Of what the simulation burned: a refund, a fifth at most, comes back only at the end, and a called contract is left
# no more than 63/64 of what its caller has.
GAS_NUMERATOR, GAS_DENOMINATOR = 3, 2


@dataclass(frozen=True)
class Names:
    """What the reader calls accounts; ``key`` is how the account that signs is named on a command line."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, account: str) -> str:
        """Its name, or the address itself."""
        return self.known.get(account, account)

    def key(self, account: str) -> str:
        """Its name, or … for the reader to fill in."""
        return self.known.get(account, UNNAMED)


NO_NAMES = Names()


@dataclass(frozen=True)
class Preview:
    """What a plan would do, and cost.

    ``balance`` is the account's, in wei of ETH; ``gas`` is what each call burns. ``after``, ``cost`` and ``gas`` are
    None where the endpoint cannot simulate.
    """

    before: Fields
    after: Fields | None
    cost: Cost | None
    balance: int
    gas: tuple[int, ...] | None

    @property
    def is_idle(self) -> bool:
        """Whether all that is watched would stay as it is."""
        return self.after == self.before


@dataclass(frozen=True)
class UnsignedTransaction:
    """A transaction for its ``sender`` to sign elsewhere: ``data`` to ``to``, with ``value`` wei of ETH.

    ``does`` says in a sentence what for. ``gas`` is a limit with a margin; None where the endpoint cannot simulate.
    """

    does: str
    sender: str
    to: str
    data: bytes
    value: int
    gas: int | None
    chain_id: int

    @property
    def sendable(self) -> dict[str, str | None]:
        """As eth_sendTransaction takes it, quantities in hex."""
        return {
            "from": self.sender,
            "to": self.to,
            "data": "0x" + self.data.hex(),
            "value": hex(self.value),
            "gas": None if self.gas is None else hex(self.gas),
            "chainId": hex(self.chain_id),
        }


@dataclass(frozen=True)
class Plan:
    """Transactions of one account, and what to watch while they happen.

    ``fields`` makes of what ``views`` say the lines that people see; ``next`` is the command that they may want then.
    ``told`` is for programs, beside the fields; ``effects`` are what a proposal changes.
    """

    contracts: Contracts
    account: str
    title: str
    calls: Sequence[PlannedCall]
    views: Sequence[View]
    fields: Callable[[Sequence[Any]], Fields]
    next: str = ""
    notes: Sequence[str] = ()
    told: Mapping[str, object] = field(default_factory=dict)
    effects: Sequence[Effect] = ()

    def preview(self) -> Preview:
        """Rehearse it. Raises ContractRefused if the chain would refuse it, and RpcUnavailable."""
        client = self.contracts.client
        simulation = simulate(client, self.account, self.calls, self.views)
        after = None if simulation.after is None else self.fields(simulation.after)
        cost, balance = self._cost(simulation), client.balance(self.account)
        return Preview(self.fields(simulation.before), after, cost, balance, simulation.gas)

    def unsigned(self, preview: Preview | None = None) -> tuple[UnsignedTransaction, ...]:
        """The transactions, in the order in which they must be sent; rehearsed unless ``preview`` is at hand.

        Raises ContractRefused if the chain would refuse them, and RpcUnavailable.
        """
        burned = (preview or self.preview()).gas
        limits = burned and [gas * GAS_NUMERATOR // GAS_DENOMINATOR for gas in burned]
        return tuple(
            UnsignedTransaction(
                self._does(call),
                self.account,
                call.binding.address,
                call.data,
                0,
                limits[number] if limits else None,
                self.contracts.chain_id,
            )
            for number, call in enumerate(self.calls)
        )

    def send(self, key: LocalAccount) -> tuple[Receipt, ...]:
        """Sign with ``key``, send, and wait until all is mined; what is sent is remembered only while this runs.

        Raises BadKey for another account's key, ContractRefused, NoFunds and RpcUnavailable.
        """
        from flock.chain.sending.sender import open_sender
        from flock.store.database import migrate, open_database

        if key.address != self.account:
            raise BadKey(f"This is a plan of {self.account}; the key of {key.address} cannot sign it.")
        with TemporaryDirectory() as folder:
            memory = open_database(f"{folder}/flock.db")
            try:
                migrate(memory)
                return self.send_by(open_sender(self.contracts.client, key, memory))
            finally:
                memory.close()

    def send_by(self, sender: Sender) -> tuple[Receipt, ...]:
        """As ``send``, through a sender that keeps its journal; carries on with what was cut off of the same plan."""
        return tuple(
            sender.send(
                sender.unfinished_key(call.binding.address, call.data)
                or call.binding.fresh_key(snake(call.function)),
                call.binding.address,
                call.data,
            )
            for call in self.calls
        )

    def now(self) -> Fields:
        """What is watched, as it stands now. Raises RpcUnavailable."""
        return self.fields(read_all(self.contracts.client, self.views))

    def _cost(self, simulation: Simulation) -> Cost | None:
        if simulation.gas is None:
            return None
        cost = FREE
        for call, gas in zip(self.calls, simulation.gas, strict=True):
            cost += estimate(self.contracts.client, self.account, call.binding.address, call.data, gas=gas)
        return cost

    def _does(self, call: PlannedCall) -> str:
        if call.function == "approve" and call.binding.address == self.contracts.token.address:
            spender, wei = call.arguments
            name = place_name(self.contracts.book, str(spender))
            return f"Let {name} take {short(int(str(wei)))} FLOCK of {self.account}."
        others = [each for each in self.calls if each.function != "approve"]
        if len(others) == 1:
            return f"{self.title}."
        return f"{self.title}: {call_text(self.contracts, call.binding.address, call.data)}."


def command(*words: object) -> str:
    """A command line for a shell; … stands for what the reader has to say."""
    return " ".join(word if word == UNNAMED else shlex.quote(word) for word in ("flock", *map(str, words)))
