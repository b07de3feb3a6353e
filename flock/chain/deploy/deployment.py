"""Deploying the contracts in order, at deterministic addresses, repeatably.

Every contract is made by CREATE2 through the canonical factory, so its address follows from its code, its
constructor's arguments and the plan. An interrupted deployment can be resumed, and repeating a complete one
does nothing. At the end the Timelock holds every right and the deployer none.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_typing import ChecksumAddress

from flock.chain.abi_codec import artifact
from flock.chain.address_book import CONTRACT_FIELDS, NOBODY, AddressBook
from flock.chain.client import Client
from flock.chain.contracts.access import AccessManager
from flock.chain.contracts.task_manager import TaskManager
from flock.chain.contracts.timelock import Timelock, grants
from flock.chain.deploy.create2 import FACTORY, Create2
from flock.chain.deploy.x402 import BATCH_SETTLEMENT
from flock.chain.sending.sender import Receipt, Sender
from flock.errors import Misconfigured, NotDeployed
from flock.protocol.core.units import DAY, WAD

GENESIS_SUPPLY = 100_000_000 * WAD
DAILY_BUDGET = 50_000 * WAD

# As FlockGovernor and FlockTimelock have them; a test compares.
GOVERNANCE_BOUNDS: Mapping[str, tuple[int, int]] = {
    "voting_delay": (DAY // 24, 14 * DAY),
    "voting_period": (DAY, 7 * DAY),
    "proposal_threshold": (WAD, 10_000_000 * WAD),
    "quorum_percent": (1, 30),
    "timelock_delay": (DAY, 30 * DAY),
}

Step = tuple[str, ChecksumAddress, Receipt | None]
Progress = Callable[[str, ChecksumAddress, Receipt | None], None]


def silent(name: str, address: ChecksumAddress, receipt: Receipt | None) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class GovernanceTerms:
    """Initial governance settings: times in seconds, the threshold in gmFLOCK, the quorum in percent of all votes."""

    voting_delay: int = DAY
    voting_period: int = 5 * DAY
    proposal_threshold: int = 100_000 * WAD
    quorum_percent: int = 4
    timelock_delay: int = 2 * DAY

    def problems(self) -> Iterator[str]:
        """One sentence for each number that the contracts would refuse."""
        for name, (least, most) in GOVERNANCE_BOUNDS.items():
            number = getattr(self, name)
            if not least <= number <= most:
                yield f"{name} is {number}; choose {least} to {most}."


@dataclass(frozen=True)
class DeploymentPlan:
    """What to deploy, who deploys it, and who gets which role.

    ``admin`` deploys and keeps no role. ``treasury`` gets slashes and fees; the Timelock if it is None.
    ``holder`` gets ``genesis_supply`` wei of a new FLOCK; ``token`` is an existing one instead. ``guardian`` may
    pause entry points, disable a root in its window and cancel proposals; nobody can if it is None.
    ``daily_budget`` (wei) is the initial budget of Emissions.
    """

    admin: ChecksumAddress
    treasury: ChecksumAddress | None
    holder: ChecksumAddress
    genesis_supply: int = GENESIS_SUPPLY
    token: ChecksumAddress | None = None
    guardian: ChecksumAddress | None = None
    governance: GovernanceTerms = GovernanceTerms()
    daily_budget: int = DAILY_BUDGET

    @property
    def mints(self) -> bool:
        """Whether Emissions mints; an existing token's comes from what Emissions holds."""
        return self.token is None

    def values(self) -> dict[str, object]:
        """What constructors are given, by name; without the treasury where it is the Timelock, yet to be made."""
        given: dict[str, object] = {
            "admin": self.admin,
            "holder": self.holder,
            "genesis_supply": self.genesis_supply,
            "guardian": self.guardian or NOBODY,
            "mints": self.mints,
            "daily_budget": self.daily_budget,
            "no proposers": [],
            "anybody": [NOBODY],
            "batch_settlement": BATCH_SETTLEMENT,
            **asdict(self.governance),
        }
        chosen = {"treasury": self.treasury, "FlockToken": self.token}
        return given | {name: place for name, place in chosen.items() if place}

    @property
    def salt(self) -> bytes:
        """Two plans that differ in anything share no contract: who governs one governs nothing of the other."""
        who = [self.admin, self.treasury, self.holder, self.token, self.guardian]
        numbers = [self.genesis_supply, self.daily_budget, *asdict(self.governance).values()]
        kinds = ["address"] * len(who) + ["uint256"] * len(numbers)
        return bytes(keccak(b"flock/3" + encode(kinds, [each or NOBODY for each in who] + numbers)))

    def creations(self) -> dict[str, Create2]:
        """Contracts and libraries in the order in which they are made; an existing token is not among them."""
        known = self.values()
        made: dict[str, Create2] = {}
        for contract in CONSTRUCTORS:
            if contract not in known:
                made[contract] = creation_of(contract, self.salt, known)
                known[contract] = made[contract].address
            if contract == "FlockTimelock":
                known.setdefault("treasury", known[contract])
        return made

    def book(self, chain_id: int, deployed_block: int) -> AddressBook:
        """Where everything is once the plan is carried out."""
        made = {name: creation.address for name, creation in self.creations().items()}
        if self.token:
            made["FlockToken"] = self.token
        return AddressBook(
            chain_id=chain_id,
            deployed_block=deployed_block,
            treasury=self.treasury or made["FlockTimelock"],
            guardian=self.guardian or NOBODY,
            **{field: made[contract] for contract, field in CONTRACT_FIELDS.items()},
        )


