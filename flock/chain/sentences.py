"""A sentence for every custom error of every contract: what was wrong, and what to do.

Where contracts give one name to errors of different arguments, the key names those too: ``AlreadyDone(account)``.
"""

from collections.abc import Mapping

from flock.chain.market_sentences import MARKET

ALLIANCE_ROUNDS: Mapping[str, str] = {
    "AlreadyDone": "Seat {seat} has already done this in this round; there is nothing more to do.",
    "AlreadyLeaving": "{account} has already asked to leave and does so when its round is finalised. It only has to "
    "complete its duties in that round.",
    "AlreadyJoined": "{account} is already a member of the task; there is no need to join again.",
    "AttestFirst": "The voter in seat {seat} has not attested in this round, so it cannot commit a vote. "
    "It can vote again in the next round for which it is drawn.",
    "AttestsAMissingProposal": "The attestation {bitmap:#b} names a seat that has not proposed ({proposed:#b} have). "
    "Attest only to proposals that are on chain.",
    "CommitFirst": "The voter in seat {seat} has not committed a vote in this round, so there is nothing to "
    "reveal.",
    "CommitmentIsZero": "The commitment is zero. Send the hash of the bytes or of the vote.",
    "HarmfulAndRewardedOverlap": "The vote of seat {seat} marks the same proposal as harmful and as rewarded. "
    "Mark it as one or the other.",
    "NoSuchSeat": "Seat {seat} does not exist in this round, or has the wrong role for this action. "
    "Look up the seats with `flock node status`.",
    "NotAMember": "{account} is not a member of the task. Join it first.",
    "NotActingFor": "{caller} cannot act for {account}. Use the key of the account itself or of the operator it has "
    "named; an operator that replaces another can act only after a delay.",
    "NotOnTheAllowList": "{account} is not on the task's allow-list, or the proof is for another account. "
    "Ask the task's creator to add it.",
    "NothingToWithdraw": "The account is owed nothing here, so there is nothing to withdraw.",
    "RetainedUntil": "Strikes keep the stake held until round {round}, or until the rounds have ended; the task is "
    "in round {current}. Leave again after that, or join again.",
    "RevealDoesNotMatch": "The vote revealed for seat {seat} is not the one it sealed. "
    "Reveal exactly what was committed, with the same salt.",
    "RoundIsOver": "This was meant for round {round}, but the task is in round {current}: it came too late. "
    "Take part in the next round.",
    "SeedIsGone": "The hash of seed block {seed_block} can no longer be read on chain. Call reseed to name a new "
    "block.",
    "SeedIsNotReady": "This depends on the hash of block {seed_block}, which cannot be read yet. Try again after "
    "that block.",
    "SeedIsStillReadable": "The hash of seed block {seed_block} can still be read, so a new block is not needed. "
    "Draw instead.",
    "TaskHasEnded": "The task ended at {ends_at:time}. You can only close it and withdraw what is owed.",
    # Two contracts have this error, with different arguments.
    "TaskHasNotEnded": "The task has not ended yet. Try again after its end or its last round "
    "(`flock task show`).",
    "TaskIsFull": "The task is full: it has its maximum of {max_members} members. Join another task, or wait for a "
    "member to leave.",
    "TaskIsNotJoinable": "Task {task_id} is neither open nor running, so it cannot be joined. Choose another task.",
    "TermOutOfBounds": "The task's {term} cannot be {value}. Choose a value from {least} to {most}.",
    "TermsMalformed": "These {length} bytes are not the terms of such a task. ABI-encode an AllianceTerms or "
    "ArenaTerms struct.",
    "TheDrawIsPending": "The round is in phase '{phase:phase}', and nobody can leave before the next draw. "
    "Try again once the next round is open.",
    "TooFewMembers": "The task has {members} members and needs {needed}. Wait for more to join.",
    "WrongPhase": "This is possible only in phase '{expected:phase}', but the round is in phase '{actual:phase}': "
    "it came too late or too early.",
    "WrongPreimage": "These are not the candidate and bitmaps of the winning ballot. Read them from the "
    "revealed votes.",
}

