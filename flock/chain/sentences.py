"""A sentence for every custom error of every contract: what was wrong, and what to do."""

from collections.abc import Mapping

ALLIANCE_ROUNDS: Mapping[str, str] = {
    "AlreadyDone": "Seat {seat} has done this already in this round; nothing is left to do.",
    "AlreadyLeaving": "{account} leaves the task when the round it sits in is finalised; nothing is left to do but "
    "its duties in that round.",
    "AlreadyJoined": "{account} is a member of the task already; a second join is not needed.",
    "AttestFirst": "The voter in seat {seat} has not attested in this round, so it cannot commit a vote. "
    "It can vote again in the next round it is drawn for.",
    "AttestsAMissingProposal": "The attestation {bitmap:#b} names a seat that has proposed nothing "
    "({proposed:#b}). "
    "Attest only proposals that are on chain.",
    "CommitFirst": "The voter in seat {seat} has committed no vote in this round, so there is none to "
    "reveal.",
    "CommitmentIsZero": "A commitment of zero commits to nothing. Send the hash of the bytes or of the vote.",
    "HarmfulAndRewardedOverlap": "The vote of seat {seat} calls a proposal harmful and rewards it. "
    "A proposal is one or the other.",
    "NoSuchSeat": "Seat {seat} does not exist in this round, or is not of the role that this act is for. "
    "Look up the seats with `flock node status`.",
    "NotAMember": "{account} is no member of the task. Join it first.",
    "NotActingFor": "{caller} may not act for {account}. Use the key of the account itself, or of the "
    "operator that it has named; one that replaces another acts only after a delay.",
    "NotOnTheAllowList": "{account} is not on the task's allow-list, or the proof is not its own. "
    "Ask the task's creator for admission.",
    "NothingToWithdraw": "Nothing is credited to the account here, so there is nothing to withdraw.",
    "RetainedUntil": "Strikes stand against the stake until round {round}, and the task is in round {current}. It is "
    "held until then, or until the rounds have ended; leave again after that, or join again.",
    "RevealDoesNotMatch": "The vote revealed for seat {seat} is not the one it sealed. "
    "Reveal exactly what was committed, with the same salt.",
    "RoundIsOver": "This was meant for round {round}, but the task is in round {current}. It came too late; "
    "take part in the next round.",
    "SeedIsGone": "The hash of seed block {seed_block} can no longer be read on chain. Name a new one "
    "(reseed).",
    "SeedIsNotReady": "This waits for seed block {seed_block}. Try again once that block is over.",
    "SeedIsStillReadable": "Seed block {seed_block} can still be read, so no new one is named. Draw instead.",
    "TaskHasEnded": "The task ended at {ends_at:time}. It can only be closed, and credits withdrawn.",
    # Two contracts have this error, with different arguments.
    "TaskHasNotEnded": "The task has not ended yet. Try again after its end or its last round "
    "(`flock task show`).",
    "TaskIsFull": "The task has all the {max_members} members it admits. Join another, or wait for one to "
    "leave.",
    "TaskIsNotJoinable": "Task {task_id} is not open and not running, so it cannot be joined. Choose "
    "another task.",
    "TermOutOfBounds": "The Alliance's {term} cannot be {value}: its bounds are {least} to {most}.",
    "TermsMalformed": "These {length} bytes are not the terms of an Alliance. Encode them as AllianceTerms says.",
    "TheDrawIsPending": "The round is in phase '{phase:phase}', and until the next draw nobody leaves the list. "
    "Try again once the next round is open.",
    "TooFewMembers": "The task has {members} members and begins with {needed}. Wait for more to join.",
    "WrongPhase": "The round is in phase '{actual:phase}', and this belongs to phase '{expected:phase}'. "
    "It came too late or too early.",
    "WrongPreimage": "These are not the candidate and bitmaps of the ballot that won. Read them from the "
    "revealed votes.",
}

