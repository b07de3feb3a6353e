"""All contracts of one deployment."""

from dataclasses import asdict

from web3.contract import Contract

from flock.chain.abi_codec import artifact
from flock.chain.address_book import CONTRACT_FIELDS, AddressBook
from flock.chain.client import Client
from flock.chain.contracts.alliance_rounds import AllianceRounds
from flock.chain.contracts.arena_board import ArenaBoard
from flock.chain.contracts.arena_panels import ArenaPanels
from flock.chain.contracts.board import Board
from flock.chain.contracts.distributor import Distributor
from flock.chain.contracts.emissions import Emissions
from flock.chain.contracts.feedback_roots import FeedbackRoots
from flock.chain.contracts.governor import Governor
from flock.chain.contracts.host_bonds import HostBonds
from flock.chain.contracts.host_tills import HostTills
from flock.chain.contracts.model_market import ModelMarket
from flock.chain.contracts.settlement import Settlement
from flock.chain.contracts.staking import Staking
from flock.chain.contracts.subscriptions import Subscriptions
from flock.chain.contracts.task_manager import TaskManager
from flock.chain.contracts.timelock import Timelock
from flock.chain.contracts.token import Token
from flock.chain.contracts.vesting import Vesting
from flock.errors import BadConfig, NotDeployed, RpcUnavailable, UnknownTask
from flock.protocol.core.commitments import Domain

NOT_CONTRACTS = ("chain_id", "deployed_block", "treasury", "guardian")


class Contracts:
    """The bindings of the contracts in ``book``. Raises NotDeployed if one of them is not there."""

    def __init__(self, client: Client, book: AddressBook) -> None:
        self.client = client
        self.book = book
        self.chain_id = client.chain_id
        require_deployed(client, book)
        self.token = Token(client, book.token)
        self.staking = Staking(client, book.staking)
        self.task_manager = TaskManager(client, book.task_manager, book.alliance_rounds)
        self.alliance_rounds = AllianceRounds(client, book.alliance_rounds)
        self.arena_board = ArenaBoard(client, book.arena_board)
        self.arena_panels = ArenaPanels(client, book.arena_panels)
        self.vesting = Vesting(client, book.vesting)
        self.distributor = Distributor(client, book.distributor)
        self.settlement = Settlement(client, book.settlement)
        self.emissions = Emissions(client, book.emissions)
        self.timelock = Timelock(client, book.timelock)
        self.governor = Governor(client, book.governor)
        self.model_market = ModelMarket(client, book.model_market)
        self.host_bonds = HostBonds(client, book.host_bonds)
        self.host_tills = HostTills(client, book.host_tills)
        self.subscriptions = Subscriptions(client, book.subscriptions)
        self.feedback_roots = FeedbackRoots(client, book.feedback_roots)

    def board_of(self, task: int) -> Board:
        """The contract that runs a task. Raises UnknownTask for none, or for one of a board that is not ours."""
        found = self.task_manager.task_of(task)
        for board in (self.alliance_rounds, self.arena_board):
            if found.exists and found.board == board.address:
                return board
        raise UnknownTask(f"Chain {self.chain_id} knows no task {task} of an Alliance or an Arena.")

    @property
    def deployment(self) -> str:
        """Tells this deployment from every other: chain, genesis and TaskManager."""
        return f"{self.client.identity}-{self.task_manager.address}"

    @property
    def deployment_domain(self) -> Domain:
        """Where what is signed off the chain counts: sign-in, uploads, attested node keys. One for all products."""
        return Domain(self.chain_id, self.task_manager.address)

    def contract(self, name: str) -> Contract:
        """A contract as web3.py has it, by its name in Solidity, such as "Staking". Raises BadConfig for others."""
        if name not in CONTRACT_FIELDS:
            raise BadConfig(f"There is no contract {name!r}. Name one of {', '.join(CONTRACT_FIELDS)}.")
        return self.client.w3.eth.contract(self.book.place_of(name), abi=artifact(name).abi.entries)


def missing_contracts(client: Client, book: AddressBook) -> list[str]:
    """The names in ``book`` whose addresses have no code."""
    places = {name: place for name, place in asdict(book).items() if name not in NOT_CONTRACTS}
    codes = client.rpc.batch([("eth_getCode", [place, "latest"]) for place in places.values()])
    for code in codes:
        if isinstance(code, RpcUnavailable):
            raise code
    return [name for name, code in zip(places, codes, strict=True) if code == "0x"]


def require_deployed(client: Client, book: AddressBook) -> None:
    missing = missing_contracts(client, book)
    if missing:
        raise NotDeployed(
            f"On chain {client.chain_id} there is no code for {', '.join(missing)} where the address book "
            "says. Deploy with `flock chain deploy`, or name the right book with FLOCK_ADDRESSES."
        )
