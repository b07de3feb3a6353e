"""Dependency wiring: turns settings into objects, and is the only module that knows all the others.

Imports are local to each function, so that ``flock --help`` does not load torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from flock.economy.operations.requirements import require_task
from flock.errors import BadConfig
from flock.protocol.core.units import Wei

if TYPE_CHECKING:
    from pathlib import Path

    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from flock.arena.flock_api.extension import FlockApiTerms
    from flock.chain.contracts.deployed import Contracts
    from flock.coordinator.context import CoordinatorContext
    from flock.node.context import NodeContext, Wallet
    from flock.node.memory import KeyValue
    from flock.node.steps.enrol import Enrol
    from flock.programs.settings import (
        ActorSettings,
        ChainSettings,
        CoordinatorSettings,
        CreatorSettings,
        NodeSettings,
        ServiceSettings,
        SignerSettings,
    )
    from flock.protocol.alliance.params import AllianceParameters
    from flock.service.app import Operation
    from flock.store.blobs import BlobStore
    from flock.store.database import Database
    from flock.store.http_blobs import HttpBlobs
    from flock.tasks.garbage import Retention
    from flock.tasks.product import Product
    from flock.tasks.sponsor import SponsorTerms
    from flock.training.app import AppRunner
    from flock.training.app_process import AppProcess
    from flock.training.schedules import Settings
    from flock.web.app import Exposure
    from flock.web.uploads import Limits

MEBIBYTE = 1 << 20


def contracts_of(settings: ChainSettings) -> Contracts:
    """The contracts of the configured chain, after checking that they are deployed."""
    from flock.chain.address_book import AddressBook
    from flock.chain.client import Client
    from flock.chain.contracts.deployed import Contracts

    client = Client(settings.rpc, settings.chain_id)
    return Contracts(client, AddressBook.load(settings.chain_id, settings.addresses))


def key_of(settings: SignerSettings, name: str) -> LocalAccount:
    from flock.chain.keys import KeyStore
    from flock.programs.passwords import password_for

    return KeyStore(settings.keys).unlock(name, password_for(name, settings.password_file))


def database_of(settings: SignerSettings) -> Database:
    """The program's own database, migrated to this version."""
    from flock.store.database import migrate, open_database

    database = open_database(str(settings.home / "flock.db"))
    migrate(database)
    return database


def exposure_of(settings: ServiceSettings) -> Exposure:
    """The service's network settings."""
    from flock.web.app import Exposure
    from flock.web.rates import Rates

    rates = Rates(settings.requests_per_minute, settings.sign_ins_per_minute, settings.creations_per_minute)
    return Exposure(
        url=settings.public_url or url_of(settings.host, settings.port),
        proxies=settings.proxies,
        origins=settings.origins,
        rates=rates,
        listeners=settings.max_listeners,
        session_seconds=settings.session_hours * 3600,
    )


def sponsor_of(settings: ServiceSettings) -> SponsorTerms | None:
    """The key that the service creates tasks with, if it has one. Raises BadKey, BadConfig."""
    from flock.chain.addresses import parse_address
    from flock.chain.keys import KeyStore
    from flock.programs.passwords import password_for
    from flock.tasks.sponsor import SponsorTerms

    if settings.sponsor_key is None:
        return None
    try:
        accounts = frozenset(map(parse_address, settings.sponsored))
    except ValueError as error:
        raise BadConfig(f"`sponsored` in the configuration: {error}.") from None
    password = password_for(settings.sponsor_key, settings.sponsor_password_file)
    key = KeyStore(settings.keys).unlock(settings.sponsor_key, password)
    return SponsorTerms(key, accounts, Wei(settings.sponsor_most))


def url_of(host: str, port: int) -> str:
    """Where a client on this machine finds a service that listens on ``host``."""
    from flock.store.hosts import with_port

    if host in ("0.0.0.0", "::"):  # noqa: S104 - every interface: this one is nearest
        host = "127.0.0.1"
    return f"http://{with_port(host, port)}"


def limits_of(settings: ServiceSettings) -> Limits:
    """The service's upload limits."""
    from flock.web.uploads import Limits

    return Limits(
        blob=settings.max_blob_mib * MEBIBYTE,
        quota=settings.quota_mib * MEBIBYTE,
        spare=settings.spare_mib * MEBIBYTE,
        drafts=settings.draft_quota_mib * MEBIBYTE,
        all_drafts=settings.all_drafts_mib * MEBIBYTE,
    )


def retention_of(settings: ServiceSettings) -> Retention:
    """What the service keeps, and for how long."""
    from flock.tasks.garbage import Retention

    return Retention(
        rounds=settings.keep_rounds,
        models=settings.keep_models,
        grace=settings.keep_unneeded_seconds,
        after_end=settings.keep_seconds,
        drafts=settings.keep_draft_seconds,
    )


def operation_of(settings: ServiceSettings) -> Operation:
    """How the service is run."""
    from flock.service.app import Operation

    return Operation(
        limits_of(settings), retention_of(settings), exposure_of(settings), settings.poll_seconds / 2
    )


