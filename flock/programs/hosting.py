"""From settings to a host of the Marketplace, which runs until it is told to stop."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from flock import log
from flock.errors import BadConfig, Refused
from flock.store.text_files import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Patience
    from flock.marketplace.gate.quotes import PaymentToken
    from flock.marketplace.host.app import Trade
    from flock.marketplace.host.serving import ComputedModel, RelayedModel, Served
    from flock.marketplace.host.shelf import Shelf
    from flock.programs.settings import HostedModel, HostSettings

MEBIBYTE = 1 << 20
Given = TypeVar("Given")


def run_host(settings: HostSettings) -> None:
    """Serve models for money until told to stop; then take no calls, and finish those that run.

    Raises BadConfig if another host works in its home, and Misconfigured if a model cannot be served.
    """
    from flock.chain.sending.sender import open_sender
    from flock.marketplace.host.app import build_host
    from flock.marketplace.host.serving import Catalogue
    from flock.programs.alone import alone_in
    from flock.programs.wiring import contracts_of, key_of
    from flock.store.database import migrate, open_database
    from flock.web.serve import serve

    log.configure(settings.log_level)
    key = key_of(settings, settings.key)
    with alone_in(settings.home, "host"), ExitStack() as opened:
        contracts = contracts_of(settings)
        opened.callback(contracts.client.close)
        database = open_database(settings.database or str(settings.home / "flock.db"))
        opened.callback(database.close)
        migrate(database)
        sender = open_sender(contracts.client, key, database, patience_of(settings, contracts))
        trade = trade_of(settings, contracts)
        catalogue = Catalogue(models_of(settings, contracts, opened))
        host = build_host(contracts, sender, key, database, catalogue, trade)
        opened.callback(host.threads.shutdown, wait=False, cancel_futures=True)
        log.logger().info("host_started", account=sender.address, models=[model.name for model in catalogue])
        serve(
            host.app,
            host.background,
            settings.host,
            settings.port,
            grace=settings.drain_seconds,
            on_leave=host.counters.drain,
        )


def patience_of(settings: HostSettings, contracts: Contracts) -> Patience:
    """How long to wait for a payment: short polls on a chain that mines at once."""
    from flock.chain.sending.sender import REMOTE, Patience

    usual = Patience(poll=0.01) if contracts.client.is_local else REMOTE
    return replace(usual, give_up=float(settings.settle_seconds))


def trade_of(settings: HostSettings, contracts: Contracts) -> Trade:
    """How the host sells. Raises BadConfig for tokens that the market does not list."""
    from flock.marketplace.gate.payments import Keeping
    from flock.marketplace.host.app import Trade
    from flock.programs.wiring import url_of
    from flock.web.app import Exposure
    from flock.web.rates import Rates

    exposure = Exposure(
        url=settings.public_url or url_of(settings.host, settings.port),
        proxies=settings.proxies,
        rates=Rates(settings.requests_per_minute),
    )
    return Trade(
        name=settings.name,
        tokens=tokens_of(settings, contracts),
        exposure=exposure,
        keeping=Keeping(settings.call_seconds + settings.settle_seconds, settings.keep_answer_seconds),
        most_calls=settings.max_calls,
        poll_seconds=settings.poll_seconds,
        call_seconds=settings.call_seconds,
    )


def tokens_of(settings: HostSettings, contracts: Contracts) -> Sequence[PaymentToken]:
    from flock.chain.addresses import parse_address
    from flock.marketplace.gate.quotes import payment_token

    try:
        places = [
            contracts.token.address if named == "FLOCK" else parse_address(named) for named in settings.tokens
        ]
    except ValueError as error:
        raise BadConfig(f"`tokens` in the configuration: {error}; write FLOCK or an address.") from None
    return [payment_token(contracts, place) for place in places]


def models_of(settings: HostSettings, contracts: Contracts, opened: ExitStack) -> Sequence[Served]:
    """What the file lists, checked against the chain. Raises BadConfig."""
    from flock.marketplace.host.shelf import Shelf

    shelf = Shelf(settings.memory_mib * MEBIBYTE, settings.threads, settings.device)
    computing = ThreadPoolExecutor(1, thread_name_prefix="compute")
    opened.callback(computing.shutdown, wait=False, cancel_futures=True)
    return [
        _computed(model, contracts, shelf, computing)
        if model.kind == "builtin"
        else _relayed(model, settings)
        for model in settings.models
    ]


def _computed(
    model: HostedModel, contracts: Contracts, shelf: Shelf, computing: ThreadPoolExecutor
) -> ComputedModel:
    from flock.marketplace.host.documents import describe
    from flock.marketplace.host.serving import ComputedModel
    from flock.protocol.core.cid import digest_of

    artifact, metadata = _given(model.artifact), _given(model.metadata)
    version = contracts.model_market.version_of(model.version)
    document = _bytes_of(metadata, "metadata")
    if version.metadata not in (digest_of(document), digest_of(_canonical(document))):
        raise BadConfig(
            f"{metadata} is not the metadata of version {model.version}, which has the SHA-256 "
            f"{version.metadata.hex()}: name the published document in `metadata`."
        )
    return ComputedModel(
        name=model.name,
        version=model.version,
        digest=version.digest,
        artifact=artifact.absolute(),
        described=describe(document),
        shelf=shelf,
        executor=computing,
        batch=model.batch,
        queue=model.queue,
    )


def _relayed(model: HostedModel, settings: HostSettings) -> RelayedModel:
    from flock.marketplace.host.openai import OpenAiTerms, OpenAiUpstream
    from flock.marketplace.host.serving import RelayedModel

    key = read_text(model.api_key_file).strip() if model.api_key_file else None
    terms = OpenAiTerms(
        _given(model.url),
        _given(model.upstream_name),
        model.name,
        model.max_tokens,
        key,
        float(settings.call_seconds),
    )
    return RelayedModel(model.name, model.version, OpenAiUpstream(terms))


def _given(value: Given | None) -> Given:
    """What a model's kind requires; the settings have seen that it is there."""
    if value is None:
        raise BadConfig("A model in the configuration lacks what its kind needs.")
    return value


def _canonical(document: bytes) -> bytes:
    """What is published of a document that its owner wrote with blanks; the same bytes if it is none."""
    from flock.tasks.documents import canonical_metadata, object_of

    try:
        return canonical_metadata(object_of(json.loads(document)))
    except (ValueError, RecursionError, Refused):
        return document


def _bytes_of(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise BadConfig(f"{path} cannot be read ({problem.strerror}): correct `{field}`.") from None
