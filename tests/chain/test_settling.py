"""A settlement of real events: what is read is what happened, and a posted root is held against it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from flock.chain.address_book import NOBODY
from flock.chain.contracts.deployed import Contracts
from flock.chain.contracts.distributor import Claim
from flock.chain.contracts.settlement import RootState
from flock.chain.deploy.anvil import send_as
from flock.chain.events import topic_of
from flock.chain.sending.sender import Sender
from flock.economy import settling
from flock.economy.history import boards_of, history_of, read_history
from flock.economy.settler import Activate, Emit, Post
from flock.economy.settling import Recomputed, posting_of, recompute, verify
from flock.errors import ContractRefused, NoFunds, Refused, RpcUnavailable
from flock.protocol.alliance.pay_rule import PROPOSER, VOTER
from flock.protocol.core.merkle import Entry
from flock.protocol.core.units import DAY, NO_WEI, WAD, Wei
from flock.protocol.economy.emissions import Weighted, day_of, split
from flock.protocol.economy.history import DelegationRatioSet, PoolEvent, StakeMoved, TermsSet, WorkPaid
from flock.protocol.economy.rewards import RewardTerms
from flock.protocol.economy.standing import Standing
from tests.chain.test_alliance_rounds import STAKE
from tests.conftest import FLOCK, TREASURY, Decree, SenderOf
from tests.consortium import BOUNTY, ROUNDS, Consortium


@pytest.fixture
def settler(rich: Callable[[], LocalAccount], sender_of: SenderOf) -> Sender:
    """Has just the bond."""
    return sender_of(rich())


def ignore(_: Recomputed) -> None:
    """Keep nothing."""


def settled_day(consortium: Consortium, settler: Sender) -> int:
    """One day earned and posted; the number of its root."""
    consortium.earn_a_day()
    assert Post(consortium.contracts, settler, ignore)()
    return consortium.contracts.settlement.pending_id()


# --- The history ---


def test_the_history_has_stakes_and_rounds_with_whom_they_paid(consortium: Consortium) -> None:
    consortium.play_round()
    history = read_history(consortium.contracts)
    stakes = [event for event in history.events if isinstance(event, StakeMoved)]
    assert {(event.account, event.gm) for event in stakes} == {
        (member.address, STAKE) for member in consortium.members
    }
    *_, round_ = (event for event in history.events if isinstance(event, WorkPaid))
    assert sorted(each.account for each in round_.earned) == sorted(
        member.address for member in consortium.members
    )
    assert [each.role for each in round_.earned] == [PROPOSER, VOTER, VOTER]
    assert round_.time // DAY == consortium.today


def test_points_are_what_the_contract_would_pay_in_a_round_worth_one_flock(consortium: Consortium) -> None:
    """Round by round, as the running frequency of acceptance rises; whatever the pool has by then."""
    consortium.play_round()
    contracts, history = consortium.contracts, read_history(consortium.contracts)
    rounds = [event for event in history.events if isinstance(event, WorkPaid)]
    finalised = contracts.alliance_rounds.events("RoundFinalised", 0, "latest", consortium.task)
    pool, left = BOUNTY, ROUNDS
    for round_, told in zip(rounds, finalised, strict=True):
        reward = pool // left
        for _, role, points in round_.earned:
            unit = told.arguments[f"{role.name}_unit"]
            assert points * reward // WAD == pytest.approx(unit, abs=reward // WAD + 1)
            assert points > 0
        pool, left = told.arguments["pool_left"], left - 1
    first, second = (round_.earned[-1] for round_ in rounds)
    assert first.role == second.role == VOTER
    assert second.points < first.points


def test_the_history_has_the_terms_from_the_deployment_on(consortium: Consortium, decree: Decree) -> None:
    decree(consortium.contracts.settlement, "setTerms", (4_000, 700, 1_000, 2_000))
    terms = [e.terms for e in read_history(consortium.contracts).events if isinstance(e, TermsSet)]
    assert terms == [RewardTerms(), RewardTerms(4_000, 700, 1_000, 2_000)]


def test_the_history_has_the_delegation_ratio_from_the_deployment_on(
    consortium: Consortium, decree: Decree
) -> None:
    decree(consortium.contracts.staking, "setDelegationRatio", 3)
    events = read_history(consortium.contracts).events
    assert [event.ratio for event in events if isinstance(event, DelegationRatioSet)] == [10, 3]


def test_a_number_that_another_member_has_now_pays_who_sat_in_the_seat(
    consortium: Consortium, rich: Callable[[], LocalAccount], sender_of: SenderOf
) -> None:
    rounds, task = consortium.contracts.alliance_rounds, consortium.task
    leaver, *staying = consortium.members
    number = rounds.member_of(task, leaver.address).id
    consortium.table.open()
    rounds.leave(leaver, task, leaver.address)
    consortium.table.finish()
    newcomer = sender_of(rich())
    consortium.welcome(newcomer)
    assert rounds.member_of(task, newcomer.address).id == number
    consortium.play_round()
    found = [event for event in read_history(consortium.contracts).events if isinstance(event, WorkPaid)]
    before, after = ({each.account for each in event.earned} for event in found[-2:])
    assert before - after == {leaver.address}
    assert after - before == {newcomer.address}
    assert before & after == {each.address for each in staying}


def test_the_history_ends_at_the_block_it_is_asked_for(consortium: Consortium) -> None:
    contracts = consortium.contracts
    before = contracts.client.block_number()
    consortium.earn_a_day()
    earlier, now = read_history(contracts, before), read_history(contracts)
    assert earlier.next_day < now.next_day
    assert now.events[: len(earlier.events)] == earlier.events


def test_delegations_and_their_slashes_are_followed_to_the_wei(
    consortium: Consortium, rich: Callable[[], LocalAccount], sender_of: SenderOf
) -> None:
    staking, [operator, *_], task = consortium.contracts.staking, consortium.members, consortium.task
    friends = [sender_of(rich()) for _ in range(2)]
    staking.set_pool(operator, task, 5_000, is_open=True)
    for friend in friends:
        staking.lock(friend, consortium.contracts.token, STAKE, 90)
        staking.delegate_to(friend, operator.address, task, STAKE // 3, 5_000)
    _slash(consortium, operator.address, 5_000)
    staking.undelegate(friends[0], operator.address, task, STAKE // 30)
    _slash(consortium, operator.address, 1)
    staking.delegate_to(friends[0], operator.address, task, 7, 5_000)
    standing = Standing()
    for event in read_history(consortium.contracts).events:
        if isinstance(event, StakeMoved):
            standing.move(event)
        elif isinstance(event, PoolEvent):
            standing.change_pool(event)
    now = standing.day_stake((task, operator.address)).end
    there = {friend.address: _staying(consortium, friend.address, operator.address) for friend in friends}
    assert now.own == staking.stake_of(operator.address, task) < STAKE
    assert now.backing.shares == there


def test_times_that_the_endpoint_leaves_out_are_asked_for(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = read_history(consortium.contracts)
    real = consortium.contracts.client.rpc.request

    def silent(method: str, *params: object) -> object:
        answer = real(method, *params)
        if method == "eth_getLogs":
            return [{name: log[name] for name in log if name != "blockTimestamp"} for log in answer]
        return answer

    monkeypatch.setattr(consortium.contracts.client.rpc, "request", silent)
    assert read_history(consortium.contracts) == told


def test_F33_a_round_whose_votes_are_kept_back_is_not_taken_for_unpaid(consortium: Consortium) -> None:
    contracts = consortium.contracts
    logs = contracts.client.logs([contracts.book.alliance_rounds], contracts.book.deployed_block, "latest")
    revealed = contracts.alliance_rounds.abi
    [votes] = [topic for topic, event in revealed.events.items() if event.name == "VoteRevealed"]
    kept = [log for log in logs if log.topics[0] != votes]
    with pytest.raises(
        RpcUnavailable, match="ended as accepted, but the votes that the RPC serves make it void"
    ):
        history_of(kept, boards_of(contracts), TREASURY, 0)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("AllianceOpened", "but not its opening"),
        ("Joined", "but not its joining"),
        ("Drawn", "but not its draw"),
    ],
)
def test_a_history_with_holes_is_refused_in_a_sentence(
    consortium: Consortium, missing: str, words: str
) -> None:
    contracts = consortium.contracts
    logs = contracts.client.logs([contracts.book.alliance_rounds], contracts.book.deployed_block, "latest")
    kept = [log for log in logs if log.topics[0] != topic_of(contracts.alliance_rounds.abi, missing)]
    with pytest.raises(RpcUnavailable, match=words):
        history_of(kept, boards_of(contracts), TREASURY, 0)


def test_what_is_emitted_is_what_the_pure_rule_gives(consortium: Consortium) -> None:
    """A month caught up, so that the budget falls on the way."""
    emissions, task = consortium.contracts.emissions, consortium.task
    consortium.emit()
    before = emissions.schedule()
    consortium.night(days=31)
    consortium.emit()
    days = range(before.next_day, consortium.today)
    emitted = {
        each.day: each.amount
        for each in read_history(consortium.contracts).emissions
        if each.task == task and each.day in days
    }
    weighted = {task: Weighted(emissions.weight_of(task))}
    assert emitted == {day: split(before.budget_on(day), day, weighted)[task] for day in days}
    assert emissions.schedule().budget == before.budget_on(consortium.today) < before.budget


def test_a_task_is_emitted_to_until_the_day_on_which_it_was_closed(consortium: Consortium) -> None:
    contracts, task = consortium.contracts, consortium.task
    consortium.emit()
    before = contracts.emissions.schedule()
    consortium.night(days=61)
    contracts.alliance_rounds.close(consortium.keeper, task)
    closed = contracts.task_manager.task_of(task)
    consortium.night(days=2)
    consortium.emit()
    share = Weighted(contracts.emissions.weight_of(task), until=day_of(closed.closed_at))
    assert {
        each.day: each.amount for each in read_history(contracts).emissions if each.day >= before.next_day
    } == {
        day: split(before.budget_on(day), day, {task: share})[task]
        for day in range(before.next_day, consortium.today - 1)
    }


# --- Posting ---


def test_a_settler_emits_posts_and_serves_what_members_then_claim(
    consortium: Consortium, settler: Sender
) -> None:
    contracts = consortium.contracts
    consortium.play_round()
    consortium.night()
    assert Emit(contracts, settler)()
    assert Post(contracts, settler, ignore)()
    assert not Activate(contracts, settler)()
    consortium.outlast_the_window()
    assert Activate(contracts, settler)()
    computed = recompute(contracts, contracts.settlement.served_day())
    assert contracts.distributor.root() == computed.root
    for account, entry in computed.settlement.entries.items():
        before = contracts.token.balance_of(account)
        proof = computed.document.tree.proof(account)
        contracts.distributor.claim(settler, Claim(account, entry, proof))
        assert contracts.token.balance_of(account) - before == entry.liquid
        assert contracts.distributor.claimed_of(account) == entry


def test_all_that_is_due_is_claimed_in_one_multiproof(consortium: Consortium, settler: Sender) -> None:
    contracts = consortium.contracts
    settled_day(consortium, settler)
    consortium.outlast_the_window()
    Activate(contracts, settler)()
    computed = recompute(contracts, contracts.settlement.served_day())
    entries = computed.settlement.entries
    contracts.distributor.claim_many(settler, computed.document.tree.multiproof(entries))
    assert {account: contracts.distributor.claimed_of(account) for account in entries} == entries


def test_the_same_root_is_posted_once(consortium: Consortium, settler: Sender) -> None:
    settled_day(consortium, settler)
    assert not Post(consortium.contracts, settler, ignore)()
    consortium.outlast_the_window()
    Activate(consortium.contracts, settler)()
    assert not Post(consortium.contracts, settler, ignore)()
    assert consortium.contracts.settlement.root_count() == 1


def test_days_that_pay_nobody_anything_are_not_posted(consortium: Consortium, settler: Sender) -> None:
    settled_day(consortium, settler)
    consortium.outlast_the_window()
    Activate(consortium.contracts, settler)()
    for _ in range(3):
        consortium.night()
    assert not Post(consortium.contracts, settler, ignore)()


def test_a_right_root_that_is_parked_is_not_posted_again_for_the_same_day(
    consortium: Consortium, settler: Sender, admin: LocalAccount, sender_of: SenderOf
) -> None:
    root_id = settled_day(consortium, settler)
    contracts = consortium.contracts
    contracts.settlement.write(sender_of(admin), "disable", "disable", root_id)
    assert not Post(contracts, settler, ignore)()
    assert contracts.settlement.root_count() == 1


def test_a_settler_without_the_bond_is_told_what_it_lacks(
    consortium: Consortium, rich: Callable[[], LocalAccount], sender_of: SenderOf
) -> None:
    poor = sender_of(rich())
    contracts = consortium.contracts
    contracts.token.transfer(poor, consortium.keeper.address, 9_999 * FLOCK)
    consortium.earn_a_day()
    with pytest.raises(NoFunds, match="holds 1 FLOCK of the 10,000"):
        Post(contracts, poor, ignore)()


def test_a_day_whose_emission_is_not_final_is_not_settled_yet(
    consortium: Consortium, settler: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reorganisation could take it away, and then the root would be a lie."""
    contracts = consortium.contracts
    consortium.play_round()
    consortium.night()
    before = contracts.client.block_number()
    consortium.emit()
    post = Post(contracts, settler, ignore)
    monkeypatch.setattr("flock.economy.settler.final_block", lambda _: before)
    assert not post()
    monkeypatch.undo()
    assert post()