ARENA: Mapping[str, str] = {
    "AlreadyDisclosed": "Submission {submission} is disclosed already; there is nothing more to do.",
    "AlreadyDone(account)": "{account} has done this already in this window; there is nothing more to do.",
    "AlreadyEnrolled": "{account} is enrolled already, or not off the list yet; there is no need to enrol.",
    "BondFirst": "The Arena begins only once its creator's bond of {amount:flock} is put up.",
    "CommitFirst(account)": "{account} has committed to no scores in this window, so there is nothing to reveal. It "
    "can score again in the next window that it is drawn for.",
    "HasNoSeat": "{account} has no seat in this window, or none to stand in for. It may have one in the next.",
    "IsInAWindow": "Submission {submission} is in a window already: it is scored there.",
    "JudgeFirst": "Window {window} has submissions without a verdict ({judged} have one). Judge them first.",
    "KeyIsKnown": "There is no set B, or its key is known already.",
    "ListIsFull": "The Arena has its maximum of {max_validators} validators. Wait for one to leave.",
    "NoBondIsDue": "The creator's bond is put up already, or none is asked for, or none is left to give back.",
    "NotAScore": "{account} reveals the code {code}, which is neither a score nor the number of a failure.",
    "NotAValidator": "{account} is not on the list of validators, or is suspended. Enrol it, or see why with "
    "`flock explain`.",
    "NotEnrolled": "{account} is not an active member in the role that this needs. Enrol it first.",
    "NotTheLastWindow": "This was meant for window {window}, and the last one is {current}: it came too late. "
    "Look again, and act in that one.",
    "NothingIsDue()": "No day of the Arena is over that was not streamed.",
    "NothingWaits": "No submission waits for a window.",
    "OnlyTheBoard": "{caller} cannot do this: only the board of the task can.",
    "OnlyThePanels": "{caller} cannot do this: only the panels can.",
    "QuotaIsUsed": "The trainer has made its {most} submissions of today. Try again tomorrow (UTC).",
    "RetainedUntil(until)": "Strikes keep the stake held until {until:time}, or until the task is finished. Leave "
    "again after that.",
    "RevealDoesNotMatch(account)": "What {account} reveals is not what it committed to. Reveal exactly that, "
    "with the same salt.",
    "RoleIsFixed": "{account} has another role on this task, which it keeps: nobody scores what it competes with. "
    "Use another account.",
    "ScoringGoesOn": "Submissions wait for a window or for a verdict. Try again once all are judged.",
    "SettleFirst": "{account} is settled only up to window {settled_window}. Settle it first.",
    "TooEarly": "It is too early for this: it is possible from {not_before:time} on.",
    "TooFewValidators": "The Arena has {validators} validators and needs {needed}. Wait for more to enrol.",
    "TooLate": "The deadline for this passed at {deadline:time}.",
    "TooManySubmissions": "The Arena has its maximum of {most} submissions.",
    "WrongOpening": "Digest and salt are not those that were committed to, or the key is not that of set B. Show "
    "them as they were when they were hashed.",
    "WrongStage": "This belongs to another stage of the Arena: it came too late or too early. See where it is with "
    "`flock arena show`.",
    "WrongState": "Submission {submission} does not exist, or is in another state than this needs. See "
    "`flock arena submissions`.",
    "WrongWindowPhase": "This belongs to another phase of the window: it came too late or too early. See where the "
    "task is with `flock arena show`.",
}

