"""Putting the contracts on a chain: in order, at addresses known beforehand, as often as one likes.

Every contract is made by CREATE2 through the canonical factory, so its address follows from its code and
its constructor's arguments. A deployment that was cut off carries on, a second one finds all done.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from eth_hash.auto import keccak
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from flock.chain.abi_codec import artifact, encode_arguments
from flock.chain.binding import Binding
from flock.chain.book import AddressBook
from flock.chain.client import Client
from flock.chain.sender import Receipt, Sender
from flock.errors import Misconfigured, NotDeployed

# https://github.com/Arachnid/deterministic-deployment-proxy
FACTORY = to_checksum_address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
SALT = keccak(b"flock/1")

GENESIS_SUPPLY = 100_000_000 * 10**18
SETTLER_ROLE = 1

# What only AllianceRounds may call.
SETTLER_FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "Staking": ("hold", "release", "slash"),
    "TaskManager": ("begin", "close", "pay"),
}

Progress = Callable[[str, ChecksumAddress, Receipt | None], None]


def silent(name: str, address: ChecksumAddress, receipt: Receipt | None) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Plan:
    """Who governs, who gets slashes and fees, who holds the first supply; ``token`` is an existing FLOCK."""

    admin: ChecksumAddress
    treasury: ChecksumAddress
    holder: ChecksumAddress
    genesis_supply: int = GENESIS_SUPPLY
    token: ChecksumAddress | None = None

    def creations(self) -> dict[str, "Creation"]:
        """The contracts in the order in which they are made; an existing token is not among them."""
        manager = Creation.of("AccessManager", self.admin)
        authority = manager.address
        token = Creation.of("FlockToken", authority, self.holder, self.genesis_supply)
        money = self.token or token.address
        staking = Creation.of("Staking", money, self.treasury, authority)
        tasks = Creation.of("TaskManager", money, self.treasury, authority)
        rounds = Creation.of("AllianceRounds", tasks.address, staking.address, authority)
        made = (manager, staking, tasks, rounds) if self.token else (manager, token, staking, tasks, rounds)
        return {creation.contract: creation for creation in made}

    def book(self, chain_id: int, deployed_block: int) -> AddressBook:
        """Where everything is once the plan is carried out."""
        made = {name: creation.address for name, creation in self.creations().items()}
        return AddressBook(
            chain_id=chain_id,
            access_manager=made["AccessManager"],
            token=self.token or made["FlockToken"],
            staking=made["Staking"],
            task_manager=made["TaskManager"],
            alliance_rounds=made["AllianceRounds"],
            treasury=self.treasury,
            deployed_block=deployed_block,
        )


@dataclass(frozen=True)
class Creation:
    """One contract to be: its creation code with the constructor's arguments, and its address."""

    contract: str
    code: bytes

    @classmethod
    def of(cls, contract: str, *arguments: object) -> "Creation":
        compiled = artifact(contract)
        return cls(contract, compiled.bytecode + encode_arguments(compiled.abi.constructor, arguments))

    @property
    def address(self) -> ChecksumAddress:
        """EIP-1014."""
        place = keccak(b"\xff" + bytes.fromhex(FACTORY[2:]) + SALT + keccak(self.code))
        return to_checksum_address(place[12:])


@dataclass(frozen=True)
class Verification:
    """Whether the code on chain is what this version of flock would put there."""

    contract: str
    address: ChecksumAddress
    is_there: bool
    matches: bool

    @property
    def verdict(self) -> str:
        """For people; a token may be one that was there before."""
        if self.matches:
            return "matches"
        if not self.is_there:
            return "no code there"
        return "another token" if self.contract == "FlockToken" else "differs"


class AccessManager(Binding):
    """OpenZeppelin's AccessManager, as far as deployment needs it."""

    contract = "AccessManager"

    def has_role(self, role: int, account: str) -> bool:
        return bool(self.read("hasRole", role, account)["is_member"])

    def function_role(self, target: str, selector: bytes) -> int:
        """The role that may call a function."""
        return int(self.read("getTargetFunctionRole", target, selector))

    def assign(self, sender: Sender, target: str, selectors: list[bytes], role: int) -> Receipt | None:
        """Reserve functions for a role; nothing is sent if they are."""
        if all(self.function_role(target, selector) == role for selector in selectors):
            return None
        key = self.fresh_key("assign_role")
        return self.write(sender, key, "setTargetFunctionRole", target, selectors, role)

    def grant(self, sender: Sender, role: int, account: str) -> Receipt | None:
        """Grant a role at once; nothing is sent if it is granted."""
        if self.has_role(role, account):
            return None
        return self.write(sender, self.fresh_key("grant_role"), "grantRole", role, account, 0)


