"""A flock chain on this machine: Anvil, the contracts on it, and accounts with money out of nothing."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from flock.protocol.core.units import WAD

if TYPE_CHECKING:
    from types import TracebackType

    from eth_account.signers.local import LocalAccount

    from flock.chain.client import Client
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.deploy.anvil import AnvilOptions
    from flock.chain.sending.sender import Sender
    from flock.store.database import Database

GAS_MONEY = 10 * WAD


class Devnet:
    """A local chain with the contracts deployed, within a ``with`` block. No service, no node runs.

    ``rpc`` is its endpoint, ``addresses`` the file of its address book, as commands take them; ``contracts`` are the
    bindings, ``bank`` the sender that holds all FLOCK.

        with Devnet() as net:
            alice = net.account(flock=1_000 * WAD)
            net.contracts.staking.lock(net.sender(alice), net.contracts.token, 100 * WAD, 30)

    Give ``rpc`` for a local chain that runs already, else Anvil is started with ``anvil``, on a free port unless that
    names one. ``folder`` keeps address book and journals; without it they are gone with the block.

    Raises:
        BadConfig: there is no Anvil on this machine.
        Misconfigured: Anvil did not come up, or ``rpc`` is not a local chain.
        RpcUnavailable: nothing answers at ``rpc``.
    """

    rpc: str
    addresses: Path
    client: Client
    contracts: Contracts
    bank: Sender

    def __init__(
        self, *, anvil: AnvilOptions | None = None, rpc: str | None = None, folder: Path | None = None
    ) -> None:
        self._options = anvil
        self._given_rpc = rpc
        self._folder = folder
        self._open = ExitStack()
        self._database: Database
        self._senders: dict[str, Sender] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    # ---- accounts

    def account(self, *, flock: int = 0, eth: int = GAS_MONEY) -> LocalAccount:
        """A new account with so much FLOCK and ETH, in wei."""
        from eth_account import Account

        made: LocalAccount = Account.create()
        self.fund(made.address, flock, eth)
        return made

    def fund(self, account: str, flock: int = 0, eth: int = GAS_MONEY) -> None:
        """Bring ``account`` up to ``eth`` wei at least, and send it ``flock`` wei of FLOCK.

        Raises ContractRefused if the bank has not so much FLOCK left.
        """
        from flock.chain.deploy.faucet import fund

        fund(self.bank, self.contracts.token, account, eth, flock)

    def sender(self, account: LocalAccount) -> Sender:
        """What sends transactions of ``account``; it has a journal here."""
        from flock.chain.sending.sender import open_sender

        if account.address not in self._senders:
            self._senders[account.address] = open_sender(self.client, account, self._database)
        return self._senders[account.address]

    # ---- blocks and time

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.client.rpc.request("anvil_mine", hex(blocks))

    def warp(self, seconds: int) -> None:
        """Let the chain's time run on, and mine a block in which it shows."""
        from flock.chain.deploy.anvil import let_time_run

        let_time_run(self.client, seconds)

    # ---- starting

    def _start(self) -> None:
        from flock.chain.client import Client
        from flock.chain.deploy.anvil import require_local
        from flock.store.database import migrate, open_database

        folder = self._folder or Path(self._open.enter_context(TemporaryDirectory(prefix="flock-devnet-")))
        self.rpc = self._given_rpc or self._anvil()
        self.client = Client(self.rpc)
        self._open.callback(self.client.close)
        require_local(self.client)
        self._database = open_database(str(folder / "founders.db"))
        self._open.callback(self._database.close)
        migrate(self._database)
        self._deploy(folder / "addresses.json")

    def _anvil(self) -> str:
        from flock.chain.deploy.anvil import Anvil, AnvilOptions

        return self._open.enter_context(Anvil(self._options or AnvilOptions(port=0))).url

    def _deploy(self, addresses: Path) -> None:
        """By an account that keeps nothing but the FLOCK to give away."""
        from eth_account import Account

        from flock.chain.contracts.deployed import Contracts
        from flock.chain.deploy.deployment import DeploymentPlan, deploy
        from flock.chain.deploy.faucet import give_ether

        founder: LocalAccount = Account.create()
        give_ether(self.client, founder.address, GAS_MONEY)
        self.bank = self.sender(founder)
        book = deploy(self.bank, DeploymentPlan(admin=founder.address, treasury=None, holder=founder.address))
        book.save(addresses)
        self.addresses, self.contracts = addresses, Contracts(self.client, book)