STAKING: Mapping[str, str] = {
    "AmountIsZero": "The amount is zero. Give a positive one.",
    "CannotDelegateToOneself": "You cannot delegate to yourself. Stake on the task instead.",
    "DelegationAboveCap": "This would bring the pool to {delegated:gm}, and the operator's own stake allows "
    "{most:gm} at most. Delegate less, or to another operator.",
    "DelegationBelowMinimum": "A first delegation of {gm:gm} is below the minimum of {minimum:gm}. "
    "Delegate more.",
    "LockDaysOutOfRange": "A lock cannot last {lock_days} days. Choose 1 to 365 days.",
    "LockHasExpired": "The lock ended at {unlock_at:time}, and this needs a live lock. Lock FLOCK again.",
    "LockMayNotShorten": "The lock was given for {least} days and can only be renewed for at least as long, not for "
    "{lock_days} days. Choose {least} to 365 days.",
    "NotEnoughAllocated": "Only {allocated:gm} are staked on the task, less than the {wanted:gm} asked for.",
    "NotEnoughAvailable": "Only {available:gm} are free, less than the {wanted:gm} asked for. "
    "Lock more FLOCK, or take stake off another task.",
    "NotEnoughDelegated": "Only {delegated:gm} are delegated there and not already leaving, less than the "
    "{wanted:gm} asked for.",
    "NotRedeemableBefore": "The FLOCK cannot be redeemed before {redeemable_at:time}. Try again after that.",
    "NothingIsLeaving": "Nothing is leaving this pool. Undelegate first (`flock delegate undo`).",
    "NothingToPoke": "The lock has already been poked, or there never was one; there is nothing to do.",
    "OnlyTheBoardOf": "{caller} cannot do this to task {task_id}: only its board {board} can.",
    "OperatorHasADuty": "Collecting from the pool waits until {operator} has completed its duty in round {duty} of "
    "task {task_id}. Try again after that round.",
    "PokeFirst": "The expired lock of {account} has not been poked yet. Poke it first (`flock stake poke`); "
    "some days later the FLOCK can be redeemed.",
    "PoolIsClosed": "{operator} does not accept delegation on task {task_id}. Choose another operator, or ask this "
    "one to open its pool.",
    "PoolIsWorn": "The pool of {operator} on task {task_id} was slashed so much that it accepts no more delegation. "
    "Choose another operator, or wait until the pool is empty.",
    "SigmaIsAbove": "The operator's commission is now {commission_bps:share}, and you agreed to {most:share} at "
    "most. Look at `flock delegate pools`, and delegate again if you still want to.",
    "SigmaIsFrozen": "The operator's commission on task {task_id} is frozen from {from:time} to {until:time}. "
    "Keep it as it is, or wait.",
    "SigmaMayNotRise": "The operator's commission is {from:share} and can only be lowered while anything is in the "
    "pool, not raised to {to:share}. You can set it freely once the pool is empty, and on every new task.",
    "StakeBelowMinimum": "The stake of {stake:gm} is below the task's minimum of {minimum:gm}. "
    "Stake more on the task.",
    "StakeIsHeld": "The stake on task {task_id} is held by the task's board. Leave the task first.",
    "StillCoolingDown": "The cool-down is not over. Collect after {leaves_at:time}.",
    "StillLocked": "The FLOCK is locked until {unlock_at:time}. Redeem it after that.",
    "TaskIsNotAlive": "Task {task_id} has ended or does not exist. Choose a task that is open or running.",
    "TokenTookAFee": "The token delivered {received} of {sent} wei sent. Tokens that charge a transfer fee are not "
    "supported.",
    "TreasuryIsZero": "The treasury cannot be the zero address.",
}

TASK_MANAGER: Mapping[str, str] = {
    "BoardIsNotRegistered": "{board} cannot run tasks: governance has not registered it. Name a registered board.",
    "OnlyTaskManager": "{caller} cannot do this: only TaskManager can, when a task is created.",
    "OnlyTheCreatorMayCancelBefore": "Only the task's creator can cancel it before {start_by:time}.",
    "OnlyTheCreatorMayStartBefore": "Only the task's creator can start it before {starts_at:time}.",
    "PaymentAboveBalance": "A payment of {amount:flock} exceeds the {balance:flock} that the task holds.",
    "TaskIsNotOpen": "Task {task_id} is {state:state}, and this is only possible while it is open.",
    "TaskIsNotRunning": "Task {task_id} is {state:state}, and this is only possible while it runs.",
    "TooLateToStart": "The task had to start by {start_by:time}. You can only cancel it and withdraw refunds.",
    "UnknownTask": "There is no task {task_id} on this chain. Check the number and the chain.",
}

TOKEN: Mapping[str, str] = {
    "ECDSAInvalidSignature": "The signature is invalid. Sign again with the right key.",
    "ECDSAInvalidSignatureLength": "The signature has {length} bytes instead of 65. Sign again.",
    "ECDSAInvalidSignatureS": "The signature is malleable (its s value is too high). Sign again.",
    "ERC20ExceededCap": "A supply of {increased_supply:flock} would exceed the cap of {cap:flock}.",
    "ERC20InsufficientAllowance": "{spender} can spend only {allowance:flock} of the {needed:flock} needed. "
    "Approve more.",
    "ERC20InsufficientBalance": "{sender} holds {balance:flock} of the {needed:flock} needed. Send it FLOCK "
    "first.",
    "ERC20InvalidApprover": "{approver} cannot approve spending.",
    "ERC20InvalidCap": "The cap cannot be {cap}.",
    "ERC20InvalidReceiver": "{receiver} cannot receive tokens. Name another receiver.",
    "ERC20InvalidSender": "{sender} cannot send tokens.",
    "ERC20InvalidSpender": "{spender} cannot be given an allowance.",
    "ERC2612ExpiredSignature": "The permit expired at {deadline:time}. Sign a new one.",
    "ERC2612InvalidSigner": "The permit is signed by {signer}, not by the owner {owner}.",
    "ERC3009UsedAuthorization": "This payment authorisation of {authorizer} has already been used or cancelled.",
    "ERC3009InvalidAuthorizationTime": "The payment authorisation is valid only from {valid_after:time} "
    "to {valid_before:time}.",
    "ERC3009InvalidSignature": "The payment authorisation is not signed by its payer. Sign it with the "
    "payer's key.",
    "InvalidAccountNonce": "The signature of {account} does not use its current nonce, {current_nonce}. "
    "Sign again.",
    "InvalidShortString": "A name is malformed.",
    "SafeERC20FailedOperation": "The token {token} refused the transfer.",
    "StringTooLong": "The text '{str}' is too long to be stored.",
}

