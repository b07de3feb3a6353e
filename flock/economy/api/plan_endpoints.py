"""Plans over HTTP: what an act would change and cost, and the transactions for a wallet to sign. Nothing is sent.

They read ``app.state.economy``, as the economy's other endpoints do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eth_utils.address import to_checksum_address
from fastapi import APIRouter

from flock.economy.api import plan_answers as answers
from flock.economy.api import plan_schemas as schemas
from flock.economy.api.endpoints import NOT_YET, Reader
from flock.economy.api.reader import Economy
from flock.economy.governance.polls import Poll, poll_named
from flock.economy.governance.proposal_parser import calls_for
from flock.economy.operations import claiming, collecting, delegating, governing, membership, staking
from flock.economy.operations.governing import Draft
from flock.economy.operations.plans import Plan
from flock.errors import BadConfig, ContractRefused, NoFunds, NoStake, Refused, UnknownTask
from flock.web.errors import BadFields
from flock.web.problems import problems

REFUSED = ContractRefused(
    "The stake is held until round 7 is finalised: try again after that.", "StakeIsHeld"
)
NO_TASK = UnknownTask("Chain 31337 knows no task 99. Set `task` to one that `flock task list` shows.")
ANSWERS = problems(REFUSED)
ON_TASKS = problems(REFUSED, NO_TASK)
IN_TIME = problems(REFUSED, NOT_YET)

router = APIRouter(tags=["plans"])


@contextmanager
def naming(field: str) -> Iterator[None]:
    """What a field's text does not mean is that field's fault."""
    try:
        yield
    except BadConfig as problem:
        raise BadFields({field: str(problem)}) from None


def planned(make: Callable[[], Plan]) -> schemas.PlanAnswer:
    """The answer to what is asked. A lack on the account's side is not the service's fault: raises Refused."""
    try:
        return answers.plan(make())
    except (BadConfig, NoFunds, NoStake) as problem:
        raise Refused(str(problem)) from None


def _poll(economy: Economy, proposal: str) -> Poll:
    with naming("proposal"):
        return poll_named(economy.contracts, proposal, economy.proposals()[::-1])


@router.post("/preview", summary="What a transaction would do", responses=ANSWERS)
def preview(economy: Reader, body: schemas.CallRequest) -> schemas.PreviewAnswer:
    """A call of one of flock's contracts in words, with what the sender has before and after it, and its fee."""
    return answers.call(
        economy.contracts, body.sender, to_checksum_address(body.to), bytes.fromhex(body.data[2:])
    )


# ---- stake


@router.post("/plans/lock", summary="Lock FLOCK", responses=ANSWERS)
def lock(economy: Reader, body: schemas.LockRequest) -> schemas.PlanAnswer:
    """Lock FLOCK, or add to a lock: gmFLOCK to stake, to delegate and to vote with."""
    return planned(lambda: staking.lock(economy.contracts, body.account, body.wei, body.days))


@router.post("/plans/extend", summary="Make a lock last longer", responses=ANSWERS)
def extend(economy: Reader, body: schemas.ExtendRequest) -> schemas.PlanAnswer:
    """What is free of it is rated by the new time, and never falls."""
    return planned(lambda: staking.extend(economy.contracts, body.account, body.days))


@router.post("/plans/stake", summary="Put gmFLOCK on a task", responses=ON_TASKS)
def stake(economy: Reader, body: schemas.StakeRequest) -> schemas.PlanAnswer:
    """Free gmFLOCK of the account."""
    return planned(lambda: staking.add(economy.contracts, body.account, body.gm, body.task))


@router.post("/plans/unstake", summary="Take gmFLOCK off a task", responses=ON_TASKS)
def unstake(economy: Reader, body: schemas.StakeRequest) -> schemas.PlanAnswer:
    """It is free again at once, if no duty holds it."""
    return planned(lambda: staking.remove(economy.contracts, body.account, body.gm, body.task))


@router.post("/plans/redeem", summary="Turn gmFLOCK back into FLOCK", responses=ANSWERS)
def redeem(economy: Reader, body: schemas.PartRequest) -> schemas.PlanAnswer:
    """A week after the end of the lock was counted."""
    return planned(lambda: staking.redeem(economy.contracts, body.account, body.gm))


@router.post("/plans/poke", summary="Count the end of a lock", responses=ANSWERS)
def poke(economy: Reader, body: schemas.PokeRequest) -> schemas.PlanAnswer:
    """It votes no more, and a week later its FLOCK can be redeemed. Anyone may."""
    return planned(lambda: staking.poke(economy.contracts, body.account, body.poked))


@router.post("/plans/operator", summary="Name the key that acts on tasks", responses=ANSWERS)
def operator(economy: Reader, body: schemas.OperatorRequest) -> schemas.PlanAnswer:
    """The one before stops at once."""
    return planned(lambda: staking.operator(economy.contracts, body.account, body.operator))


# ---- delegation


@router.post("/plans/accept", summary="Take delegation on a task", responses=ON_TASKS)
def accept(economy: Reader, body: schemas.AcceptRequest) -> schemas.PlanAnswer:
    """On these terms, or no more of it."""
    terms = body.task, body.commission_bps
    return planned(lambda: delegating.accept(economy.contracts, body.account, *terms, is_open=body.open))