# --- Verifying ---


def test_an_honest_root_is_right(consortium: Consortium, settler: Sender) -> None:
    verification = verify(
        consortium.contracts, posting_of(consortium.contracts, settled_day(consortium, settler))
    )
    assert verification.is_right
    assert verification.state is RootState.PENDING


def test_a_root_stays_right_however_late_it_is_verified(consortium: Consortium, settler: Sender) -> None:
    root_id = settled_day(consortium, settler)
    consortium.earn_a_day()
    consortium.outlast_the_window()
    Activate(consortium.contracts, settler)()
    verification = verify(consortium.contracts, posting_of(consortium.contracts, root_id))
    assert verification.is_right
    assert verification.state is RootState.SERVED


def test_a_lying_settler_is_found(consortium: Consortium, settler: Sender) -> None:
    contracts = consortium.contracts
    consortium.earn_a_day()
    honest = recompute(contracts, contracts.emissions.next_day())
    lie = lying(honest, settler.address, Wei(1_000 * FLOCK))
    contracts.settlement.cover_bond(settler, contracts.token, "lie")
    root_id = contracts.settlement.post(
        settler, lie.root, lie.document.digest, lie.document.total, lie.document.day
    )
    verification = verify(contracts, posting_of(contracts, root_id))
    assert not verification.is_right
    assert [fault.what for fault in verification.faults] == [
        "The root",
        "The total in wei",
        "The digest of the tree's document",
    ]