ACCESS: Mapping[str, str] = {
    "AccessManagedInvalidAuthority": "{authority} is not an access manager.",
    "AccessManagedRequiredDelay": "{caller} can do this only with a delay of {delay} seconds. Schedule it.",
    "AccessManagedUnauthorized": "{caller} does not have permission for this. Only the role that governance has "
    "assigned does.",
    "AccessManagerAlreadyScheduled": "The operation is already scheduled.",
    "AccessManagerBadConfirmation": "The confirmation does not name the caller.",
    "AccessManagerExpired": "The scheduled operation has expired. Schedule it again.",
    "AccessManagerInvalidInitialAdmin": "{initial_admin} cannot be the first administrator.",
    "AccessManagerLockedFunction": "The role of this function is fixed and cannot be changed.",
    "AccessManagerLockedRole": "Role {role_id} is locked and cannot be changed.",
    "AccessManagerNotReady": "The scheduled operation is not due yet.",
    "AccessManagerNotScheduled": "The operation has not been scheduled.",
    "AccessManagerUnauthorizedAccount": "{msgsender} lacks role {role_id}, which this needs.",
    "AccessManagerUnauthorizedCall": "{caller} cannot make this call on {target}.",
    "AccessManagerUnauthorizedCancel": "{msgsender} cannot cancel this operation.",
    "AccessManagerUnauthorizedConsume": "{target} cannot consume this operation.",
    "AddressEmptyCode": "There is no contract at {target}.",
    "FailedCall": "A call to another contract failed.",
    "InsufficientBalance": "The contract holds {balance} wei of the {needed} wei needed.",
    "ReentrancyGuardReentrantCall": "The contract was re-entered during a call, which is not allowed.",
    "SafeCastOverflowedUintDowncast": "The number {value} does not fit into {bits} bits.",
}

REWARDS: Mapping[str, str] = {
    "AnotherRootIsPending": "Root {id} is pending, and only one root can be. Post yours once it is served or parked.",
    "BondTooSmall": "Only {free:flock} of your bond is free, less than the {needed:flock} needed. "
    "Deposit more.",
    "DayIsNotEmitted": "A root cannot cover all days before {day:day} yet: {next_day:day} has not been emitted.",
    "DayIsSettled": "A root up to {day:day} settles nothing new: all days before {settled_day:day} are settled.",
    "LengthsDiffer": "The claims are malformed. Give both amounts for every account.",
    "MerkleProofInvalidMultiproof": "The proof of these claims is malformed. Build it again from the served "
    "tree.",
    "NothingIsDue": "Nothing is due: {next_day:day} is not over yet.",
    "NothingToClaim": "{account} has already claimed all that the served root gives it. Claim again once a new root "
    "is served.",
    "NothingToRelease": "Nothing more has vested in the streams of {account} yet.",
    "RootIsNotParked": "Root {id} is {state:root}, and this is only possible while it is parked.",
    "RootIsNotPending": "Root {id} is {state:root}, and this is only possible while it is pending.",
    "RootMustCover": "A root must cover all emitted days, those before {next_day:day}, and this one covers those "
    "before {day:day}. Settle again from the chain.",
    "TooManyTasks": "Emissions go to at most {most} tasks. Set the weight of another to zero first.",
    "TotalAboveEmitted": "The root would pay {total:flock} in all, more than the {emitted:flock} emitted. "
    "Settle again from the chain.",
    "TotalBelowServed": "The root would pay {total:flock} in all, less than the {served:flock} of the served root. "
    "Settle again from the chain.",
    "UnknownRoot": "There is no root {id}. Roots are numbered from 1.",
    "WindowIsOpen": "Root {id} can still be disputed until {active_at:time}. Try again after that.",
    "WindowIsOver": "Root {id} could be disputed only until {active_at:time}; it is too late.",
    "WrongProof": "The proof for {account} does not lead to the served root. Fetch the newest tree: one that is "
    "older, or of another chain, does not match.",
}

