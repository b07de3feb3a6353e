"""The networks flock knows by name, and the existing tokens on them.

Addresses of tokens were gathered from third parties and could not be compared with the chain when they were written
down. What can be asked of a token is asked before anything is built on it: see ``require_token``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_abi.exceptions import DecodingError
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from flock.chain.abi_codec import artifact
from flock.chain.client import LOCAL_CHAIN_ID, Client
from flock.errors import BadConfig, ContractRefused, Misconfigured, NotDeployed


@dataclass(frozen=True)
class KnownToken:
    """A token flock did not deploy. ``holder`` is a contract that holds much of it, for forks to take from."""

    symbol: str
    decimals: int
    address: ChecksumAddress
    holder: ChecksumAddress | None = None
    verified: bool = False


@dataclass(frozen=True)
class Network:
    """One chain. ``variable`` names the environment variable with an RPC of one's own, ``rpc`` a public one.

    ``block_seconds`` is None where each transaction makes a block; ``least_base_fee`` in wei per gas.
    """

    name: str
    chain_id: int
    variable: str
    rpc: str
    block_seconds: float | None = None
    least_base_fee: int = 0
    explorer: str | None = None
    flock: KnownToken | None = None
    usdc: KnownToken | None = None

    @property
    def tokens(self) -> tuple[KnownToken, ...]:
        """Tokens that exist without flock."""
        return tuple(token for token in (self.flock, self.usdc) if token is not None)

    @property
    def is_public(self) -> bool:
        return self.chain_id != LOCAL_CHAIN_ID

    def rpc_of(self, environment: Mapping[str, str]) -> str:
        """The RPC endpoint."""
        return environment.get(self.variable) or self.rpc

    def page_of(self, address: str) -> str | None:
        """The block explorer."""
        return self.explorer and f"{self.explorer}/address/{address}"


LOCAL = Network("local", LOCAL_CHAIN_ID, "FLOCK_RPC", "http://127.0.0.1:8545")

BASE = Network(
    "base",
    8453,
    "FLOCK_BASE_RPC",
    "https://mainnet.base.org",
    block_seconds=2,
    least_base_fee=2_000_000,
    explorer="https://basescan.org",
    flock=KnownToken(
        "FLOCK",
        18,
        to_checksum_address("0x5aB3D4c385B400F3aBB49e80DE2fAF6a88A7B691"),
        # gmFLOCK of FLock.io, which keeps the FLOCK that is locked there.
        holder=to_checksum_address("0x781dd21D8430E4e267aF5713E01332742f5CAD24"),
    ),
    usdc=KnownToken(
        "USDC",
        6,
        to_checksum_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
        # Morpho, a lending market.
        holder=to_checksum_address("0xbbbbbbbbbb9cc5e90e3b3af64bdaf62c37eeffcb"),
    ),
)

BASE_SEPOLIA = Network(
    "base-sepolia",
    84532,
    "FLOCK_BASE_SEPOLIA_RPC",
    "https://sepolia.base.org",
    block_seconds=2,
    least_base_fee=2_000_000,
    explorer="https://sepolia.basescan.org",
)

NETWORKS: Mapping[str, Network] = {network.name: network for network in (BASE, BASE_SEPOLIA, LOCAL)}


def network_named(name: str) -> Network:
    """Raises BadConfig for a name that flock does not know."""
    if name not in NETWORKS:
        raise BadConfig(f"There is no network {name!r}; name one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]


def network_of(chain_id: int) -> Network | None:
    """The known network with this chain id; a fork has the id of what it forks."""
    return next((network for network in NETWORKS.values() if network.chain_id == chain_id), None)


def is_fork(client: Client) -> bool:
    """Whether this is a development chain that carries the id of a public one."""
    network = network_of(client.chain_id)
    return network is not None and network.is_public and client.is_local


def require_token(client: Client, known: KnownToken) -> None:
    """Check a token before money depends on it: its code, symbol and decimals.

    Raises:
        NotDeployed: there is no code at its address.
        Misconfigured: it answers with another symbol or other decimals, or not as a token does.
    """
    place = f"{known.symbol} of chain {client.chain_id} should be at {known.address}"
    if not client.code(known.address):
        raise NotDeployed(f"{place}, but there is no code. Name the right token with --token.")
    symbol, decimals = _ask(client, known, "symbol"), _ask(client, known, "decimals")
    if (symbol, decimals) != (known.symbol, known.decimals):
        raise Misconfigured(
            f"{place} with {known.decimals} decimals, but what is there answers {str(symbol)[:32]!r} and "
            f"{decimals}. Name the right token with --token."
        )


def _ask(client: Client, known: KnownToken, question: str) -> object:
    """The result of a token's view; None if it does not respond like a token."""
    function = artifact("FlockToken").abi.functions[question]
    try:
        return function.decode_outputs(client.call(known.address, function.encode()))
    except (ContractRefused, DecodingError):
        return None
