"""The chain: whether it answers, which one it is, what time it has, and whose contracts are there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flock.diagnostics.doctor.report import Finding, failed, passed, warning
from flock.diagnostics.standstill import no_new_block
from flock.errors import RpcUnavailable
from flock.protocol.core.tasks import TaskState

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest

SLOW_SECONDS = 1.0
SKEW_SECONDS = 30
PROBES = 3


def rpc(node: NodeUnderTest) -> Finding:
    """The endpoint: reachable, of the configured chain, not syncing, fast enough."""
    client = node.client()
    if client.rpc.request("eth_syncing"):
        return failed(
            f"{client.rpc.place} is still syncing: it shows the past.",
            "Wait until it has caught up, or set rpc to another endpoint.",
            node.at_risk(),
        )
    begun = time.monotonic()
    for _ in range(PROBES):
        head = client.block_number()
    latency = (time.monotonic() - begun) / PROBES
    says = f"{client.rpc.place} serves chain {client.chain_id}, block {head:,}, {latency * 1000:.0f} ms a request"
    if latency > SLOW_SECONDS:
        return warning(says, "Set rpc to an endpoint that is nearer: every duty takes a dozen requests.")
    return passed(f"{says} ({client.version})")


def clock(node: NodeUnderTest) -> Finding:
    """This machine's clock against the newest block's timestamp."""
    client = node.client()
    ahead = time.time() - client.now()
    if ahead < -SKEW_SECONDS and client.is_local:
        return passed(
            f"{-ahead:,.0f} s behind the newest block, as on a local chain whose time was moved ahead"
        )
    if ahead < -SKEW_SECONDS:
        return failed(
            f"This machine's clock is {-ahead:.0f} s behind the newest block.",
            "Set it by NTP (timedatectl set-ntp true).",
            "Uploads are signed with a deadline by this clock; the service would refuse them as expired.",
        )
    if standstill := no_new_block(client):
        return warning(
            standstill,
            "Start the local chain again with `flock chain up`."
            if client.is_local
            else "Compare with a block explorer; set the clock by NTP; try another rpc.",
            node.at_risk(),
        )
    return passed(f"{abs(ahead):.0f} s {'ahead of' if ahead >= 0 else 'behind'} the newest block")


def contracts(node: NodeUnderTest) -> Finding:
    """The code at the book's addresses against this version's."""
    from flock.chain.deploy.deployment import verify

    there = node.contracts()
    try:
        results = verify(there.client, there.book)
    except RpcUnavailable as problem:
        return warning(
            f"They are there, but their code could not be compared: {problem}",
            "An endpoint that lets eth_call override state (geth, reth, Nethermind, Erigon) can.",
        )
    other = [each.contract for each in results if not each.matches and each.contract != "FlockToken"]
    if other:
        return failed(
            f"The code of {', '.join(other)} is not this version's.",
            "Use the version of flock that deployed it, or the right address book (addresses).",
            node.at_risk(),
        )
    return passed(f"AllianceRounds {there.alliance_rounds.address}; all code is this version's")


def task(node: NodeUnderTest) -> Finding:
    """Whether there is anything left to do on the task."""
    standing, number = node.standing(), node.settings.task
    view, state = standing.view, standing.task.state
    listed = node.contracts().alliance_rounds.member_count(number)
    if standing.is_over:
        word = "over" if state is TaskState.RUNNING else state.name.lower()
        return warning(
            f"Task {number} is {word}: a node only withdraws and leaves.", "flock task list shows others."
        )
    return passed(
        f"Task {number} is {state.name.lower()}, round {view.number} ({view.phase.name.lower()}), "
        f"{view.decided} of {view.planned} decided, {listed} members"
    )
