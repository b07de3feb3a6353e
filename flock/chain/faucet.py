"""Money out of nothing, for local chains only."""

from flock.chain.anvil import require_local, set_balance
from flock.chain.sender import Sender
from flock.chain.token import Token


def fund(sender: Sender, token: Token, account: str, eth: int, flock: int) -> None:
    """Bring ``account`` up to ``eth`` wei at least, and send it ``flock`` wei of what the sender holds.

    Raises Misconfigured on a chain that is not local, ContractRefused if the sender holds too little FLOCK.
    """
    require_local(sender.client)
    if sender.client.balance(account) < eth:
        set_balance(sender.client, account, eth)
    if flock:
        token.transfer(sender, account, flock)
