"""A competition's creation: the funded task on chain, its creator's bond, and its files in the service."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flock.devnet.arena.competition import Competition
from flock.devnet.arena.terms import BOUNTY, CREATOR_BOND, terms_of

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from flock.devnet.arena.network import ArenaNetwork
    from flock.devnet.arena.tasks import DemoArena

CREATION_FEES = 1_000 * 10**18


def create(network: ArenaNetwork, arena: DemoArena, baseline: bytes, baseline_score: int) -> Competition:
    """A task of ``arena``; ``baseline`` is an artifact, its score in millionths."""
    from flock.arena.sealing import new_key, sealed
    from flock.arena.task_document import parse_document
    from flock.protocol.core.cid import cid_of, digest_of
    from flock.protocol.core.units import Wei

    devnet, contracts, sets = network.devnet, network.contracts, arena.sets
    key_b = new_key()
    cipher_b, training = sealed(sets.hidden_b.encoded(), key_b), sets.training.encoded()
    document = {
        **arena.document,
        "baseline": cid_of(digest_of(baseline)),
        "training_set": cid_of(digest_of(training)),
    }
    metadata = json.dumps(document, sort_keys=True).encode()
    parameters = terms_of(arena, devnet.client.now(), baseline_score, cipher_b, key_b)
    founder = devnet.account(flock=BOUNTY + CREATOR_BOND + CREATION_FEES)
    arguments = contracts.arena_board.creation_arguments(parameters, digest_of(metadata), Wei(BOUNTY))
    sender = devnet.sender(founder)
    task = contracts.task_manager.create_by(sender, contracts.token, arguments, BOUNTY)
    contracts.arena_board.bond(sender, contracts.token, task, CREATOR_BOND)
    creator = network.actor(founder, task, parameters)
    keeper = network.actor(devnet.account(), task, parameters)
    competition = Competition(network, arena, parse_document(document), key_b, creator, keeper)
    network.catch_up()
    _publish(network, founder, task, [metadata, baseline, training])
    now = devnet.client.now()
    creator.service.put_set(task, "a", sets.hidden_a.encoded(), now)
    creator.service.put_set(task, "b", cipher_b, now)
    return competition


def _publish(network: ArenaNetwork, creator: LocalAccount, task: int, blobs: Sequence[bytes]) -> None:
    from flock.store.http_blobs import HttpBlobs
    from flock.store.uploads import Uploader

    domain, clock = network.contracts.deployment_domain, network.devnet.client.now
    uploader = Uploader(domain, task, creator.address, creator, clock=clock)
    with HttpBlobs(network.service, uploader) as store:
        for data in blobs:
            store.put(data)