def blobs_of(settings: ServiceSettings) -> str | Path:
    """Where the service keeps what anybody can read: a folder, or an fsspec URL."""
    return settings.blobs or settings.home / "blobs"


def products_of(
    settings: ServiceSettings,
    contracts: Contracts,
    database: Database,
    sponsor: SponsorTerms | None = None,
    operator: LocalAccount | None = None,
) -> Sequence[Product]:
    """The products of this version of flock."""
    from flock.alliance.product import AllianceProduct
    from flock.arena.product import ArenaProduct
    from flock.marketplace.product import MarketProduct

    private = settings.private_blobs or settings.home / "private-blobs"
    arena = ArenaProduct(
        contracts,
        database,
        private,
        limits_of(settings),
        retention_of(settings),
        flock_api=flock_api_of(settings, operator),
    )
    market = MarketProduct(contracts, database, blobs_of(settings))
    return [AllianceProduct(contracts, database, sponsor), arena, market]


def operator_of(settings: ServiceSettings) -> LocalAccount | None:
    """The key that the service acts with for wallets that come by ``/api/v1``, if it has one. Raises BadKey."""
    from flock.chain.keys import KeyStore
    from flock.programs.passwords import password_for

    if settings.operator_key is None:
        return None
    password = password_for(settings.operator_key, settings.operator_password_file)
    return KeyStore(settings.keys).unlock(settings.operator_key, password)


def flock_api_of(settings: ServiceSettings, operator: LocalAccount | None) -> FlockApiTerms:
    """How the service speaks to FLock.io's clients, and where its hub is."""
    from flock.arena.flock_api.extension import FlockApiTerms
    from flock.arena.flock_api.spending import SpendingLimit
    from flock.hub.limits import HubLimits

    limits = HubLimits(file=settings.max_blob_mib * MEBIBYTE, spare=settings.spare_mib * MEBIBYTE)
    return FlockApiTerms(
        exposure_of(settings).url,
        settings.hub_blobs or settings.home / "hub-blobs",
        settings.home / "operated",
        key=operator,
        limit=SpendingLimit(settings.operator_gas, settings.operator_fees),
        hub_limits=limits,
    )


def shared_blobs(settings: ActorSettings, contracts: Contracts, account: str, key: LocalAccount) -> BlobStore:
    """The Alliance service's blobs, with uploads signed by ``key`` for ``account``."""
    return _signed_blobs(settings.alliance, contracts, settings.task, account, key)


def creator_blobs(settings: CreatorSettings, contracts: Contracts, task: int, key: LocalAccount) -> HttpBlobs:
    """The service's blobs, with uploads to ``task`` signed by its creator. To be closed."""
    return _signed_blobs(settings.alliance, contracts, task, key.address, key)


def _signed_blobs(
    service: str, contracts: Contracts, task: int, account: str, key: LocalAccount
) -> HttpBlobs:
    from flock.store.http_blobs import HttpBlobs
    from flock.store.uploads import Uploader

    uploader = Uploader(contracts.deployment_domain, task, account, key, clock=contracts.client.now)
    return HttpBlobs(service, uploader)


def app_process(settings: NodeSettings, terms: AllianceParameters) -> AppProcess:
    """The process of the member's app, not yet started. To be closed."""
    from flock.training.app_process import AppProcess, patience

    seconds = patience(settings.app_seconds, terms.propose_seconds, terms.commit_seconds)
    return AppProcess(settings.app, seconds, settings.app_memory_mib, settings.judge)


def loaded_app(settings: NodeSettings, opened: ExitStack) -> AppProcess:
    """The member's app, loaded in a process that ends when ``opened`` is closed.

    Raises BadConfig, as ``load_app`` does, and WorkerEnded.
    """
    contracts = contracts_of(settings)
    require_task(contracts, settings.task)
    process = app_process(settings, contracts.task_manager.parameters_of(settings.task))
    opened.enter_context(process).start()
    return process


def node_context(
    settings: NodeSettings, hears_coordinator: Callable[[], bool], process: AppProcess
) -> NodeContext:
    """A member's context, with its app in ``process``."""
    from flock.programs.task_config import task_training
    from flock.store.key_value import KeyValueStore
    from flock.training.app import AppRunner
    from flock.training.schedules import at_round

    contracts = contracts_of(settings)
    wallet = _wallet(settings)
    shared = shared_blobs(settings, contracts, wallet.owner, wallet.operator)
    config, evaluation, ties = task_training(contracts, settings.task, shared)
    app = AppRunner(process, settings.app_config, at_round(config, 0), settings.app, evaluation, ties)
    return _member_context(settings, contracts, wallet, shared, app, config, hears_coordinator, KeyValueStore)


