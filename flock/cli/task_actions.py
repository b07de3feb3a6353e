"""What ``flock task create``, ``fund``, ``start``, ``cancel`` and ``refund`` do."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import typer

from flock.amounts import tokens, wei_of
from flock.economy.operations.requirements import require_flock
from flock.errors import BadConfig, FlockError, Refused
from flock.programs.signing import acting
from flock.protocol.core.units import Wei

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.alliance.offers import Offer
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Sender
    from flock.cli.task_files import TaskFiles
    from flock.programs.settings import CreatorSettings
    from flock.protocol.alliance.params import AllianceParameters
    from flock.store.database import Database


@dataclass(frozen=True)
class Documents:
    """What a task's digests stand for: the first model and the metadata, both canonical."""

    model: bytes
    metadata: bytes

    @property
    def digests(self) -> tuple[bytes, bytes]:
        from flock.protocol.core.cid import digest_of

        return digest_of(self.model), digest_of(self.metadata)


@dataclass(frozen=True)
class Made:
    """A task and its documents; without a number if it was only rehearsed, without an offer if it was there."""

    task: int | None
    documents: Documents
    offer: Offer | None


def create(settings: CreatorSettings, files: TaskFiles, bounty: str, *, dry_run: bool) -> Made:
    """Make the task of these files and bounty once, and upload what the service lacks."""
    from flock.chain.keys import KeyStore
    from flock.programs.wiring import contracts_of

    wei, model = Wei(wei_of(bounty, "--bounty")), files.read_model()
    contracts = contracts_of(settings)
    offer = files.read_offer(wei, model, contracts.client.now())
    documents = Documents(model, offer.metadata)
    _require_service(settings, contracts)
    if dry_run:
        require_flock(contracts, KeyStore(settings.keys).address_of(settings.key), _price(contracts, wei))
        return Made(None, documents, offer)
    recipe = _recipe(files, documents, offer)
    with acting(settings, contracts) as (key, sender, database):
        task = _made_on_chain(contracts, sender, database, offer, recipe)
        _upload(settings, contracts, task, key, documents)
    return Made(task, documents, offer)


def complete(settings: CreatorSettings, files: TaskFiles, task: int) -> Made:
    """Upload what the service lacks of a task that is made. Raises Refused for other files than its own."""
    from flock.economy.operations.requirements import require_task
    from flock.programs.wiring import contracts_of, key_of

    contracts = contracts_of(settings)
    documents = Documents(*files.read_documents(contracts.client.now()))
    require_task(contracts, task)
    _require_service(settings, contracts)
    manager = contracts.task_manager
    if documents.digests != (manager.parameters_of(task).initial_model, manager.task_of(task).metadata):
        raise Refused(
            f"These are not the model and metadata that task {task} was made with; give those files, and --terms "
            "if they name an allow_list."
        )
    _upload(settings, contracts, task, key_of(settings, settings.key), documents)
    return Made(task, documents, None)


def print_made(made: Made, *, as_json: bool) -> None:
    from flock.cli.task_terms import terms_for_people, terms_for_programs
    from flock.protocol.core.cid import cid_of
    from flock.terminal import print_fields, print_json

    model, metadata = map(cid_of, made.documents.digests)
    places, offer = {"model": model, "metadata": metadata}, made.offer
    if as_json:
        offered = (
            {"bounty": str(offer.bounty), "terms": terms_for_programs(offer.parameters)} if offer else {}
        )
        print_json({"task": made.task, **places, **offered})
        return
    title = "Everything holds; nothing was sent" if made.task is None else f"Task {made.task}"
    print_fields(title, {**places, "bounty": f"{tokens(offer.bounty)} FLOCK"} if offer else places)
    if offer:
        print_fields("Terms", terms_for_people(offer.parameters))
        typer.echo(_when_it_begins(offer.parameters))
    if made.task is not None:
        typer.echo(f"Its files are in the service. Next: flock coordinator start --task {made.task} --key …")


def fund(settings: CreatorSettings, task: int, amount: str, *, as_json: bool) -> None:
    """Add to the bounty of an open task."""
    from flock.economy.operations.requirements import require_task
    from flock.programs.wiring import contracts_of
    from flock.terminal import tell

    contracts = contracts_of(settings)
    require_task(contracts, task)
    wei = wei_of(amount, "AMOUNT")
    state = contracts.task_manager.task_of(task).state.name.lower()
    if not contracts.task_manager.task_of(task).is_open:
        raise Refused(f"Task {task} is {state}; its bounty can be raised only while it is open.")
    with acting(settings, contracts) as (_, sender, _):
        require_flock(contracts, sender.address, wei)
        contracts.task_manager.fund(sender, contracts.token, task, wei)
    bounty = contracts.task_manager.task_of(task).bounty
    tell(
        f"Task {task} has a bounty of {tokens(bounty)} FLOCK.", as_json=as_json, task=task, bounty=str(bounty)
    )