# In the order of making: contract → its constructor's arguments, by name: contracts made before it, and values.
CONSTRUCTORS: Mapping[str, tuple[str, ...]] = {
    "AccessManager": ("admin",),
    "FlockTimelock": ("timelock_delay", "no proposers", "anybody", "admin"),
    "FlockToken": ("AccessManager", "holder", "genesis_supply"),
    "TaskManager": ("FlockToken", "treasury", "AccessManager"),
    "Staking": ("FlockToken", "TaskManager", "treasury", "AccessManager"),
    "AllianceOpening": (),
    "AllianceRounds": ("TaskManager", "Staking"),
    "Vesting": ("FlockToken", "AccessManager"),
    "RewardDistributor": ("FlockToken", "Vesting", "AccessManager"),
    "Emissions": (
        *("FlockToken", "RewardDistributor", "TaskManager", "Staking", "AccessManager"),
        *("mints", "daily_budget"),
    ),
    "Ranking": (),
    "ArenaOpening": (),
    "ArenaViews": (),
    "ArenaClosing": (),
    "ArenaPanels": ("TaskManager", "Staking"),
    "ArenaBoard": ("TaskManager", "Staking", "Emissions", "ArenaPanels", "AccessManager"),
    "Settlement": ("FlockToken", "RewardDistributor", "Emissions", "treasury", "AccessManager"),
    "HostBonds": ("TaskManager", "Staking", "AccessManager"),
    "Splitter": (),
    "Makers": (),
    "ModelMarket": (
        *("TaskManager", "HostBonds", "Splitter", "Makers"),
        *("FlockToken", "treasury", "AccessManager"),
    ),
    "Till": (),
    "HostTills": ("ModelMarket", "Till", "batch_settlement"),
    "Subscriptions": ("ModelMarket",),
    "FeedbackRoots": ("HostBonds",),
    "FlockGovernor": (
        *("Staking", "FlockTimelock", "guardian"),
        *("voting_delay", "voting_period", "proposal_threshold", "quorum_percent"),
    ),
}


# Contract → the libraries that its code calls, which are made before it. They have no state and belong to nobody, so
# all deployments share them: where one is follows from its code alone.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "AllianceRounds": ("AllianceOpening",),
    "ArenaBoard": ("ArenaOpening", "ArenaViews", "ArenaClosing", "Ranking"),
}
LIBRARY_SALT = bytes(32)
# Code that clones point at: it has no state of its own either.
CLONED = ("Splitter", "Makers", "Till")


