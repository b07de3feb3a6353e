"""A faucet, for local chains only."""

from flock.chain.client import Client
from flock.chain.contracts.token import Token
from flock.chain.deploy.anvil import require_local, send_as, set_balance
from flock.chain.sending.sender import Sender
from flock.errors import NoFunds


def fund(sender: Sender, token: Token, account: str, eth: int, flock: int) -> None:
    """Bring ``account`` up to ``eth`` wei at least, and send it ``flock`` wei of what the sender holds.

    Raises Misconfigured on a chain that is not local, ContractRefused if the sender holds too little FLOCK.
    """
    give_ether(sender.client, account, eth)
    if flock:
        token.transfer(sender, account, flock)


def give_ether(client: Client, account: str, wei: int) -> None:
    """Bring ``account`` up to ``wei`` at least. Raises Misconfigured on a chain that is not local."""
    require_local(client)
    if client.balance(account) < wei:
        set_balance(client, account, wei)


def take(token: Token, holder: str, account: str, amount: int) -> None:
    """Send ``account`` so much of what ``holder`` has, in the token's smallest unit, without asking the holder.

    Raises Misconfigured on a chain that is not local, NoFunds if the holder has too little.
    """
    require_local(token.client)
    held = token.balance_of(holder)
    if held < amount:
        raise NoFunds(
            f"{holder} holds {held} of the {amount} wanted, in the smallest unit of the token {token.address}. "
            "Name an account that has more with --from."
        )
    send_as(token.client, holder, token.address, token.abi.functions["transfer"].encode(account, amount))