def context_without_app(settings: NodeSettings) -> NodeContext:
    """A member's context for whoever calls no app: to leave a task, or to be paid for one that is over."""
    from flock.node.detached import needs_no_app
    from flock.store.key_value import KeyValueStore
    from flock.training.app import AppRunner

    contracts = contracts_of(settings)
    require_task(contracts, settings.task)
    wallet = _wallet(settings)
    shared = shared_blobs(settings, contracts, wallet.owner, wallet.operator)
    app = AppRunner(needs_no_app)
    return _member_context(settings, contracts, wallet, shared, app, {}, lambda: False, KeyValueStore)


def detached_context(settings: NodeSettings) -> NodeContext:
    """A member's context for the app of a SuperNode: the same home, but a worthless key."""
    from eth_account import Account

    from flock.chain.keys import KeyStore
    from flock.node.context import Wallet
    from flock.node.detached import FirstKept, needs_no_app
    from flock.programs.task_config import task_training
    from flock.store.http_blobs import HttpBlobs
    from flock.store.key_value import KeyValueStore
    from flock.training.app import AppRunner

    contracts = contracts_of(settings)
    require_task(contracts, settings.task)
    nobody, shared = Account.create(), HttpBlobs(settings.alliance)
    owner = owner_of(settings, settings.owner or KeyStore(settings.keys).address_of(settings.key))
    config, evaluation, ties = task_training(contracts, settings.task, shared)
    return _member_context(
        settings,
        contracts,
        Wallet(owner, nobody, nobody),
        shared,
        AppRunner(needs_no_app, evaluation=evaluation, ties=ties),
        config,
        lambda: False,
        lambda database, namespace: FirstKept(KeyValueStore(database, namespace)),
    )


def _member_context(
    settings: NodeSettings,
    contracts: Contracts,
    wallet: Wallet,
    shared: BlobStore,
    app: AppRunner,
    config: Settings,
    hears_coordinator: Callable[[], bool],
    memory: Callable[[Database, str], KeyValue],
) -> NodeContext:
    from flock.alliance.client import AllianceClient
    from flock.chain.head_watch import HeadWatch
    from flock.chain.sending.sender import open_sender
    from flock.node.context import NodeContext, RoundWatch
    from flock.node.memory import NodeMemory
    from flock.store.blobs import DiskBlobs

    database = database_of(settings)
    # Less than a poll, so that each tick sees what is new; more than half, so that two loops share what one has read.
    head = HeadWatch(contracts.client, settings.poll_seconds * 0.75)
    return NodeContext(
        contracts=contracts,
        sender=open_sender(contracts.client, wallet.operator, database),
        wallet=wallet,
        task=settings.task,
        parameters=contracts.task_manager.parameters_of(settings.task),
        head=head,
        watch=RoundWatch(lambda: contracts.alliance_rounds.round_view(settings.task), head),
        local=DiskBlobs(settings.own_blobs),
        shared=shared,
        service=AllianceClient(settings.alliance),
        app=app,
        memory=NodeMemory(memory(database, f"node-{contracts.client.identity}"), settings.task),
        max_model_bytes=settings.max_model_mib * MEBIBYTE,
        hears_coordinator=hears_coordinator,
        task_config=config,
        update_norm=settings.update_norm or 0,
        max_epsilon=settings.max_epsilon,
    )


def enrol_step(settings: NodeSettings, context: NodeContext) -> Enrol:
    from flock.node.steps.enrol import Enrol
    from flock.programs.allow_list import allow_list_proof_of

    proof = allow_list_proof_of(settings, context.parameters, context.wallet.owner)
    return Enrol(context, settings.stake or 0, settings.lock_days, proof)


def coordinator_context(settings: CoordinatorSettings, stopping: Callable[[], bool]) -> CoordinatorContext:
    from flock.alliance.client import AllianceClient
    from flock.chain.sending.sender import open_sender
    from flock.coordinator.context import CoordinatorContext
    from flock.store.http_blobs import HttpBlobs

    contracts = contracts_of(settings)
    require_task(contracts, settings.task)
    account = key_of(settings, settings.key)
    return CoordinatorContext(
        contracts=contracts,
        sender=open_sender(contracts.client, account, database_of(settings)),
        task=settings.task,
        parameters=contracts.task_manager.parameters_of(settings.task),
        blobs=HttpBlobs(settings.alliance),
        service=AllianceClient(settings.alliance),
        max_model_bytes=settings.max_model_mib * MEBIBYTE,
        stopping=stopping,
    )


def owner_of(settings: NodeSettings, operator: str) -> ChecksumAddress:
    """The account that holds the stake. Raises BadConfig if the configuration names one that is none."""

    from flock.chain.addresses import parse_address

    try:
        return parse_address(settings.owner or operator)
    except ValueError as error:
        raise BadConfig(f"owner = {settings.owner!r} in the configuration: {error}.") from None


def _wallet(settings: NodeSettings) -> Wallet:
    from flock.node.context import Wallet

    operator = key_of(settings, settings.key)
    salt_key = key_of(settings, settings.salt_key) if settings.salt_key else operator
    return Wallet(owner_of(settings, operator.address), operator, salt_key)
