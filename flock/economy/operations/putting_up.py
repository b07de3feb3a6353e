"""Putting up the stake that a task asks of a member: locking what is missing, and allocating it."""

from flock.amounts import tokens
from flock.chain.contracts.deployed import Contracts
from flock.chain.sending.sender import Sender
from flock.errors import NoFunds, NoStake
from flock.protocol.core.units import Wei
from flock.protocol.economy.locks import amount_for


def put_up_stake(
    contracts: Contracts, sender: Sender, account: str, task: int, *, wanted: int, lock_days: int
) -> None:
    """Bring the stake of ``account`` on ``task`` to ``wanted`` (gmFLOCK wei); FLOCK is locked for ``lock_days``.

    Raises NoStake if only another key can do that, and NoFunds.
    """
    missing = wanted - contracts.staking.stake_of(account, task)
    if missing <= 0:
        return
    if sender.address != account:
        raise NoStake(
            f"{account} has too little gmFLOCK on task {task}: {tokens(missing)} more is needed, and "
            f"only the owner's key can stake it. Run `flock node enrol --key <owner's key>`."
        )
    _lock(contracts, sender, task, missing - contracts.staking.position_of(account).gm, lock_days)
    contracts.staking.allocate(sender, task, missing)


def _lock(contracts: Contracts, sender: Sender, task: int, shortfall: int, days: int) -> None:
    if shortfall <= 0:
        return
    owner, staking, token = sender.address, contracts.staking, contracts.token
    flock, amount = token.balance_of(owner), amount_for(Wei(shortfall), staking.numbers().entry_fee_bps)
    if flock < amount:
        raise NoFunds(
            f"{owner} holds {tokens(flock)} FLOCK, and {tokens(amount)} more must be locked to stake on "
            f"task {task}. Send FLOCK to that address, or set a smaller `stake`."
        )
    staking.lock(sender, token, amount, days)