VOTES: Mapping[str, str] = {
    "CheckpointUnorderedInsertion": "The chain's time went backwards, so votes cannot be recorded.",
    "ERC5805FutureLookup": "Votes at {timepoint:time} are not known yet: it is {clock:time}.",
    "ERC6372InconsistentClock": "The clock of votes is not the chain's time.",
    "EnforcedPause": "The guardian has paused this. You can still redeem, collect, withdraw and claim; the rest "
    "works again once the pause ends.",
    "ExpectedPause": "The contract is not paused, so there is no pause to end.",
    "VotesExpiredSignature": "The signed delegation of votes expired at {expiry:time}. Sign a new one.",
}

GOVERNANCE: Mapping[str, str] = {
    "AccessControlBadConfirmation": "The confirmation does not name the caller.",
    "AccessControlUnauthorizedAccount": "{account} lacks the role of the Timelock that this needs.",
    "CheckpointUnorderedInsertion": "The record of votes would go back in time. Report this as a fault.",
    "ERC6372InconsistentClock": "The clock of the votes is not the chain's. Report this as a fault.",
    "GovernorAlreadyCastVote": "{voter} has already voted on this proposal; a vote cannot be changed.",
    "GovernorAlreadyQueuedProposal": "The proposal is already queued.",
    "GovernorDisabledDeposit": "The Governor does not accept ETH. Send it to the Timelock.",
    "GovernorInsufficientProposerVotes": "{proposer} has {votes:gm} of votes of the {threshold:gm} that a "
    "proposal needs. Lock more FLOCK, or let others delegate their votes to it.",
    "GovernorInvalidProposalLength": "A proposal needs as many targets as calls, and at least one.",
    "GovernorInvalidQuorumFraction": "The quorum cannot be {quorum_numerator} of {quorum_denominator}.",
    "GovernorInvalidSignature": "The vote is not signed by {voter}. Sign it with that account's key.",
    "GovernorInvalidVoteParams": "A vote cannot have parameters here. Vote without them.",
    "GovernorInvalidVoteType": "A vote is against (0), for (1) or abstain (2).",
    "GovernorInvalidVotingPeriod": "The voting period cannot be {voting_period} seconds.",
    "GovernorNonexistentProposal": "There is no proposal {proposal_id}. List them with `flock gov list`.",
    "GovernorOnlyExecutor": "{account} cannot do this: only an accepted proposal can.",
    "GovernorProposalQueueingFailed": "The proposal could not be queued in the Timelock.",
    "GovernorProposalQueueingNotRequired": "The proposal does not need to be queued. Execute it.",
    "GovernorRestrictedProposer": "{proposer} cannot make this proposal: its description names another proposer.",
    "GovernorUnableToCancel": "{account} cannot cancel this proposal: its proposer can until voting begins, "
    "the guardian at any time.",
    "GovernorUnexpectedProposalState": "This is not possible while the proposal is {current:proposal}. "
    "Look at it with `flock gov show`.",
    "GuardianMayNotStopItsOwnRemoval": "The guardian cannot cancel a proposal that only replaces or removes the "
    "guardian.",
    "OutOfBounds": "{parameter} cannot be {value}. Choose a value from {least} to {most}.",
    "TimelockInsufficientDelay": "A delay of {delay} seconds is below the Timelock's {min_delay} seconds.",
    "TimelockInvalidOperationLength": "The operation has {targets} targets, {payloads} calls and {values} "
    "values. Give the same number of each.",
    "TimelockUnauthorizedCaller": "{caller} cannot do this: only the Timelock itself can.",
    "TimelockUnexecutedPredecessor": "This operation depends on another that has not been executed yet.",
    "TimelockUnexpectedOperationState": "The Timelock's delay for this proposal is not over, or it was "
    "executed or cancelled already. Look at it with `flock gov show`.",
}

SENTENCES: Mapping[str, str] = {
    **REWARDS,
    **VOTES,
    **GOVERNANCE,
    **ACCESS,
    **TOKEN,
    **TASK_MANAGER,
    **STAKING,
    **ALLIANCE_ROUNDS,
    **ARENA,
    **MARKET,
}

PANICS: Mapping[int, str] = {
    0x01: "a failed assertion",
    0x11: "an arithmetic overflow",
    0x12: "a division by zero",
    0x21: "a value outside its enumeration",
    0x22: "a badly encoded storage array",
    0x31: "an empty array",
    0x32: "an index out of bounds",
    0x41: "too much memory",
    0x51: "a call to an uninitialised function",
}