@router.post("/plans/delegate", summary="Back an operator on a task", responses=ON_TASKS)
def delegate(economy: Reader, body: schemas.DelegateRequest) -> schemas.PlanAnswer:
    """Put free gmFLOCK into its pool, as far as its own stake bears."""
    move = body.operator, body.gm, body.task
    return planned(lambda: delegating.delegate(economy.contracts, body.account, *move))


@router.post("/plans/undelegate", summary="Begin to take backing back", responses=ON_TASKS)
def undelegate(economy: Reader, body: schemas.DelegateRequest) -> schemas.PlanAnswer:
    """Collecting brings it back after the cool-down."""
    move = body.operator, body.gm, body.task
    return planned(lambda: delegating.undo(economy.contracts, body.account, *move))


@router.post("/plans/move", summary="Move backing between pools", responses=ON_TASKS)
def move(economy: Reader, body: schemas.MoveRequest) -> schemas.PlanAnswer:
    """From a pool of a task that has ended straight into another, without cool-down."""
    old, new = (body.from_operator, body.from_task), (body.to_operator, body.to_task)
    return planned(lambda: delegating.move(economy.contracts, body.account, body.gm, old, new))


@router.post("/plans/collect", summary="Bring back what has left pools", responses=IN_TIME)
def collect(economy: Reader, body: schemas.CollectRequest) -> schemas.PlanAnswer:
    """What leaves a pool whose operator sits in a round is queued behind that round."""
    where = body.operator, body.task, body.delegator
    places = economy.places()
    return planned(lambda: collecting.collect(economy.contracts, body.account, *where, places=places))


# ---- membership and rewards


@router.post("/plans/leave", summary="Leave a task", responses=ON_TASKS)
def leave(economy: Reader, body: schemas.OnTaskRequest) -> schemas.PlanAnswer:
    """Off its list; at the end of the round where the account sits in one."""
    return planned(lambda: membership.leave(economy.contracts, body.account, body.task))


@router.post("/plans/withdraw", summary="Have earnings of a task paid out", responses=ON_TASKS)
def withdraw(economy: Reader, body: schemas.OnTaskRequest) -> schemas.PlanAnswer:
    """What the account's seats have earned there."""
    return planned(lambda: membership.withdraw(economy.contracts, body.account, body.task))


@router.post("/plans/claim", summary="Claim rewards", responses=IN_TIME)
def claim(economy: Reader, body: schemas.ClaimRequest) -> schemas.PlanAnswer:
    """What the served root owes, with its proof. Whoever signs, it goes to those who earned it."""
    computed = economy.computed()
    asked = body.account, body.for_accounts
    return planned(lambda: claiming.claim(economy.contracts, *asked, computed=computed))


@router.post("/plans/release", summary="Have paid out what has vested", responses=ANSWERS)
def release(economy: Reader, body: schemas.ClaimRequest) -> schemas.PlanAnswer:
    """Of the streams of these accounts."""
    return planned(lambda: claiming.release(economy.contracts, body.account, body.for_accounts))


# ---- governance


@router.post("/plans/propose", summary="Propose a change", responses=ANSWERS)
def propose(economy: Reader, body: schemas.ProposeRequest) -> schemas.PlanAnswer:
    """What is and what would be is in the notes."""
    with naming("title"):
        Draft((), body.title).description(body.account)
    with naming("words"):
        calls = calls_for(economy.contracts, body.action, body.words)
    draft = Draft(calls, body.title, body.text)
    return planned(lambda: governing.propose(economy.contracts, body.account, draft))


@router.post("/plans/vote", summary="Vote on a proposal", responses=IN_TIME)
def vote(economy: Reader, body: schemas.VoteRequest) -> schemas.PlanAnswer:
    """With all votes of the account; they cannot be changed."""
    found = _poll(economy, body.proposal)
    cast = found, body.support, body.reason
    return planned(lambda: governing.vote(economy.contracts, body.account, *cast))


@router.post("/plans/queue", summary="Queue an accepted proposal", responses=IN_TIME)
def queue(economy: Reader, body: schemas.ProposalRequest) -> schemas.PlanAnswer:
    """Start the Timelock's delay. Anyone may."""
    found = _poll(economy, body.proposal)
    return planned(lambda: governing.queue(economy.contracts, body.account, found))


@router.post("/plans/execute", summary="Execute a queued proposal", responses=IN_TIME)
def execute(economy: Reader, body: schemas.ProposalRequest) -> schemas.PlanAnswer:
    """Once its delay is over. Anyone may."""
    found = _poll(economy, body.proposal)
    return planned(lambda: governing.execute(economy.contracts, body.account, found))


@router.post("/plans/cancel", summary="Cancel a proposal", responses=IN_TIME)
def cancel(economy: Reader, body: schemas.ProposalRequest) -> schemas.PlanAnswer:
    """By its proposer before voting begins, by the guardian until it is executed."""
    found = _poll(economy, body.proposal)
    return planned(lambda: governing.cancel(economy.contracts, body.account, found))