def test_F25_a_root_that_promises_its_sums_to_another_is_found(
    consortium: Consortium, settler: Sender
) -> None:
    """The total is right, so the contract takes it; only whom it pays is not."""
    contracts = consortium.contracts
    consortium.earn_a_day()
    honest = recompute(contracts, contracts.emissions.next_day())
    entries: dict[str, Entry] = {settler.address: Entry(honest.document.total, NO_WEI)}
    stolen = replace(honest.document, entries=entries)
    contracts.settlement.cover_bond(settler, contracts.token, "lie")
    root_id = contracts.settlement.post(settler, stolen.tree.root, stolen.digest, stolen.total, stolen.day)
    assert [fault.what for fault in verify(contracts, posting_of(contracts, root_id)).faults] == [
        "The root",
        "The digest of the tree's document",
    ]


@pytest.mark.parametrize("too_late", [False, True])
def test_a_root_covers_all_days_that_are_emitted_and_no_other(
    consortium: Consortium, settler: Sender, too_late: bool
) -> None:
    contracts = consortium.contracts
    consortium.earn_a_day()
    consortium.night()
    day = contracts.emissions.next_day() + 1
    if not too_late:
        day -= 2
    contracts.settlement.cover_bond(settler, contracts.token, "early")
    with pytest.raises(ContractRefused, match="must cover all emitted days"):
        contracts.settlement.post(settler, b"\x01" * 32, bytes(32), 0, day)


