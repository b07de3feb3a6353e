"""What ``flock market publish`` does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from flock.amounts import basis_points_of
from flock.cli.plans import rehearse, tell_done
from flock.economy.operations.plans import Names
from flock.errors import BadConfig, ContractRefused, Refused
from flock.programs.signing import account_of, acting, opened

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.chain.contracts.deployed import Contracts
    from flock.chain.contracts.model_market import NewVersion
    from flock.chain.sending.sender import Sender
    from flock.cli.options import Signing
    from flock.economy.operations.plans import Plan
    from flock.protocol.core.commitments import Domain

COMMIT_SECONDS = 10
POLL_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 300.0
DRY = "A dry run: everything holds that can be known before; nothing was brought, signed or sent."


@dataclass(frozen=True)
class Wishes:
    """What a publisher asks for, as written. Without a ``model_file`` it is what ``task`` has made."""

    model_file: Path | None
    metadata: Path
    host_share: str
    royalty: str
    task: int | None = None
    model: int = 0
    parents: Sequence[str] = field(default_factory=list)
    shares: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class Prepared:
    """What is brought to the service at ``url``, and put on the chain; ``data`` is None unless the model is open."""

    url: str
    document: dict[str, Any]
    data: bytes | None
    terms: NewVersion


def publish_version(options: Signing, wishes: Wishes, alliance: str | None) -> None:
    """Check everything, bring what the service lacks, and publish; an upload is committed to before."""
    from flock.marketplace import plans

    contracts, account = opened(options.settings)
    prepared = _prepared(options, contracts, wishes, alliance)
    terms, model = prepared.terms, wishes.model
    makers_bps = contracts.task_manager.task_of(wishes.task).makers_bps if wishes.task else 0
    plans.require_terms(contracts, model, terms, makers_bps)
    names = Names({account: options.key})
    if wishes.task:
        plan = plans.publish_result(contracts, account, model, wishes.task, terms, names)
        _publish_result(options, plan, prepared)
        return
    plans.require_new(contracts, terms.digest)
    if options.dry_run:
        _tell_dry(prepared, as_json=options.as_json)
        return
    with acting(options.settings, contracts) as (key, sender, _):
        _bring(contracts, key, prepared)
        salt = _commit(contracts, sender, key, terms.digest)
        plan = plans.publish_upload(contracts, account, model, terms, salt, names)
        preview = rehearse(options, plan)
        if preview is not None:
            tell_done(plan, preview, plan.send_by(sender), as_json=options.as_json)


def pause() -> None:
    """Let the chain's time go on."""
    time.sleep(POLL_SECONDS)


# ---- what is published


def _prepared(options: Signing, contracts: Contracts, wishes: Wishes, alliance: str | None) -> Prepared:
    """Raises BadConfig and BadFields for what does not hold."""
    from flock.chain.contracts.model_market import NewVersion
    from flock.marketplace.cards import card_of, write_card
    from flock.programs.settings import OwnerSettings
    from flock.protocol.core.cid import digest_of
    from flock.tasks.documents import read_metadata

    document = read_metadata(wishes.metadata.read_bytes())
    written = write_card(document)
    terms = NewVersion(
        _digest(contracts, wishes),
        digest_of(written),
        basis_points_of(wishes.host_share, "--host-share"),
        basis_points_of(wishes.royalty, "--royalty"),
        tuple(sorted(_part(each, "--parent", _version) for each in wishes.parents)),
        tuple(
            _part(each, "--share", lambda named: account_of(options.settings, named, "--share"))
            for each in wishes.shares
        ),
    )
    is_brought = card_of(document).open and wishes.model_file is not None
    data = wishes.model_file.read_bytes() if is_brought and wishes.model_file else None
    return Prepared(options.loaded(OwnerSettings, alliance=alliance).alliance, document, data, terms)


def _digest(contracts: Contracts, wishes: Wishes) -> bytes:
    """The SHA-256 of the file, which must be the task's result if a task is named; without one, the result's."""
    found = None
    if wishes.model_file is not None:
        with wishes.model_file.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").digest()
    if wishes.task is None:
        if found is None:
            raise BadConfig("Name the FILE of the model, or the --task that has made it.")
        return found
    made = contracts.board_of(wishes.task).model_of(wishes.task)
    if made is None:
        raise Refused(
            f"Task {wishes.task} has made no model: it is not over, or nothing was better than before."
        )
    if found not in (None, made):
        raise BadConfig(
            f"{wishes.model_file} is not what task {wishes.task} has made, whose SHA-256 is {made.hex()}."
        )
    return made