def deploy(sender: Sender, plan: Plan, progress: Progress = silent) -> AddressBook:
    """Carry out ``plan``, or what is missing of it; returns where everything is.

    Raises:
        Misconfigured: the chain lacks the CREATE2 factory, or the sender is not the plan's admin.
        NotDeployed: the plan's existing token is not there.
    """
    client = sender.client
    _check(client, sender, plan)
    first = client.block_number()
    for name, creation in plan.creations().items():
        progress(name, creation.address, _create(sender, creation))
    book = plan.book(client.chain_id, first)
    for name, receipt in _grant_roles(sender, book):
        progress(name, book.access_manager, receipt)
    return book


def verify(client: Client, book: AddressBook) -> list[Verification]:
    """Compare the code on chain with what this version's creation code returns at the same address.

    Needs a node that lets eth_call override state, as geth, reth, Nethermind, Erigon and Anvil do.
    """
    manager, money = book.access_manager, book.token
    # Who was first administrator and holder is in the storage, not in the code.
    creations = {
        manager: Creation.of("AccessManager", book.treasury),
        money: Creation.of("FlockToken", manager, book.treasury, 0),
        book.staking: Creation.of("Staking", money, book.treasury, manager),
        book.task_manager: Creation.of("TaskManager", money, book.treasury, manager),
        book.alliance_rounds: Creation.of("AllianceRounds", book.task_manager, book.staking, manager),
    }
    return [_verify(client, creation, place) for place, creation in creations.items()]


def _check(client: Client, sender: Sender, plan: Plan) -> None:
    if not client.code(FACTORY):
        raise Misconfigured(
            f"Chain {client.chain_id} lacks the CREATE2 factory at {FACTORY}. Deploy it first "
            "(github.com/Arachnid/deterministic-deployment-proxy)."
        )
    if sender.address != plan.admin:
        raise Misconfigured(
            f"{sender.address} cannot deploy for {plan.admin}: only the administrator grants roles."
        )
    if plan.token and not client.code(plan.token):
        raise NotDeployed(f"There is no token at {plan.token} on chain {client.chain_id}. Check --token.")


def _create(sender: Sender, creation: Creation) -> Receipt | None:
    """Make one contract unless it is there."""
    if sender.client.code(creation.address):
        return None
    key = f"deploy_{creation.contract}:{creation.address}"
    receipt = sender.send(key, FACTORY, SALT + creation.code)
    if not sender.client.code(creation.address):
        raise NotDeployed(
            f"The factory made no {creation.contract} at {creation.address}; see {receipt.hash}."
        )
    return receipt


def _grant_roles(sender: Sender, book: AddressBook) -> Iterator[tuple[str, Receipt | None]]:
    manager = AccessManager(sender.client, book.access_manager)
    for contract, target in (("Staking", book.staking), ("TaskManager", book.task_manager)):
        functions = artifact(contract).abi.functions
        selectors = [functions[name].selector for name in SETTLER_FUNCTIONS[contract]]
        yield f"roles of {contract}", manager.assign(sender, target, selectors, SETTLER_ROLE)
    yield "role of AllianceRounds", manager.grant(sender, SETTLER_ROLE, book.alliance_rounds)


def _verify(client: Client, creation: Creation, place: ChecksumAddress | None = None) -> Verification:
    address = place or creation.address
    deployed = client.code(address)
    return Verification(
        creation.contract,
        address,
        bool(deployed),
        bool(deployed) and deployed == _runtime(client, creation, address),
    )


def _runtime(client: Client, creation: Creation, address: str) -> bytes:
    """What the creation code returns when it runs at ``address`` on empty storage."""
    override = {address: {"code": "0x" + creation.code.hex(), "state": {}}}
    request = {"to": address, "data": "0x"}
    return bytes.fromhex(client.rpc.request("eth_call", request, "latest", override)[2:])