def creation_of(contract: str, salt: bytes, known: Mapping[str, object]) -> Create2:
    """The creation of a contract whose constructor's arguments and libraries are all ``known``."""
    if contract in CLONED or any(contract in libraries for libraries in LIBRARIES.values()):
        salt = LIBRARY_SALT
    libraries = {name: str(known[name]) for name in LIBRARIES.get(contract, ())}
    return Create2.of(salt, contract, *(known[name] for name in CONSTRUCTORS[contract]), libraries=libraries)


@dataclass(frozen=True)
class DeploymentCheck:
    """Whether the code on chain is what this version of flock would deploy."""

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


def deploy(sender: Sender, plan: DeploymentPlan, progress: Progress = silent) -> AddressBook:
    """Carry out ``plan``, or the missing part of it; returns the addresses.

    Raises:
        Misconfigured: the chain lacks the CREATE2 factory, or the sender is not the plan's admin.
        NotDeployed: the plan's existing token is not there.
    """
    client = sender.client
    _check(client, sender, plan)
    first = client.block_number()
    for name, creation in plan.creations().items():
        progress(name, creation.address, creation.create(sender))
    book = plan.book(client.chain_id, first)
    for step in _hand_over(sender, book, mints=plan.mints):
        progress(*step)
    return book


def verify(client: Client, book: AddressBook) -> list[DeploymentCheck]:
    """Compare the code on chain with what this version's creation code returns at the same address.

    Needs a node that lets eth_call override state, as geth, reth, Nethermind, Erigon and Anvil do.
    """
    places = {contract: _place_of(book, contract) for contract in CONSTRUCTORS}
    # Who was first administrator, holder or guardian, and all numbers, are in the storage, not in the code.
    token = None if _mints(client, book) else book.token
    plan = DeploymentPlan(book.timelock, book.treasury, book.timelock, genesis_supply=0, token=token)
    known = plan.values() | places
    expected: dict[str, bytes] = {}
    for contract, place in places.items():
        expected[place] = creation_of(contract, plan.salt, known).runtime_at(client, place, expected)
    return [_verify(client, contract, place, expected[place]) for contract, place in places.items()]


def _place_of(book: AddressBook, contract: str) -> ChecksumAddress:
    """Where a contract is, or a library, which is not in the book."""
    if contract in CONTRACT_FIELDS:
        return book.place_of(contract)
    return creation_of(contract, LIBRARY_SALT, {}).address


def _hand_over(sender: Sender, book: AddressBook, *, mints: bool) -> Iterator[Step]:
    """Grant every role to its holder; the deployer renounces its own last."""
    manager = AccessManager(sender.client, book.access_manager)
    timelock, tasks = Timelock(sender.client, book.timelock), TaskManager(sender.client, book.task_manager)
    yield "roles", manager.address, manager.set_up(sender, book, mints=mints)
    yield "Alliances may be made", tasks.address, _register(sender, tasks, book.alliance_rounds)
    yield "Arenas may be made", tasks.address, _register(sender, tasks, book.arena_board)
    yield "hosts may be bonded", tasks.address, _register(sender, tasks, book.host_bonds)
    for name, role, account in grants(book):
        yield name, timelock.address, timelock.grant(sender, role, account)
    yield "Timelock governs itself", timelock.address, timelock.renounce(sender)
    yield "Timelock governs all", manager.address, manager.renounce(sender)


def _register(sender: Sender, tasks: TaskManager, board: str) -> Receipt | None:
    """Let tasks name ``board``; nothing is sent if they may. After the hand-over that is governance's to change."""
    if tasks.read("isBoard", board):
        return None
    return tasks.write(sender, tasks.fresh_key("set_board"), "setBoard", board, True)


def _check(client: Client, sender: Sender, plan: DeploymentPlan) -> None:
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


def _mints(client: Client, book: AddressBook) -> bool:
    """Whether Emissions mints, from its code on chain; as for a new token if it is not deployed."""
    mints = artifact("Emissions").abi.functions["mints"]
    answer = client.call(book.emissions, mints.encode())
    return bool(mints.decode_outputs(answer)) if answer else True


def _verify(client: Client, contract: str, address: ChecksumAddress, expected: bytes) -> DeploymentCheck:
    deployed = client.code(address)
    return DeploymentCheck(contract, address, bool(deployed), deployed == expected)
