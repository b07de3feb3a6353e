"""The sentences for the errors of the Marketplace's contracts; sentences.py says how they are kept."""

from collections.abc import Mapping

MODEL_MARKET: Mapping[str, str] = {
    "CommittedAlready": "This upload was committed to already. Publish it, or commit with another salt.",
    "CommitFirst(commitment, publishable_at)": "Commit to an upload ten seconds before it is published, with "
    "the same account, digest and salt; then publish again.",
    "DigestIsOfTask": "These bytes are the result of task {task_id}. Its creator publishes them through the task.",
    "DigestIsTaken": "These bytes are version {version} already. Publish other bytes, or use that version.",
    "DigestIsZero": "The digest is zero. Send the SHA-256 of the model's bytes.",
    "FormerIsNoParent": "The model's version before is {version}. Name it as a parent, with the royalty it asks.",
    "HostIsNotBonded": "{host} has no bond or is leaving, or you do not act for it. Put up the bond first.",
    "NeverServed": "{host} has never served version {version}. It has to begin to serve it first.",
    "NotContestable": "Version {version} is no upload, made since task {task_id} began, of what that task made.",
    "NotContested": "Version {version} is not contested, so there is nothing to decide.",
    "NotSold": "Version {version} is {state:version}, so it is not sold. Choose another version.",
    "NotTheResult": "Task {task_id} has not closed with these bytes. Publish what it made, once it is closed.",
    "OnlyTheCreator": "Only {creator}, who created task {task_id}, can publish its result.",
    "OnlyTheOwner": "Only {owner}, who owns model {model}, can do this.",
    "ParentsNotAscending": "Parent {version} is named twice or out of order. Name each once, lowest number first.",
    "PriceIsFresh": "Quotes of the former price are good until {honoured_until:time}. Change the price after that.",
    "ResultIsPublished": "The result of task {task_id} is version {version} already.",
    "RoyaltyTooLow": "Version {version} asks its children for {least:share}, not {bps:share}. Offer that much.",
    "ServesAlready": "{host} serves version {version} already.",
    "ShareIsEmpty": "A share needs an account and a part above zero. Correct it or leave it out.",
    "SharesAboveAll": "The parts of makers, parents and accounts add up to {bps:share}. Lower them to 100% or less.",
    "TokenIsNotListed": "Prices cannot be in {token}. Use a token that governance has listed.",
    "UnknownVersion": "There is no version {version}. Check its number.",
    "CloneArgumentsTooLong": "The terms are too long for a clone. This is a fault of the contract: report it.",
    "Create2EmptyBytecode": "There is no code to deploy. This is a fault of the contract: report it.",
    "FailedDeployment": "The contract could not be deployed. Try again with more gas.",
    "ERC721IncorrectOwner": "Model {token_id} is not {sender}'s but {owner}'s.",
    "ERC721InsufficientApproval": "{operator} may not move model {token_id}. Its owner has to approve it first.",
    "ERC721InvalidApprover": "{approver} cannot approve this: only the owner can, or whom it trusts with all models.",
    "ERC721InvalidOperator": "{operator} cannot be trusted with models. Name another account.",
    "ERC721InvalidOwner": "{owner} cannot own models. Name another account.",
    "ERC721InvalidReceiver": "{receiver} cannot take models. Name another account.",
    "ERC721InvalidSender": "{sender} cannot send models.",
    "ERC721NonexistentToken": "There is no model {token_id}. Check its number.",
}

PAYMENTS: Mapping[str, str] = {
    "NothingToRelease(token, payee)": "Nothing is due to payee {payee} in {token} now. Wait for the next payment.",
    "NothingToRelease(token, maker)": "Nothing is due to {maker} in {token}. Only the task's makers are paid here.",
    "UnknownPayee": "There is no payee {payee}. Ask the splitter how many there are.",
    "BondIsGone": "{host} has no bond, or leaves within a week, so it attributes nothing. Put up a bond first.",
    "AboveSettled": "{sum} was attributed, and only {settled} is in the till. Settle first, or attribute less.",
    "ListsDiffer": "The lists must be of one length, and not empty.",
    "MarkedAlready": "The till was marked at {at:time}. What is left of that is swept 30 days later.",
    "NothingToMark": "The till is empty, so there is nothing to mark.",
    "NothingToSweepBefore": "Nothing in the till is the treasury's yet. Mark it first, and sweep 30 days later.",
    "NoSubscriptions": "No subscription of version {version} is sold for {token}. Choose another token.",
    "NotServed": "{host} does not serve version {version} now. Choose another host.",
    "NothingToCollect": "Nothing more of subscription {id} has vested yet.",
    "NothingToRefund": "All of subscription {id} has vested, so nothing can go back.",
    "OnlyTheSubscriber": "Only {subscriber} can cancel subscription {id} while its host has a bond.",
    "PeriodsOutOfRange": "A subscription lasts 1 to 12 periods, not {periods}.",
    "PriceIsAbove": "It costs {amount}, more than the {most} that was agreed. Look at the price again.",
}

HOSTS: Mapping[str, str] = {
    "AHostAlready": "{host} is a host already.",
    "BondsAreOpen": "The task that bonds are on exists already; there is nothing to do.",
    "HostBondTooSmall": "{bond:gm} is on the bonds' task, and {least:gm} is needed. Allocate more to it first.",
    "NoTasksHere": "Only hosts' bonds use this board. Name another board for a task.",
    "NotAHost": "{host} is not a host.",
    "NotLeavingBefore": "The host has not asked to leave two weeks ago or earlier. Leave first, and wait.",
    "NothingIsMissing": "The receipts add up to {received}; {attributed} was attributed, and {pending} still waits "
    "to be. Nothing is missing.",
    "OnlyTheHost": "Only {host} itself can name its receipt keys.",
    "UnfitReceipt": "Receipt {index} shows nothing here: “{reason}” Leave it out.",
    "DayOutOfOrder": "Only a day that is over, and after the last one posted, can be posted.",
    "NotAPoster": "{caller} does not act for a host with a bond, which a poster has to be.",
}

STAND_INS: Mapping[str, str] = {
    "Refused": "The channel refused: “{reason}” Correct that and try again.",
    "OnlyBatchSettlement": "Only x402's batch settlement has deposits collected.",
    "CallFailed": "Call {index} was refused.",
}

MARKET: Mapping[str, str] = {**MODEL_MARKET, **PAYMENTS, **HOSTS, **STAND_INS}