def test_a_root_cannot_be_verified_by_the_events_before_its_days_were_emitted(
    consortium: Consortium, settler: Sender
) -> None:
    contracts = consortium.contracts
    before = contracts.client.block_number()
    root_id = settled_day(consortium, settler)
    with pytest.raises(Refused, match="not emitted yet"):
        verify(contracts, posting_of(contracts, root_id), before)


def test_a_root_is_found_by_its_number_by_its_day_or_as_the_newest(
    consortium: Consortium, settler: Sender
) -> None:
    contracts = consortium.contracts
    with pytest.raises(Refused, match="No root was posted yet"):
        posting_of(contracts)
    root_id = settled_day(consortium, settler)
    by_number = posting_of(contracts, root_id)
    assert by_number == posting_of(contracts) == posting_of(contracts, day=by_number.day)
    with pytest.raises(Refused, match="There is no root 7"):
        posting_of(contracts, 7)
    with pytest.raises(Refused, match="No root was posted for the days before 5"):
        posting_of(contracts, day=5)


# --- Disputing ---


def test_a_lying_settler_is_disputed_and_loses_half_of_its_bond_to_who_found_it(
    consortium: Consortium,
    settler: Sender,
    rich: Callable[[], LocalAccount],
    sender_of: SenderOf,
    decree: Decree,
) -> None:
    contracts, watcher = consortium.contracts, sender_of(rich())
    settlement, bond = contracts.settlement, contracts.settlement.bond()
    consortium.earn_a_day()
    honest = recompute(contracts, contracts.emissions.next_day())
    lie = lying(honest, settler.address, Wei(FLOCK))
    settlement.cover_bond(settler, contracts.token, "lie")
    root_id = settlement.post(settler, lie.root, lie.document.digest, lie.document.total, lie.document.day)
    settlement.cover_bond(watcher, contracts.token, "dispute")
    settlement.dispute(watcher, root_id, honest.document.digest)
    assert settlement.root_of(root_id).state is RootState.PARKED
    assert Post(contracts, consortium.keeper, ignore)()  # the honest root need not wait
    decree(settlement, "resolve", root_id, False)
    assert settlement.root_of(root_id).state is RootState.REJECTED
    assert settlement.free_bond_of(watcher.address) == bond + bond // 2
    assert settlement.free_bond_of(settler.address) == 0
    before = contracts.token.balance_of(TREASURY)
    settlement.pay_treasury(watcher)
    assert contracts.token.balance_of(TREASURY) - before == bond // 2
    assert settlement.pay_treasury(watcher) is None


