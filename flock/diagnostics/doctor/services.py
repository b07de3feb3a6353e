"""Whom the node talks to: the Alliance service, and the coordinator if one is named."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING

from flock.diagnostics.doctor.report import Finding, failed, passed, warning

if TYPE_CHECKING:
    from flock.diagnostics.doctor.node_under_test import NodeUnderTest
    from flock.training.flower.endpoint import Endpoint

LAG_BLOCKS = 20
PATIENCE_SECONDS = 5.0
FASTER = "Without one the node does its duties from the chain alone: rounds take longer, nothing is lost."


def alliance(node: NodeUnderTest) -> Finding:
    """The service: there, of the same deployment, up to date."""
    from flock.alliance.client import AllianceClient

    begun = time.monotonic()
    with AllianceClient(node.settings.alliance) as service:
        health = service.health()
    latency = time.monotonic() - begun
    ours = node.contracts().deployment_domain
    if (health.chain_id, health.contract) != (ours.chain_id, ours.contract):
        return failed(
            f"{service.place} serves the contract {health.contract} on chain {health.chain_id}, "
            f"not {ours.contract} on chain {ours.chain_id}.",
            "Set alliance to the service of this deployment.",
            node.at_risk(),
        )
    lag = max(0, health.head - health.projected)
    says = f"{service.place} answers in {latency * 1000:.0f} ms, {lag} blocks behind the chain"
    if lag > LAG_BLOCKS:
        return warning(
            f"{says}.",
            "Tell whoever runs it; `flock alliance replay` makes its rows anew.",
            "It checks uploads and proposals against the chain itself; only what it shows is old.",
        )
    return passed(says)


def coordinator(node: NodeUnderTest) -> Finding:
    """The coordinator's Flower address: reachable, and over TLS its certificate."""
    import httpx

    from flock.store.http_clients import http_client
    from flock.training.flower.endpoint import coordinator_endpoint

    address = node.settings.coordinator
    if not address:
        return passed(f"None is set. {FASTER}")
    endpoint = coordinator_endpoint(address, node.settings.coordinator_ca)
    try:
        with http_client(endpoint.url, verify=_trust(endpoint), timeout=PATIENCE_SECONDS) as http:
            http.get(endpoint.url)
    except httpx.HTTPError as problem:
        return _unreachable(endpoint.url, problem)
    return passed(f"{endpoint.url} answers" + ("" if endpoint.plain else ", and its certificate holds"))


def _trust(endpoint: Endpoint) -> ssl.SSLContext | bool:
    if endpoint.plain or endpoint.ca is None:
        return True
    return ssl.create_default_context(cadata=endpoint.ca.decode("ascii"))


def _unreachable(address: str, problem: Exception) -> Finding:
    from flock.store.http_clients import through_proxy

    if "CERTIFICATE_VERIFY_FAILED" in str(problem):
        return failed(
            f"The certificate of {address} does not hold ({problem}).",
            "Get the CA certificate from whoever runs the coordinator, and name it in coordinator_ca.",
            f"The node will not talk to it. {FASTER}",
        )
    return warning(
        f"{address} does not answer{through_proxy(address)} ({str(problem) or type(problem).__name__}).",
        'Ask whoever runs it, correct coordinator, or set it to "" to work without.',
        FASTER,
    )