def _part(written: str, option: str, named: Callable[[str], Any]) -> tuple[Any, int]:
    """``NAME:PERCENT``. Raises BadConfig."""
    name, _, percent = written.rpartition(":")
    if not name:
        raise BadConfig(f"{option} is {written!r}: write what and how many per cent, such as 5:10.")
    return named(name), basis_points_of(percent, option)


def _version(written: str) -> int:
    if not (written.isascii() and written.isdigit()):
        raise BadConfig(f"--parent names version {written!r}: write its number, such as 5:10.")
    return int(written)


# ---- the steps


def _bring(contracts: Contracts, key: LocalAccount, prepared: Prepared) -> None:
    """The document, and the bytes of an open model, as drafts."""
    from flock.marketplace.client import MarketClient
    from flock.store.signed_service import Identity

    identity = Identity(key.address, key, contracts.deployment_domain)
    with MarketClient(prepared.url, identity) as service:
        service.bring_document(prepared.document)
        if prepared.data is not None:
            service.bring_model(prepared.terms.digest, prepared.data)


def _commit(contracts: Contracts, sender: Sender, key: LocalAccount, digest: bytes) -> bytes:
    """Commit to an upload and wait until it can be published; its salt, which follows from the key.

    Nothing has to be kept between the two, so that whoever is cut off runs the command again.
    """
    from flock.protocol.core.commitments import Domain
    from flock.protocol.market.signed_types import upload_commitment

    domain = Domain(contracts.chain_id, contracts.model_market.address)
    salt = _salt(key, domain, digest)
    committed_at = contracts.client.now()
    try:
        receipt = contracts.model_market.commit(sender, upload_commitment(domain, key.address, digest, salt))
    except ContractRefused as refusal:
        if refusal.error != "CommittedAlready":
            raise
    else:
        committed_at = contracts.client.block(receipt.block).timestamp if receipt else committed_at
    typer.echo("Committed; the upload is published in ten seconds.", err=True)
    give_up = time.monotonic() + LONGEST_WAIT_SECONDS
    while contracts.client.block("pending").timestamp <= committed_at + COMMIT_SECONDS:
        if time.monotonic() > give_up:
            raise Refused("The chain's time stands still: run the command again once it goes on.")
        pause()
    return salt


def _salt(key: LocalAccount, domain: Domain, digest: bytes) -> bytes:
    """Signatures of a key are the same every time, and nobody else's."""
    from eth_account.messages import encode_defunct

    from flock.protocol.core.cid import digest_of

    text = f"Salt of an upload to the market {domain.contract} on chain {domain.chain_id}: {digest.hex()}"
    return digest_of(bytes(key.sign_message(encode_defunct(text=text)).signature))


def _publish_result(options: Signing, plan: Plan, prepared: Prepared) -> None:
    preview = rehearse(options, plan)
    if preview is None:
        return
    with acting(options.settings, plan.contracts) as (key, sender, _):
        _bring(plan.contracts, key, prepared)
        receipts = plan.send_by(sender)
    tell_done(plan, preview, receipts, as_json=options.as_json)


def _tell_dry(prepared: Prepared, *, as_json: bool) -> None:
    from flock.terminal import print_fields, print_json

    terms = prepared.terms
    if as_json:
        print_json(
            {
                "dry_run": True,
                "digest": terms.digest.hex(),
                "metadata": terms.metadata.hex(),
                "host_bps": terms.host_bps,
                "royalty_bps": terms.royalty_bps,
                "parents": [{"version": version, "bps": bps} for version, bps in terms.parents],
                "shares": [{"account": account, "bps": bps} for account, bps in terms.shares],
            }
        )
        return
    print_fields(
        "Publish a version",
        {
            "title": prepared.document["title"],
            "SHA-256": terms.digest.hex(),
            "document": terms.metadata.hex(),
            "for the host": f"{terms.host_bps / 100:g}%",
            "royalty": f"{terms.royalty_bps / 100:g}%",
            "parents": ", ".join(f"{version}: {bps / 100:g}%" for version, bps in terms.parents) or "none",
            "shares": ", ".join(f"{account}: {bps / 100:g}%" for account, bps in terms.shares) or "none",
            "bytes": "everybody can download them" if prepared.data else "stay with you and your hosts",
        },
    )
    typer.echo(DRY)
