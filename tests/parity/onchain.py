"""The real contracts on Anvil, played with the same acts as the pure twin."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flock.chain.abi_codec import Item, artifact
from flock.chain.address_book import AddressBook
from flock.chain.client import Client
from flock.chain.rpc import RpcRefused
from flock.errors import ContractRefused
from flock.protocol.alliance.duties import Reveal
from flock.protocol.alliance.params import AllianceParameters, alliance_terms
from flock.protocol.alliance.round_end import Preimage
from flock.protocol.alliance.state import Block
from flock.protocol.core.hashing import ZERO, words
from flock.protocol.core.schedule import schedule
from tests.protocol.play import Act

GAS = hex(10_000_000)

STAKE_ACTS = {
    "lock": "lock",
    "redeem": "redeem",
    "allocate": "allocate",
    "deallocate": "deallocate",
    "set_operator": "setOperator",
    "extend": "extend",
    "poke": "poke",
}
POOL_ACTS = {
    "delegate_to": "delegateTo",
    "undelegate": "undelegate",
    "collect": "collect",
    "sync": "sync",
}
TASK_ACTS = {"fund": "fund", "cancel": "cancel", "withdraw_refund": "withdrawRefund"}
TREASURY_ACTS = {"pay_treasury": "TaskManager", "pay_treasury_of_stakes": "Staking"}
ROUND_ACTS = {"commit_vote": "commitVote", "reveal_votes": "revealVotes"}


@dataclass(frozen=True)
class Call:
    """One function of one contract with its arguments."""

    contract: str
    function: str
    arguments: tuple[object, ...]

    @property
    def item(self) -> Item:
        return artifact(self.contract).abi.functions[self.function]


class OnChain:
    """The deployed contracts as seen by Anvil's own accounts, whose keys it holds."""

    def __init__(self, client: Client, book: AddressBook) -> None:
        self.client = client
        self.book = book
        self.accounts: list[str] = client.rpc.request("eth_accounts")
        self._impersonated: list[str] = []
        self._places = {
            "Staking": book.staking,
            "TaskManager": book.task_manager,
            "AllianceRounds": book.alliance_rounds,
            "FlockToken": book.token,
        }

    def head(self) -> Block:
        """The latest block."""
        latest = self.client.head()
        return Block(latest.number, latest.timestamp)

    def block_hash(self, number: int) -> bytes:
        """The hash of a block; zeros if there is none yet."""
        if number > self.client.block_number():
            return bytes(32)
        return bytes.fromhex(self.client.block(number).hash[2:])

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens to the chain in this block is taken back at its end."""
        before = self.client.rpc.request("evm_snapshot")
        try:
            yield
        finally:
            self.client.rpc.request("evm_revert", before)
            while self._impersonated:
                self.client.rpc.request("anvil_stopImpersonatingAccount", self._impersonated.pop())

    def impersonate(self, account: str) -> None:
        """Let an account whose key nobody has send transactions, until what happens is taken back."""
        self._impersonated.append(account)
        self.client.rpc.request("anvil_impersonateAccount", account)
        self.client.rpc.request("anvil_setBalance", account, hex(10**20))

    def mine(self, blocks: int) -> None:
        """Mine empty blocks a second apart."""
        self.client.rpc.request("anvil_mine", hex(blocks), "0x1")

    def create(self, creator: str, terms: AllianceParameters, bounty: int, time: int) -> int:
        """Make a task; returns its id."""
        task = (self.book.alliance_rounds, *schedule(terms), ZERO, bounty)
        arguments = (task, words(*alliance_terms(terms)))
        error = self.send(creator, Call("TaskManager", "create", arguments), time)
        assert error == "", error
        return int(self.read(Call("TaskManager", "taskCount", ())))

    def act(self, act: Act, task: int, time: int) -> str:
        """Do an act in a block of this time; returns the name of the error that refused it, or nothing."""
        return self.send(act.caller, call_for(act, task), time)

    def send(self, caller: str, call: Call, time: int) -> str:
        """Send one transaction in a block of its own, mined even when it reverts."""
        to, data = self._places[call.contract], call.item.encode(*call.arguments)
        self.client.rpc.request("evm_setNextBlockTimestamp", hex(time))
        request = {"from": caller, "to": to, "data": "0x" + data.hex(), "gas": GAS}
        receipt = self.client.rpc.request("eth_sendTransactionSync", request)
        if int(receipt["status"], 16):
            return ""
        return self._reason(to, data, caller, int(receipt["blockNumber"], 16))

    def read(self, call: Call) -> Any:
        """What a view returns now."""
        return self.read_all([call])[0]

    def read_all(self, calls: Sequence[Call]) -> list[Any]:
        """What many views return in the latest block, in one request."""
        block = hex(self.client.block_number())
        requests = [
            (
                "eth_call",
                [{"to": self._places[c.contract], "data": "0x" + c.item.encode(*c.arguments).hex()}, block],
            )
            for c in calls
        ]
        answers = self.client.rpc.batch(requests)
        return [_decoded(call, answer) for call, answer in zip(calls, answers, strict=True)]

    def events(self, name: str) -> list[dict[str, Any]]:
        """The arguments of AllianceRounds' events of one name in the latest block."""
        known = artifact("AllianceRounds").abi.events
        head = self.client.block_number()
        logs = self.client.logs([self.book.alliance_rounds], head, head)
        found = [(known[log.topics[0]], log) for log in logs]
        return [event.decode_log(log.topics, log.data) for event, log in found if event.name == name]

    def _reason(self, to: str, data: bytes, caller: str, block: int) -> str:
        """The error of a reverted transaction: nothing has changed, so calling again tells."""
        try:
            self.client.call(to, data, sender=caller, block=block)
        except ContractRefused as refused:
            return refused.error
        raise AssertionError(f"a transaction failed in block {block}, but not when called again")


