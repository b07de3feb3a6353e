"""A task with members' nodes in this process, on a real chain and a real service."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount
from flwr.clientapp import ClientApp

from flock.alliance.client import AllianceClient
from flock.alliance.keeper import due_push, push
from flock.alliance.product import AllianceProduct
from flock.chain.contracts.alliance_rounds import FinalisedRound, RoundView
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.node.context import NodeContext, RoundWatch, Wallet
from flock.node.duties import MemberDuties
from flock.node.memory import NodeMemory
from flock.node.steps.attest import Attest
from flock.node.steps.enrol import Enrol
from flock.node.steps.publish import Publish
from flock.node.steps.reveal_vote import RevealVote, ServeCandidate
from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.cid import cid_of, digest_of
from flock.protocol.core.commitments import Domain, proposal_commitment
from flock.protocol.core.units import WAD, Gm, Wei
from flock.service.app import Operation, build
from flock.store.blobs import DiskBlobs
from flock.store.database import Database
from flock.store.http_blobs import HttpBlobs
from flock.store.key_value import KeyValueStore
from flock.store.uploads import Uploader
from flock.training.app import AppRunner
from flock.training.arrays import Arrays, encode_model
from flock.web.uploads import Limits
from tests.conftest import SenderOf, fresh_database
from tests.node.member_app import START, app
from tests.web.conftest import serve_in_thread

PROPOSERS, VOTERS = 3, 3
PHASE_SECONDS = 600
STAKE = 100 * WAD
MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Member:
    """A node without its loop: the test says which step runs when."""

    context: NodeContext
    duties: MemberDuties

    @property
    def account(self) -> str:
        return self.context.wallet.owner

    def enrol(self) -> bool:
        return Enrol(self.context, STAKE, 30, [])()

    def promised(self) -> bytes:
        """The bytes this proposer keeps for the open round."""
        cid = self.context.memory.proposed_update(self.context.watch.view().number)
        assert cid is not None
        return self.context.local.get(cid, MAX_BYTES)


@dataclass
class Arena:
    """One task of three proposers and three voters. Rounds are played step by step."""

    contracts: Contracts
    service: str
    rows: Database
    database: Database
    task: int
    keeper: Sender
    sender_of: SenderOf
    folder: Path
    clients: ExitStack
    app: ClientApp = app
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def view(self) -> RoundView:
        return self.contracts.alliance_rounds.round_view(self.task)

    @property
    def domain(self) -> Domain:
        return self.contracts.alliance_rounds.domain

    @property
    def voters(self) -> Sequence[Member]:
        return [self.at(seat) for seat in range(PROPOSERS, PROPOSERS + VOTERS)]

    @property
    def rounds(self) -> tuple[FinalisedRound, ...]:
        return self.contracts.alliance_rounds.finalised_rounds(self.task)

    def at(self, seat: int) -> Member:
        return self.members[self.view.accounts[seat]]

    def node(self, operator: LocalAccount, owner: str | None = None) -> Member:
        """A node of the task, whose account need not be a member yet."""
        account, rounds = owner or operator.address, self.contracts.alliance_rounds
        uploader = Uploader(
            self.contracts.deployment_domain, self.task, account, operator, clock=self.contracts.client.now
        )
        context = NodeContext(
            contracts=self.contracts,
            sender=self.sender_of(operator),
            wallet=Wallet(account, operator, operator),
            task=self.task,
            parameters=self.contracts.task_manager.parameters_of(self.task),
            head=self.contracts.client.head,
            watch=RoundWatch(lambda: rounds.round_view(self.task), self.contracts.client.head),
            local=DiskBlobs(self.folder / operator.address),
            shared=self.clients.enter_context(HttpBlobs(self.service, uploader)),
            service=self.clients.enter_context(AllianceClient(self.service)),
            app=AppRunner(self.app, name="the test's app"),
            memory=NodeMemory(KeyValueStore(self.database, operator.address), self.task),
            max_model_bytes=MAX_BYTES,
            hears_coordinator=lambda: False,
            task_config={},
        )
        return Member(context, MemberDuties(context))

    # ---- a round, a phase at a time

    def open_round(self) -> RoundView:
        """Push the task until proposing is open."""
        while not self.view.drawn_block:
            self.mine(3)
            self.push()
        return self.view

    def propose(self, seats: Sequence[int]) -> None:
        number = self.view.number
        for seat in seats:
            self.at(seat).duties.propose_unprompted(number)

    def promise(self, seat: int, data: bytes) -> None:
        """Commit the proposer in ``seat`` to any bytes."""
        member, number = self.at(seat), self.view.number
        commitment = proposal_commitment(self.domain, self.task, number, member.account, digest_of(data))
        self.contracts.alliance_rounds.propose(member.context.sender, self.task, number, seat, commitment)

    def show(self, seat: int, data: bytes) -> None:
        """Serve any bytes as the proposal of ``seat``."""
        context = self.at(seat).context
        context.shared.put(data)
        context.service.publish(self.task, self.view.number, seat, cid_of(digest_of(data)))

    def publish(self, seats: Sequence[int]) -> None:
        for seat in seats:
            assert Publish(self.at(seat).context)()

    def attest(self) -> dict[int, int]:
        """Let every voter attest if it would; the bitmaps on chain, by seat."""
        for voter in self.voters:
            Attest(voter.context)()
        view = self.view
        return dict(self.contracts.alliance_rounds.attestations(self.task, view.number, view.drawn_block))

    def vote(self) -> None:
        number = self.view.number
        for voter in self.voters:
            voter.duties.vote_unprompted(number)
        self.mine(2)  # the next seed depends on the block after the last vote
        for voter in self.voters:
            assert RevealVote(voter.context)()
        for voter in self.voters:
            ServeCandidate(voter.context)()

    def finish(self) -> FinalisedRound:
        """Finalise the open round."""
        self.push()
        return self.rounds[-1]

    # ---- time

    def push(self) -> None:
        parameters = self.contracts.task_manager.parameters_of(self.task)
        due = due_push(self.contracts, self.task, parameters, self.view, self.keeper.address)
        assert due is not None
        push(self.contracts, self.keeper, self.task, self.view, due)

    def mine(self, blocks: int) -> None:
        self.contracts.client.rpc.request("anvil_mine", hex(blocks))

    def pass_time(self, seconds: int) -> None:
        self.contracts.client.rpc.request("evm_increaseTime", seconds)
        self.mine(1)


def terms(now: int, model: bytes) -> AllianceParameters:
    return AllianceParameters(
        planned_rounds=10,
        proposer_seats=PROPOSERS,
        voter_seats=VOTERS,
        minimum_members=PROPOSERS + VOTERS,
        max_members=20,
        propose_seconds=PHASE_SECONDS,
        attest_seconds=PHASE_SECONDS,
        commit_seconds=PHASE_SECONDS,
        reveal_seconds=PHASE_SECONDS,
        starts_at=now,
        start_by=now + 10**6,
        ends_at=now + 10**7,
        minimum_stake=Gm(STAKE),
        keeper_fee=Wei(WAD),
        initial_model=digest_of(model),
    )


@contextmanager
def open_arena(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    keeper: LocalAccount,
    folder: Path,
    first_model: Arrays = START,
    client_app: ClientApp = app,
) -> Iterator[Arena]:
    """A funded task whose files the service holds, and the app of who will join; nobody has."""
    rows = fresh_database(folder / "rows.db")
    product, operation = AllianceProduct(contracts, rows), Operation(Limits(blob=MAX_BYTES, spare=0))
    served = build([product], contracts, rows, folder / "blobs", operation)
    contracts.client.rpc.request("anvil_mine", "0x1")  # time passed in other tests shows in a new block
    model, metadata, creator = encode_model(first_model), b'{"train": {}}', sender_of(keeper)
    with serve_in_thread(served.app) as url, ExitStack() as clients:
        task = contracts.task_manager.create(
            creator, contracts.token, terms(contracts.client.now(), model), digest_of(metadata), 2_400 * WAD
        )
        arena = Arena(contracts, url, rows, database, task, creator, sender_of, folder, clients, client_app)
        founder = arena.node(keeper).context.shared
        founder.put(model)
        founder.put(metadata)
        yield arena
    rows.close()


@pytest.fixture
def first_model() -> Arrays:
    """What ``empty_arena`` and ``full_arena`` begin with; a test that wants another overrides it."""
    return START


@pytest.fixture
def empty_arena(
    contracts: Contracts,
    database: Database,
    sender_of: SenderOf,
    admin: LocalAccount,
    tmp_path: Path,
    first_model: Arrays,
) -> Iterator[Arena]:
    """A task that nobody has joined yet."""
    with open_arena(contracts, database, sender_of, admin, tmp_path, first_model) as arena:
        yield arena


@pytest.fixture
def full_arena(empty_arena: Arena, rich: Callable[[], LocalAccount]) -> Arena:
    """A task with as many members as it has seats."""
    fill(empty_arena, rich)
    return empty_arena


def fill(arena: Arena, rich: Callable[[], LocalAccount]) -> None:
    """As many members as there are seats."""
    for _ in range(PROPOSERS + VOTERS):
        member = arena.node(rich())
        member.enrol()
        arena.members[member.account] = member