STAKING: Mapping[str, str] = {
    "AmountIsZero": "The amount is zero. Give a positive one.",
    "CannotDelegateToOneself": "Stake is delegated to others. To put your own on a task, stake it there.",
    "DelegationAboveCap": "With this {delegated:gm} would be delegated there, and the operator's own stake bears "
    "{most:gm} at most. Delegate less, or to another operator.",
    "DelegationBelowMinimum": "A first delegation of {gm:gm} is below the minimum of {minimum:gm}. "
    "Delegate more.",
    "LockDaysOutOfRange": "A lock of {lock_days} days is not possible. Choose 1 to 365 days.",
    "LockHasExpired": "The lock ended at {unlock_at:time}, and staking needs a live one. Lock FLOCK again.",
    "LockMayNotShorten": "The lock was given for {least} days, and what moves its end makes it last as long again at "
    "least, not {lock_days} days. Choose {least} to 365 days.",
    "NotEnoughAllocated": "Only {allocated:gm} are staked on the task, less than the {wanted:gm} asked for.",
    "NotEnoughAvailable": "Only {available:gm} are free, less than the {wanted:gm} asked for. "
    "Lock more FLOCK, or take stake off another task.",
    "NotEnoughDelegated": "Only {delegated:gm} are delegated there and not leaving yet, less than the "
    "{wanted:gm} asked for.",
    "NotRedeemableBefore": "The FLOCK can be redeemed from {redeemable_at:time} on. Try again after that.",
    "NothingIsLeaving": "Nothing is leaving this pool. Ask for it first (`flock delegate undo`).",
    "NothingToPoke": "The end of the lock has been counted already, or there never was one; nothing is left to do.",
    "OnlyTheBoardOf": "{caller} may not do this to task {task_id}: only its board {board} may.",
    "OperatorHasADuty": "What leaves the pool waits for the end of the duty that {operator} has on task {task_id}, "
    "in round {duty}. Try again after the round.",
    "PokeFirst": "The end of the lock of {account} has not been counted yet. Do that first (`flock stake poke`); "
    "some days later the FLOCK can be redeemed.",
    "PoolIsClosed": "{operator} takes no delegation on task {task_id}. Choose another operator, or ask it to "
    "open its pool.",
    "PoolIsWorn": "The pool of {operator} on task {task_id} has been slashed so often that it takes nothing more in. "
    "Choose another operator, or wait until the pool is empty.",
    "SigmaIsAbove": "The operator's share is {sigma_bps:share} by now, and you agreed to {most:share} at most. "
    "Look at `flock delegate pools`, and delegate again if you still want to.",
    "SigmaIsFrozen": "The operator's share on task {task_id} is frozen from {from:time} to {until:time}. "
    "Set it again as it is, or wait.",
    "SigmaMayNotRise": "The operator's share is {from:share}, and while anything is in the pool it can only be "
    "lowered, not set to {to:share}. Once the pool is empty, and on every new task, it is free again.",
    "StakeBelowMinimum": "The stake of {stake:gm} is below the task's minimum of {minimum:gm}. "
    "Stake more on the task.",
    "StakeIsHeld": "The stake on task {task_id} is held by a duty there. Leave the task first.",
    "StillCoolingDown": "What leaves the pool can be collected from {leaves_at:time} on.",
    "StillLocked": "The FLOCK is locked until {unlock_at:time}. Redeem it after that.",
    "TaskIsNotAlive": "Task {task_id} is over, or never was: stake and delegation need one that is open or running.",
    "TokenTookAFee": "The token delivered {received} wei of {sent} sent. Tokens that take a fee are not "
    "supported.",
    "TreasuryIsZero": "The treasury cannot be the zero address.",
}

TASK_MANAGER: Mapping[str, str] = {
    "BoardIsNotRegistered": "{board} runs no tasks here: governance has not registered it. Name one that is.",
    "OnlyTaskManager": "{caller} may not do this: only TaskManager may, for whom a task is made.",
    "OnlyTheCreatorMayCancelBefore": "Only the task's creator may cancel it before {start_by:time}.",
    "OnlyTheCreatorMayStartBefore": "Only the task's creator may start it before {starts_at:time}.",
    "PaymentAboveBalance": "A payment of {amount:flock} exceeds the {balance:flock} that the task holds.",
    "TaskIsNotOpen": "Task {task_id} is {state:state}, and this is only possible while it is open.",
    "TaskIsNotRunning": "Task {task_id} is {state:state}, and this is only possible while it runs.",
    "TooLateToStart": "The task had to start by {start_by:time}. It can only be cancelled, and refunds withdrawn.",
    "UnknownTask": "There is no task {task_id} on this chain. Check the number and the chain.",
}