def test_a_right_root_that_was_disputed_is_posted_again_by_another_settler_and_waits_for_less(
    consortium: Consortium, settler: Sender, rich: Callable[[], LocalAccount], sender_of: SenderOf
) -> None:
    contracts, settlement = consortium.contracts, consortium.contracts.settlement
    root_id = settled_day(consortium, settler)
    consortium.wait(DAY * 23 // 24)
    settlement.cover_bond(consortium.keeper, contracts.token, "dispute")
    settlement.dispute(consortium.keeper, root_id, bytes(32))
    assert not Post(contracts, settler, ignore)()  # it is its own
    other = sender_of(rich())
    assert Post(contracts, other, ignore)()
    again = settlement.root_of(settlement.pending_id())
    assert again.root == settlement.root_of(root_id).root
    assert again.active_at - contracts.client.now() <= settlement.window() // 4
    assert not Post(contracts, other, ignore)()


# --- Replacing ---


def test_governance_serves_the_right_root_in_place_of_a_lie_that_nobody_disputed(
    consortium: Consortium, settler: Sender, decree: Decree
) -> None:
    contracts, settlement = consortium.contracts, consortium.contracts.settlement
    consortium.earn_a_day()
    honest = recompute(contracts, contracts.emissions.next_day())
    stolen = Entry(honest.document.total, NO_WEI)
    lie = replace(honest.document, entries={settler.address: stolen})
    settlement.cover_bond(settler, contracts.token, "lie")
    root_id = settlement.post(settler, lie.tree.root, lie.digest, lie.total, lie.day)
    consortium.outlast_the_window()
    settlement.activate(settler)
    contracts.distributor.claim(settler, Claim(settler.address, stolen, lie.tree.proof(settler.address)))
    consortium.earn_a_day()
    refill = settling.owed(contracts, honest.settlement)
    assert refill == honest.document.total
    right = honest.document
    decree(settlement, "replace", honest.root, right.digest, right.total, right.day, refill)
    newest = posting_of(contracts)
    assert (newest.id, newest.settler) == (root_id + 1, NOBODY)
    assert verify(contracts, newest).is_right
    assert "The root that the distributor serves" not in {
        fault.what for fault in verify(contracts, posting_of(contracts, root_id)).faults
    }
    for account, entry in right.entries.items():
        contracts.distributor.claim(settler, Claim(account, entry, right.tree.proof(account)))
        assert contracts.distributor.claimed_of(account) == entry


def lying(honest: Recomputed, liar: str, loot: Wei) -> Recomputed:
    """The honest settlement with ``loot`` for the liar taken from the treasury's entry."""
    entries = {**honest.settlement.entries, liar: Entry(loot, NO_WEI)}
    return replace(honest, document=replace(honest.document, entries=entries))


def _staying(consortium: Consortium, delegator: str, operator: str) -> int:
    record = consortium.contracts.staking.delegation_of(delegator, operator, consortium.task)
    return record.gm - record.leaving


def _slash(consortium: Consortium, account: str, bps: int) -> None:
    """As AllianceRounds would."""
    staking = consortium.contracts.staking
    data = staking.abi.functions["slash"].encode(account, consortium.task, 0, bps)
    send_as(consortium.contracts.client, consortium.contracts.book.alliance_rounds, staking.address, data)


def test_the_block_to_settle_by_is_the_newest_on_a_local_chain(contracts: Contracts) -> None:
    assert settling.final_block(contracts) == contracts.client.block_number()
