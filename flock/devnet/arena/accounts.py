"""What each member of a competition got and lost: read from chain and service, and recomputed from the events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median_low
from typing import TYPE_CHECKING, Any

from flock.devnet.arena.members import HONEST
from flock.devnet.arena.report import (
    ArenaReport,
    Comparison,
    Kinds,
    SettlementReport,
    TrainerRow,
    ValidatorRow,
)
from flock.devnet.arena.terms import EVALUATION_FEE
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import NO_WEI, Wei

if TYPE_CHECKING:
    from flock.arena.client import ArenaClient
    from flock.devnet.arena.competition import Competition
    from flock.devnet.arena.members import Trainer, Validator
    from flock.devnet.arena.network import ArenaNetwork
    from flock.protocol.economy.history import History
    from flock.protocol.economy.ledger import DaySettlement
    from flock.protocol.economy.pay_rule import Work

SETTLERS_FLOCK = 100_000 * 10**18
NOTHING = Entry(NO_WEI, NO_WEI)


@dataclass(frozen=True)
class Settled:
    """What everybody can recompute."""

    history: History
    settlement: DaySettlement

    def entry(self, account: str) -> Entry:
        """What an account is given of all days."""
        return self.settlement.entries.get(account, NOTHING)

    def sum_of(self, accounts: Iterable[str]) -> Entry:
        """What these are given together."""
        entries = [self.entry(account) for account in accounts]
        return Entry(Wei(sum(each.liquid for each in entries)), Wei(sum(each.vesting for each in entries)))


def settlement_report(
    network: ArenaNetwork, games: Sequence[Competition]
) -> tuple[SettlementReport, Settled]:
    """Emit, post and serve the root of all days as a settler does, verify it as anybody can, claim for all."""
    from flock.economy.history import read_history
    from flock.economy.settler import Activate, Emit, Post
    from flock.economy.settling import posting_of, verify

    contracts, devnet = network.contracts, network.devnet
    settler = devnet.sender(devnet.account(flock=SETTLERS_FLOCK))
    network.pass_to_next_day(0)
    emit = Emit(contracts, settler)
    while emit():
        pass
    Post(contracts, settler, lambda _: None)()
    posting = posting_of(contracts)
    verification = verify(contracts, posting)
    network.pass_to(contracts.settlement.root_of(posting.id).active_at)
    Activate(contracts, settler)()
    checks = verification, verify(contracts, posting)
    settled = Settled(
        read_history(contracts, verification.recomputed.block), verification.recomputed.settlement
    )
    members = {each.actor.account for game in games for each in game.members}
    given = settled.sum_of(members).total
    total, emitted = settled.settlement.total, contracts.emissions.emitted()
    report = SettlementReport(
        root="0x" + posting.root.hex(),
        recomputed_root="0x" + verification.recomputed.root.hex(),
        faults=list(dict.fromkeys(str(fault) for found in checks for fault in found.faults)),
        emitted=str(emitted),
        to_members=str(given),
        to_treasury=str(total - given),
        set_aside=str(settled.settlement.set_aside),
        claimed=str(_claimed(network, [each for each in sorted(members) if settled.entry(each).total])),
        left_in_board=str(contracts.token.balance_of(contracts.arena_board.address)),
    )
    return report, settled


def _claimed(network: ArenaNetwork, accounts: Sequence[str]) -> int:
    """What they were paid, or what vests for them, once somebody has claimed for all."""
    from flock.economy.operations.claiming import claim

    somebody = network.devnet.account()
    claim(network.contracts, somebody.address, accounts).send_by(network.devnet.sender(somebody))
    return sum(network.contracts.distributor.claimed_of(account).total for account in accounts)


def arena_report(game: Competition, settled: Settled) -> ArenaReport:
    """The tables of one competition."""
    from flock.arena.client import ArenaClient

    game.network.catch_up()
    with ArenaClient(game.network.service) as service:
        return _Accounts(game, settled, service).report()


@dataclass(frozen=True)
class _Accounts:
    """One competition's books, as the service shows them after the end."""

    game: Competition
    settled: Settled
    service: ArenaClient

    def report(self) -> ArenaReport:
        trainers = [self._trainer(each) for each in self.game.trainers]
        validators = [self._validator(each) for each in self.game.validators]
        return ArenaReport(
            self.game.task,
            self.game.arena.title,
            self.game.arena.metric,
            str(self.game.creator.parameters.baseline),
            self._kinds(),
            trainers,
            validators,
            [*_cheats_among(trainers, self.game.peers), *_cheats_among(validators, {})],
        )

    def _kinds(self) -> Kinds:
        task, game = self.service.task(self.game.task), self.game
        trainers = self.settled.sum_of(each.actor.account for each in game.trainers)
        validators = self.settled.sum_of(each.actor.account for each in game.validators)
        return Kinds(
            bounty=task["bounty"],
            streamed=task["streamed"],
            refunded=task["refund"] or "0",
            keepers=str(game.paid_to_keeper),
            trainers_at_once=str(trainers.liquid),
            trainers_vesting=str(trainers.vesting),
            validators_at_once=str(validators.liquid),
            validators_vesting=str(validators.vesting),
        )

    def _trainer(self, trainer: Trainer) -> TrainerRow:
        account = trainer.actor.account
        own = [each for each in self._submissions if each["account"] == account]
        fees = len(own) * EVALUATION_FEE - int(self._members[account]["withdrawn"])
        entry = self.settled.entry(account)
        return TrainerRow(
            trainer.name,
            trainer.kind,
            account,
            str(entry.liquid),
            str(entry.vesting),
            str(fees + int(self._members[account]["slashed_flock"])),
            self._ranking.index(account) + 1 if account in self._ranking else None,
            _least(each["median"] for each in own),
            _least(each["final_median"] for each in own),
            next(filter(None, map(self._copied_from, own)), None),
            len([each for each in own if each["state"] == "failed"]),
        )

    def _validator(self, validator: Validator) -> ValidatorRow:
        account, row = validator.actor.account, self._members[validator.actor.account]
        own = self._distances.get(account, ())
        entry = self.settled.entry(account)
        return ValidatorRow(
            validator.name,
            validator.kind,
            account,
            str(entry.liquid),
            str(entry.vesting),
            row["slashed_flock"],
            row["judged"],
            sum(own) // len(own) if own else None,
            row["strikes"],
            row["misses"],
            row["absences"],
            validator.watch.refresh().validator.is_suspended,
        )

    @cached_property
    def _members(self) -> Mapping[str, Mapping[str, Any]]:
        return {row["account"]: row for row in self.service.members(self.game.task)}

    @cached_property
    def _submissions(self) -> Sequence[Mapping[str, Any]]:
        """Each with all that is known of it."""
        task = self.game.task
        return [self.service.submission(task, each["id"]) for each in self.service.submissions(task)]

    @cached_property
    def _work(self) -> Sequence[Work]:
        """What the events of this task are worth to the settlement."""
        from flock.protocol.economy.history import WorkDone

        events = self.settled.history.events
        return [each.work for each in events if isinstance(each, WorkDone) and each.task == self.game.task]

    @cached_property
    def _ranking(self) -> Sequence[str]:
        """Accounts in the final ranking, as it is paid by."""
        from flock.protocol.arena.sharing import Ranked

        finals = [each.trainers for each in self._work if isinstance(each, Ranked) and each.is_final]
        return finals[-1] if finals else ()

    @cached_property
    def _distances(self) -> Mapping[str, Sequence[int]]:
        """Of every reveal that had a median to be compared with, in millionths, by account."""
        from flock.protocol.arena.sharing import Judged

        found: dict[str, list[int]] = defaultdict(list)
        for work in self._work:
            for account, distance in work.distances if isinstance(work, Judged) else ():
                found[account].append(distance)
        return found

    def _copied_from(self, submission: Mapping[str, Any]) -> str | None:
        """The trainer whose submission it is a copy of: by its digest, or as its panel found."""
        original = submission["copy_of"] or submission["judged_copy_of"]
        accounts = {each["id"]: each["account"] for each in self._submissions}
        names = {each.actor.account: each.name for each in self.game.trainers}
        return names[accounts[original]] if original else None


def _least(scores: Iterable[int | None]) -> int | None:
    return min((score for score in scores if score is not None), default=None)


def _cheats_among(
    rows: Sequence[TrainerRow] | Sequence[ValidatorRow], peers: Mapping[str, str]
) -> list[Comparison]:
    """Each cheat beside the peer that is named for its kind, else beside the median of the honest."""
    honest = [row for row in rows if row.kind.startswith(HONEST)]
    usual = median_low(row.net for row in honest)
    ordinary = next(row for row in honest if row.net == usual)
    by_name = {row.name: row for row in honest}
    cheats = [row for row in rows if not row.kind.startswith(HONEST)]
    beside = [(row, by_name.get(peers.get(row.kind, ""), ordinary)) for row in cheats]
    return [Comparison(row.name, row.kind, str(row.net), peer.name, str(peer.net)) for row, peer in beside]
