"""What ``flock chain deploy`` and ``compile`` do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from flock.cli.chain_signer import Signer, address_of, sender_of
from flock.errors import BadConfig, NotDeployed, Refused

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from flock.chain.client import Client
    from flock.chain.deploy.deployment import GovernanceTerms
    from flock.chain.sending.sender import Receipt
    from flock.programs.settings import ChainSettings


@dataclass(frozen=True)
class DeployRequest:
    treasury: str | None
    holder: str | None
    token: str | None
    guardian: str | None
    governance: Mapping[str, int]
    daily_budget: str | None


def governance_of(
    voting_delay: int | None,
    voting_period: int | None,
    timelock_delay: int | None,
    proposal_threshold: str | None,
    quorum_percent: int | None,
) -> Mapping[str, int]:
    """What of GovernanceTerms was given."""
    from flock.amounts import wei_of

    threshold = None if proposal_threshold is None else wei_of(proposal_threshold, "--proposal-threshold")
    given = {
        "voting_delay": voting_delay,
        "voting_period": voting_period,
        "timelock_delay": timelock_delay,
        "proposal_threshold": threshold,
        "quorum_percent": quorum_percent,
    }
    return {name: number for name, number in given.items() if number is not None}


def deploy(source: Signer, request: DeployRequest, *, as_json: bool) -> None:
    from flock.chain.deploy.deployment import DeploymentPlan
    from flock.chain.deploy.deployment import deploy as carry_out
    from flock.cli.networks import book_path, existing_token, where_things_are
    from flock.terminal import print_json

    path = source.settings.addresses or book_path(source.client)
    token = address_of(request.token, "--token") if request.token else None
    with sender_of(source) as sender:
        plan = DeploymentPlan(
            admin=sender.address,
            treasury=address_of(request.treasury, "--treasury") if request.treasury else None,
            holder=address_of(request.holder, "--holder") if request.holder else sender.address,
            token=existing_token(source.client, token),
            guardian=_guardian(source.client, request.guardian, sender.address),
            governance=_governance(request.governance),
            daily_budget=_daily_budget(request.daily_budget),
        )
        done = carry_out(sender, plan, lambda *step: None if as_json else _tell(*step))
    book = _keep_first_block(done, path)
    book.save(path)
    if as_json:
        print_json(asdict(book))
    else:
        typer.echo(where_things_are(source.client, path, book.staking))


def verify(settings: ChainSettings, *, as_json: bool) -> None:
    from flock.chain.address_book import AddressBook
    from flock.chain.client import Client
    from flock.chain.deploy.deployment import verify as compare
    from flock.terminal import print_json, print_table

    client = Client(settings.rpc, settings.chain_id)
    results = compare(client, AddressBook.load(client.chain_id, settings.addresses))
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        print_table(
            ["contract", "address", "bytecode"],
            [(result.contract, result.address, result.verdict) for result in results],
        )
    bad = [result.contract for result in results if not result.matches and result.contract != "FlockToken"]
    if bad:
        raise Refused(
            f"The bytecode of {', '.join(bad)} is not this version's. Use the version of flock that deployed "
            "it, or deploy again."
        )


def compile_all(*, check: bool, force: bool, as_json: bool) -> None:
    from flock.chain.deploy.compile import CONTRACTS, Checkout, compile_contract, is_current, write_artifact
    from flock.terminal import print_json, print_table

    checkout = Checkout.here()
    stale = [name for name in CONTRACTS if force or not is_current(checkout, name)]
    if check and stale:
        raise Refused(
            f"The artifacts of {', '.join(stale)} are stale. Run `flock chain compile` and commit them."
        )
    for name in stale:
        if not as_json:
            typer.echo(f"Compiling {name}…")
        write_artifact(compile_contract(checkout, name))
    outcome = {name: "compiled" if name in stale else "unchanged" for name in CONTRACTS}
    if as_json:
        print_json(outcome)
    else:
        print_table(["contract", "artifact"], list(outcome.items()))


def _tell(name: str, address: ChecksumAddress, receipt: Receipt | None) -> None:
    what = "there already" if receipt is None else f"done, {receipt.gas_used:,} gas"
    typer.echo(f"{name:<23}  {address}  {what}")


def _guardian(client: Client, given: str | None, deployer: ChecksumAddress) -> ChecksumAddress | None:
    """The deployer on a local chain, so that you can try pausing; elsewhere nobody unless named."""
    if given:
        return address_of(given, "--guardian")
    return deployer if client.is_local else None


def _governance(given: Mapping[str, int]) -> GovernanceTerms:
    """Raises BadConfig for what the contracts would refuse."""
    from flock.chain.deploy.deployment import GovernanceTerms

    terms = GovernanceTerms(**given)
    problem = next(terms.problems(), None)
    if problem:
        raise BadConfig(problem)
    return terms


def _daily_budget(given: str | None) -> int:
    from flock.amounts import wei_of
    from flock.chain.deploy.deployment import DAILY_BUDGET

    return DAILY_BUDGET if given is None else wei_of(given, "--daily-budget")


def _keep_first_block(book: Any, path: Path) -> Any:
    """A repeated deployment of the same contracts keeps the block of the first."""
    from dataclasses import replace

    from flock.chain.address_book import AddressBook

    if not path.exists():
        return book
    try:
        known = AddressBook.load(book.chain_id, path)
    except NotDeployed:  # the book of an earlier version
        return book
    first = min(known.deployed_block, book.deployed_block)
    return known if replace(known, deployed_block=first) == replace(book, deployed_block=first) else book
