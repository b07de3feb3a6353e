"""What one run of the study is: every number that decides its result."""

from dataclasses import dataclass, replace
from zlib import crc32

from flock.protocol.alliance.params import AllianceParameters
from flock.protocol.core.schedule import MAX_TASK_SECONDS
from flock.protocol.core.units import WAD, Gm, Wei

MINIMUM = Gm(100 * WAD)
BOUNTY = Wei(50_000 * WAD)
START = 1_800_000_000
PHASE_SECONDS = 12


@dataclass(frozen=True)
class Setting:
    """One run; its fields in this order are its key among the results.

    ``malicious`` is the share of attackers among the members in per cent, ``lr_scale`` multiplies the
    data set's learning rate, ``stake`` is what each member stakes in minimum stakes.
    ``harmful_cosine`` other than 0 judges harm as the protocol does not: to see whether it should.
    """

    data: str = "nmes1988"
    split: str = "iid"
    attack: str = "none"
    malicious: int = 0
    rule: int = 131
    seed: int = 0
    members: int = 50
    rounds: int = 30
    proposers: int = 15
    voters: int = 15
    byzantine_bps: int = 4_000
    tolerance_bps: int = 100
    window: int = 16
    limit: int = 8
    slash_bps: int = 100
    stake: int = 4
    lr_scale: float = 1.0
    harmful_cosine: float = 0.0

    @property
    def attackers(self) -> int:
        """How many members attack."""
        return self.members * self.malicious // 100

    @property
    def world(self) -> int:
        """The seed of the draws and of who attacks: runs that differ in attack or terms only share it."""
        return crc32(f"{self.data} {self.split} {self.seed}".encode())

    def parameters(self, initial_model: bytes) -> AllianceParameters:
        """The terms of the task."""
        return AllianceParameters(
            planned_rounds=self.rounds,
            proposer_seats=self.proposers,
            voter_seats=self.voters,
            minimum_members=self.proposers + self.voters,
            max_members=self.members,
            propose_seconds=PHASE_SECONDS,
            attest_seconds=PHASE_SECONDS,
            commit_seconds=PHASE_SECONDS,
            reveal_seconds=PHASE_SECONDS,
            starts_at=START,
            start_by=START + 1_000,
            ends_at=START + MAX_TASK_SECONDS // 2,
            minimum_stake=MINIMUM,
            rule=self.rule,
            byzantine_bps=self.byzantine_bps,
            vote_tolerance_bps=self.tolerance_bps,
            strike_window=self.window,
            strike_limit=self.limit,
            slash_bps=self.slash_bps,
            initial_model=initial_model,
        )


def is_default(setting: Setting, **but: object) -> bool:
    """Whether the setting's terms are the defaults, those named in ``but`` aside, which are as told."""
    world = {"data": setting.data, "split": setting.split, "seed": setting.seed}
    attack = {"attack": setting.attack, "malicious": setting.malicious}
    return setting == replace(Setting(), **{**world, **attack, **but})  # type: ignore[arg-type]