def call_for(act: Act, task: int) -> Call:
    """The contract call an act is."""
    if act.name in STAKE_ACTS:
        on_task = (task,) if act.name in ("allocate", "deallocate") else ()
        return Call("Staking", STAKE_ACTS[act.name], (*on_task, *act.arguments))
    if act.name == "set_pool":
        return Call("Staking", "setPool", (task, *act.arguments))
    if act.name in POOL_ACTS:
        return Call("Staking", POOL_ACTS[act.name], _with_task(task, act.arguments))
    if act.name in TASK_ACTS:
        return Call("TaskManager", TASK_ACTS[act.name], (task, *act.arguments))
    if act.name in TREASURY_ACTS:
        return Call(TREASURY_ACTS[act.name], "payTreasury", ())
    proof = ([],) if act.name == "join" else ()
    arguments = [value for given in act.arguments for value in _plain(given)]
    return Call("AllianceRounds", ROUND_ACTS.get(act.name, act.name), (task, *arguments, *proof))


def _with_task(task: int, arguments: tuple[object, ...]) -> tuple[object, ...]:
    """The task comes after the accounts and before an amount."""
    accounts = tuple(each for each in arguments if isinstance(each, str))
    return (*accounts, task, *arguments[len(accounts) :])


def _plain(value: object) -> tuple[object, ...]:
    if isinstance(value, Preimage):
        return (value.candidate, value.harmful, value.rewarded)
    if isinstance(value, tuple):
        return ([_reveal(reveal) for reveal in value],)
    return (value,)


def _reveal(reveal: Reveal) -> tuple[object, ...]:
    vote = reveal.vote
    return (reveal.seat, vote.candidate, vote.harmful, vote.rewarded, vote.supports, reveal.salt)


def _decoded(call: Call, answer: object) -> Any:
    if isinstance(answer, RpcRefused):
        raise answer
    return call.item.decode_outputs(bytes.fromhex(str(answer)[2:]))


def lower(accounts: Sequence[str]) -> list[str]:
    """Accounts in the one spelling that comparisons use."""
    return [account.lower() for account in accounts]
