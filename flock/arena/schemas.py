"""What the Arena's service answers.

Amounts are decimal text, digests 0x hex, scores millionths of the metric's unit, times Unix seconds.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flock.arena import examples
from flock.arena.models import MemberStanding, TaskStage
from flock.arena.submission_states import SubmissionStatus
from flock.economy.api.to_sign import ToSign
from flock.web.fields import Account, Amount, Digest, Page

QueueName = Literal["open", "sealed", "final"]
RoleName = Literal["trainer", "validator"]
SetName = Literal["a", "b"]
PhaseName = Literal["drawing", "scoring", "replacing", "revealing", "judging", "over"]

HEX = "^(0x)?[0-9a-fA-F]{64}$"


def shown(example: examples.Example) -> ConfigDict:
    """The configuration of an answer with this example in the OpenAPI document."""
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [example]})


class ArenaFilter(Page):
    """Which Arenas."""

    stage: TaskStage | None = None
    creator: Account | None = None


class SubmissionFilter(Page):
    """Which submissions."""

    account: Account | None = Field(default=None, description="Their trainer")


class MemberFilter(Page):
    """Which members."""

    role: RoleName | None = None
    standing: MemberStanding | None = None


class LeaderboardPage(Page):
    """Which part of which ranking; ``after`` counts ranks."""

    set: SetName | None = Field(default=None, description="By default the one that counts now")


class ArenaAnswer(BaseModel):
    """An Arena and how far it is. ``validators`` counts those on the list."""

    model_config = shown(examples.ARENA)

    id: int
    creator: Account
    stage: TaskStage
    stage_ends_at: int | None = Field(default=None, description="Deadline of the stage, if it has one")
    bounty: Amount
    streamed: Amount = Field(description="wei of the bounty sent to where rewards are paid")
    is_bonded: bool
    key: Digest | None = Field(default=None, description="What decrypts set B, once it is open")
    key_is_lost: bool
    submissions: int
    windows: int
    trainers: int
    validators: int
    metadata: str = Field(description="CID of the task's metadata")
    is_on_b: bool | None = Field(default=None, description="Whether the final ranking is that on set B")
    winner: int | None = Field(default=None, description="The submission in the first place, once finished")
    model: str | None = Field(default=None, description="CID of its artifact")
    refund: Amount | None = None
    to_treasury: Amount | None = None
    parameters: dict[str, int | str | bool]


class RankAnswer(BaseModel):
    """A rank of the leaderboard: each trainer has one.

    The first ones are the places on chain, where a later submission outranks an earlier one only if it is better by
    more than the tolerance. Whoever has none follows by score, the earlier submission first.
    """

    model_config = shown(examples.RANK)

    rank: int = Field(description="from 1")
    is_placed: bool = Field(description="whether it is a place on chain, which finals and rewards go by")
    account: Account
    submission: int
    score: int
    submitted_at: int
    copy_of: int | None = Field(
        default=None,
        description="an earlier submission that was disclosed with the same digest",
    )


class MemberAnswer(BaseModel):
    """A member of a task, and what windows made of it."""

    model_config = shown(examples.MEMBER)

    id: int = Field(description="on the chain, for good; what `after` counts by")
    account: Account
    role: RoleName
    standing: MemberStanding
    stake: Amount = Field(description="gm, as enrolled")
    position: int | None = Field(default=None, description="place in the validators' list")
    submissions: int
    best: int | None = Field(default=None, description="best submission on set A")
    judged: int
    strikes: int
    misses: int
    absences: int
    retained_until: int | None = None
    slashed: Amount = Field(description="gm")
    slashed_flock: Amount = Field(description="wei")
    withdrawn: Amount = Field(description="wei")


class SubmissionAnswer(BaseModel):
    """A submission: always in exactly one state, until ``until`` at the latest; the end if that is null."""

    model_config = shown(examples.SUBMISSION)

    id: int
    account: Account
    state: SubmissionStatus
    until: int | None = None
    ended_by: str | None = Field(default=None, description="who ends the state")
    is_sealed: bool
    submitted_at: int
    commitment: Digest
    digest: Digest | None = Field(
        default=None, description="SHA-256 of the artifact, once disclosed on chain"
    )
    copy_of: int | None = Field(
        default=None,
        description="an earlier submission that was disclosed with the same digest",
    )
    window: int | None = None
    median: int | None = None
    mad: int | None = None
    is_finalist: bool
    final_window: int | None = None
    final_median: int | None = None
    final_mad: int | None = None


class ChangeAnswer(BaseModel):
    """Something that happened to a submission."""

    model_config = shown(examples.CHANGE)

    what: str
    window: int | None = None
    at: int
    block: int
    transaction: str


class RevealAnswer(BaseModel):
    """What a seat of a panel said of a submission."""

    model_config = shown(examples.REVEAL)

    window: int
    seat: int
    account: Account
    stands_in: bool
    score: int | None = None
    failure: str | None = Field(default=None, description="why there is no score")
    duplicate_of: int | None = None
    artifact: Digest = Field(description="SHA-256 of the bytes that were scored")
    loss_root: Digest = Field(description="Merkle root of the losses by example")


class SubmissionPage(SubmissionAnswer):
    """A submission, all that happened to it, and what its panels said, once their time to reveal is over."""

    model_config = shown(examples.SUBMISSION_PAGE)

    queue_place: int | None = Field(
        default=None, description="how many are before it in its queue, while it waits"
    )
    judged_copy_of: int | None = Field(
        default=None,
        description="the submission that most of its panel on set B found it to be a copy of",
    )
    changes: list[ChangeAnswer]
    reveals: list[RevealAnswer]


class WindowAnswer(BaseModel):
    """A window. Deadlines are null before its panels are drawn."""

    model_config = shown(examples.WINDOW)

    number: int
    queue: QueueName
    phase: PhaseName
    submissions: list[int]
    judged: int
    validators: int
    opened_at: int
    seed_block: int | None = None
    seed: Digest | None = None
    second_seed: Digest | None = None
    commit_ends_at: int | None = None
    replace_ends_at: int | None = None
    reveal_ends_at: int | None = None
    keeper: Account | None = None
    transaction: str


class PanelSeatAnswer(BaseModel):
    """Who scores a submission of a window, and how far that is; scores are with the submission."""

    model_config = shown(examples.PANEL_SEAT)

    slot: int
    submission: int
    account: Account
    substitute: Account | None = None
    has_committed: bool
    substitute_has_committed: bool
    has_revealed: bool


class WindowPage(WindowAnswer):
    """A window and its panels."""

    model_config = shown(examples.WINDOW_PAGE)

    seats: list[PanelSeatAnswer]


class DayAnswer(BaseModel):
    """What happened on a day: submissions made; verdicts on set A; what validators revealed."""

    model_config = shown(examples.DAY)

    day: int = Field(description="its beginning, 00:00 UTC; what `after` counts by")
    submissions: int
    scored: int
    failed: int
    void: int = Field(description="without a verdict, so with their quota back")
    cancelled: int
    validations: int = Field(description="scores and failures that validators revealed")
    validators: int = Field(
        description="on the list of the day's windows; of several Arenas, the sum of them"
    )


class TaskDayAnswer(DayAnswer):
    """The same of one Arena."""

    model_config = shown(examples.TASK_DAY)

    best: int | None = Field(default=None, description="the best score of the day on set A")


class OpeningDocument(BaseModel):
    """What a submission's commitment hides."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.OPENING]})

    digest: Annotated[str, Field(pattern=HEX, description="SHA-256 of the artifact, in hex")]
    salt: Annotated[str, Field(pattern=HEX, description="32 bytes, in hex")]


class ArenaCreationAnswer(BaseModel):
    """An Arena as it was asked for, to be made with ``transactions``, in their order."""

    model_config = shown(examples.CREATION)

    bounty: Amount
    metadata: str = Field(description="CID, stored here as a draft")
    metadata_digest: Digest = Field(description="SHA-256, as the chain will have it")
    parameters: dict[str, int | str | bool]
    transactions: list[ToSign]