TOKEN: Mapping[str, str] = {
    "ECDSAInvalidSignature": "The signature is invalid. Sign again with the right key.",
    "ECDSAInvalidSignatureLength": "The signature has {length} bytes instead of 65. Sign again.",
    "ECDSAInvalidSignatureS": "The signature is malleable (its s value is too high). Sign again.",
    "ERC20ExceededCap": "A supply of {increased_supply:flock} would exceed the cap of {cap:flock}.",
    "ERC20InsufficientAllowance": "{spender} may spend only {allowance:flock} of the {needed:flock} needed. "
    "Approve more.",
    "ERC20InsufficientBalance": "{sender} holds {balance:flock} of the {needed:flock} needed. Send it FLOCK "
    "first.",
    "ERC20InvalidApprover": "{approver} cannot approve spending.",
    "ERC20InvalidCap": "A cap of {cap} is not possible.",
    "ERC20InvalidReceiver": "{receiver} cannot receive tokens. Name another receiver.",
    "ERC20InvalidSender": "{sender} cannot send tokens.",
    "ERC20InvalidSpender": "{spender} cannot be given an allowance.",
    "ERC2612ExpiredSignature": "The permit expired at {deadline:time}. Sign a new one.",
    "ERC2612InvalidSigner": "The permit is signed by {signer}, not by the owner {owner}.",
    "ERC3009UsedAuthorization": "This payment authorisation of {authorizer} was used or cancelled before.",
    "ERC3009InvalidAuthorizationTime": "The payment authorisation is valid only from {valid_after:time} "
    "to {valid_before:time}.",
    "ERC3009InvalidSignature": "The payment authorisation is not signed by its payer. Sign it with the "
    "payer's key.",
    "InvalidAccountNonce": "The signature of {account} uses another nonce than the current {current_nonce}. "
    "Sign again.",
    "InvalidShortString": "A name is empty where it must not be.",
    "SafeERC20FailedOperation": "The token {token} refused the transfer.",
    "StringTooLong": "The text '{str}' is too long to be stored.",
}

ACCESS: Mapping[str, str] = {
    "AccessManagedInvalidAuthority": "{authority} is no access manager.",
    "AccessManagedRequiredDelay": "{caller} may do this only with a delay of {delay} seconds. Schedule it.",
    "AccessManagedUnauthorized": "{caller} has no permission for this. Only the role that governance names "
    "may.",
    "AccessManagerAlreadyScheduled": "The operation is scheduled already.",
    "AccessManagerBadConfirmation": "The confirmation does not name the caller.",
    "AccessManagerExpired": "The scheduled operation has expired. Schedule it again.",
    "AccessManagerInvalidInitialAdmin": "{initial_admin} cannot be the first administrator.",
    "AccessManagerLockedFunction": "The role of this function is fixed and cannot be changed.",
    "AccessManagerLockedRole": "Role {role_id} is locked and cannot be changed.",
    "AccessManagerNotReady": "The scheduled operation is not due yet.",
    "AccessManagerNotScheduled": "The operation has not been scheduled.",
    "AccessManagerUnauthorizedAccount": "{msgsender} lacks role {role_id}, which this needs.",
    "AccessManagerUnauthorizedCall": "{caller} may not make this call on {target}.",
    "AccessManagerUnauthorizedCancel": "{msgsender} may not cancel this operation.",
    "AccessManagerUnauthorizedConsume": "{target} may not use up this operation.",
    "AddressEmptyCode": "There is no contract at {target}.",
    "FailedCall": "A call to another contract failed.",
    "InsufficientBalance": "The contract holds {balance} wei of the {needed} wei needed.",
    "ReentrancyGuardReentrantCall": "The contract was called again from within a call. That is not allowed.",
    "SafeCastOverflowedUintDowncast": "The number {value} does not fit into {bits} bits.",
}

REWARDS: Mapping[str, str] = {
    "AnotherRootIsPending": "Root {id} is pending, and only one can be. Post yours once that is served or parked.",
    "BondTooSmall": "Only {free:flock} of your bond are free, less than the {needed:flock} needed. "
    "Deposit more.",
    "DayIsNotEmitted": "A root of all days before {day:day} is not possible yet: {next_day:day} is not emitted.",
    "DayIsSettled": "A root up to {day:day} settles nothing: all before {settled_day:day} is settled.",
    "LengthsDiffer": "The claims are malformed: every account needs both amounts.",
    "MerkleProofInvalidMultiproof": "The proof of these claims is malformed. Build it again from the served "
    "tree.",
    "NothingIsDue": "Nothing is due: {next_day:day} is not over yet.",
    "NothingToClaim": "{account} has had all that the served root says. Claim again once a new root is served.",
    "NothingToRelease": "Nothing more of the streams of {account} has vested yet.",
    "RootIsNotParked": "Root {id} is {state:root}, and this is only possible while it is parked.",
    "RootIsNotPending": "Root {id} is {state:root}, and this is only possible while it is pending.",
    "RootMustCover": "A root has to cover all days that are emitted, those before {next_day:day}, and not only those "
    "before {day:day}. Settle again from the chain.",
    "TooManyTasks": "Emissions go to at most {most} tasks. Set the weight of another to zero first.",
    "TotalAboveEmitted": "The root would pay {total:flock} in all, more than the {emitted:flock} emitted. "
    "Settle again from the chain.",
    "TotalBelowServed": "The root would pay {total:flock} in all, less than the {served:flock} of the one "
    "served. Settle again from the chain.",
    "UnknownRoot": "There is no root {id}. Roots are numbered from 1.",
    "WindowIsOpen": "Root {id} can still be disputed until {active_at:time}. Try again after that.",
    "WindowIsOver": "Root {id} could be disputed until {active_at:time}. It is too late.",
    "WrongProof": "The proof for {account} is not one of the served root. Fetch the newest tree: an older "
    "one, or one of another chain, does not count.",
}