def cancel(settings: CreatorSettings, task: int, *, as_json: bool) -> None:
    """End an open task; its creator gets the bounty back."""
    from flock.economy.operations.requirements import require_task
    from flock.programs.wiring import contracts_of
    from flock.terminal import tell

    contracts = contracts_of(settings)
    require_task(contracts, task)
    manager = contracts.task_manager
    with acting(settings, contracts) as (_, sender, _):
        manager.cancel(sender, task)
        creator = manager.task_of(task).creator
        refund = manager.refund_of(task, creator)
        if refund:
            manager.withdraw_refund(sender, task, creator)
    tell(
        f"Task {task} is cancelled; {tokens(refund)} FLOCK are back at {creator}. Others who funded it get theirs "
        f"with `flock task refund {task}`.",
        as_json=as_json,
        task=task,
        refund=str(refund),
        creator=creator,
    )


def start(settings: CreatorSettings, task: int, *, as_json: bool) -> None:
    from flock.economy.operations.requirements import require_task
    from flock.programs.wiring import contracts_of
    from flock.terminal import tell

    contracts = contracts_of(settings)
    require_task(contracts, task)
    with acting(settings, contracts) as (_, sender, _):
        contracts.alliance_rounds.start(sender, task)
    listed = contracts.alliance_rounds.member_count(task)
    tell(
        f"Task {task} is started with {listed} members; its first draw follows in a few blocks.",
        as_json=as_json,
        task=task,
        members=listed,
    )


def refund(settings: CreatorSettings, task: int, backer: str | None, *, as_json: bool) -> None:
    from flock.economy.operations.requirements import require_task
    from flock.programs.wiring import contracts_of
    from flock.terminal import tell

    contracts = contracts_of(settings)
    require_task(contracts, task)
    manager = contracts.task_manager
    with acting(settings, contracts) as (_, sender, _):
        account = backer or sender.address
        amount = manager.refund_of(task, account)
        if not amount:
            raise Refused(
                f"Task {task} has nothing to give back to {account}: it is not over, or that account put nothing "
                "in, or has had it."
            )
        manager.withdraw_refund(sender, task, account)
    tell(
        f"{tokens(amount)} FLOCK of task {task} are back at {account}.",
        as_json=as_json,
        task=task,
        refund=str(amount),
        account=account,
    )


# ---- pieces


def _when_it_begins(terms: AllianceParameters) -> str:
    from flock.terminal import moment

    return (
        f"It begins with {terms.minimum_members} members: from {moment(terms.starts_at)} on anybody may start "
        f"it, you at once (`flock task start`); anybody may cancel it if nobody has by {moment(terms.start_by)}. "
        "Are you fewer? Name fewer proposer_seats, voter_seats and minimum_members in --terms."
    )


def _recipe(files: TaskFiles, documents: Documents, offer: Offer) -> str:
    """The same files and bounty are the same task, whenever the command is repeated."""
    from flock.protocol.core.cid import digest_of
    from flock.protocol.core.hashing import keccak_words

    model, metadata = documents.digests
    written = digest_of(files.terms.read_bytes() if files.terms else b"")
    return keccak_words(model, metadata, written, offer.parameters.allow_list_root, offer.bounty).hex()


def _price(contracts: Contracts, bounty: int) -> int:
    """What making a task with this bounty takes, in wei."""
    return bounty + contracts.task_manager.creation_fee()


def _made_on_chain(
    contracts: Contracts, sender: Sender, database: Database, offer: Offer, recipe: str
) -> int:
    """The task's number. A second call with the same recipe finds the first one's task."""
    from flock.store.key_value import KeyValueStore

    manager = contracts.task_manager
    key = manager.key("create", recipe)
    memory = KeyValueStore(database, f"creator-{contracts.client.identity}-{sender.address}")
    known = memory.read(key)
    if isinstance(known, int):
        return known
    require_flock(contracts, sender.address, _price(contracts, offer.bounty))
    task = manager.create(sender, contracts.token, offer.parameters, offer.digest, offer.bounty, key)
    memory.write(key, task)
    return task


def _upload(
    settings: CreatorSettings, contracts: Contracts, task: int, key: LocalAccount, documents: Documents
) -> None:
    from flock.programs.wiring import creator_blobs

    try:
        with creator_blobs(settings, contracts, task, key) as blobs:
            for data in astuple(documents):
                blobs.put(data)
    except FlockError as problem:
        raise type(problem)(
            f"Task {task} is made, but the service does not have all its files: {problem} Repeat the command "
            f"with --task {task}; it uploads what is missing."
        ) from problem


def _require_service(settings: CreatorSettings, contracts: Contracts) -> None:
    """Raises ServiceUnavailable, or BadConfig if the service is another deployment's."""
    from flock.alliance.client import AllianceClient

    with AllianceClient(settings.alliance) as service:
        health = service.health()
    ours = contracts.deployment_domain
    if (health.chain_id, health.contract) != (ours.chain_id, ours.contract):
        raise BadConfig(
            f"The Alliance service at {service.place} serves the contract {health.contract} on chain "
            f"{health.chain_id}, not {ours.contract} on chain {ours.chain_id}. Name the right one with --alliance."
        )