VOTES: Mapping[str, str] = {
    "CheckpointUnorderedInsertion": "The chain's time ran backwards, which votes cannot follow.",
    "ERC5805FutureLookup": "Votes at {timepoint:time} are not known yet: it is {clock:time}.",
    "ERC6372InconsistentClock": "The clock of votes is not the one it should be.",
    "EnforcedPause": "The guardian has paused this. What gives back (redeem, collect, withdraw, claim) still "
    "works; the rest works again once the pause ends.",
    "ExpectedPause": "Nothing is paused, so there is no pause to end.",
    "VotesExpiredSignature": "The signed delegation of votes expired at {expiry:time}. Sign a new one.",
}

GOVERNANCE: Mapping[str, str] = {
    "AccessControlBadConfirmation": "The confirmation does not name the caller.",
    "AccessControlUnauthorizedAccount": "{account} lacks the role of the Timelock that this needs.",
    "CheckpointUnorderedInsertion": "The record of votes would go back in time. Report this as a fault.",
    "ERC6372InconsistentClock": "The clock of the votes is not the chain's. Report this as a fault.",
    "GovernorAlreadyCastVote": "{voter} has voted on this proposal already; a vote cannot be changed.",
    "GovernorAlreadyQueuedProposal": "The proposal is queued already.",
    "GovernorDisabledDeposit": "The Governor takes no ETH. Send it to the Timelock.",
    "GovernorInsufficientProposerVotes": "{proposer} has {votes:gm} of votes of the {threshold:gm} that a "
    "proposal needs. Lock more FLOCK, or let others delegate their votes to it.",
    "GovernorInvalidProposalLength": "A proposal needs as many targets as calls, and at least one.",
    "GovernorInvalidQuorumFraction": "A quorum of {quorum_numerator} of {quorum_denominator} is not possible.",
    "GovernorInvalidSignature": "The vote is not signed by {voter}. Sign it with that account's key.",
    "GovernorInvalidVoteParams": "A vote carries no parameters here.",
    "GovernorInvalidVoteType": "A vote is against (0), for (1) or abstain (2).",
    "GovernorInvalidVotingPeriod": "A voting period of {voting_period} seconds is not possible.",
    "GovernorNonexistentProposal": "There is no proposal {proposal_id}. List them with `flock gov list`.",
    "GovernorOnlyExecutor": "{account} may not do this: only a proposal that was accepted may.",
    "GovernorProposalQueueingFailed": "The proposal could not be queued in the Timelock.",
    "GovernorProposalQueueingNotRequired": "The proposal needs no queueing. Execute it.",
    "GovernorRestrictedProposer": "{proposer} may not make this proposal: its description names another "
    "proposer.",
    "GovernorUnableToCancel": "{account} may not cancel this proposal: its proposer may until voting begins, "
    "the guardian at any time.",
    "GovernorUnexpectedProposalState": "The proposal is {current:proposal}, and this is not possible then. "
    "Look at it with `flock gov show`.",
    "GuardianMayNotStopItsOwnRemoval": "The guardian may not cancel a proposal that does nothing but name another in "
    "its place, or nobody.",
    "OutOfBounds": "{parameter} cannot be {value}: its bounds are {least} to {most}.",
    "TimelockInsufficientDelay": "A delay of {delay} seconds is below the Timelock's {min_delay} seconds.",
    "TimelockInvalidOperationLength": "The operation has {targets} targets, {payloads} calls and {values} "
    "values; it needs as many of each.",
    "TimelockUnauthorizedCaller": "{caller} may not do this: only the Timelock itself may.",
    "TimelockUnexecutedPredecessor": "The operation before this one has not been executed yet.",
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
