"""A stand-in for Base, since tests reach no other chain: its id, FLOCK and USDC where Base has them, a gas oracle."""

from collections.abc import Iterator
from contextlib import contextmanager

from eth_abi.abi import encode
from eth_hash.auto import keccak

from flock.chain.abi_codec import artifact
from flock.chain.client import Client
from flock.chain.deploy.anvil import Anvil, AnvilOptions
from flock.chain.networks import BASE, KnownToken
from tests.chain.oracle import put_oracle

ANYBODY = "0x00000000000000000000000000000000000000B0"
HELD = 50_000_000 * 10**18

# OpenZeppelin's ERC-20: a mapping of balances, one of allowances, then supply, name and symbol.
BALANCES, SYMBOL, SLOTS = 0, 4, 16


@contextmanager
def running_base() -> Iterator[Client]:
    with Anvil(AnvilOptions(port=0, chain_id=BASE.chain_id)) as anvil:
        client = Client(anvil.url)
        try:
            put_tokens(client)
            put_oracle(client)
            yield client
        finally:
            client.close()


def put_tokens(client: Client) -> None:
    """FLOCK and USDC at Base's addresses, all of it with whom Base's presets name as holder."""
    assert BASE.flock
    assert BASE.usdc
    copy_token(client, BASE.flock)
    copy_token(client, BASE.usdc)
    rename(client, BASE.usdc, "USDC")
    code = with_six_decimals(made_token(client, ANYBODY))
    client.rpc.request("anvil_setCode", BASE.usdc.address, "0x" + code.hex())


def copy_token(client: Client, known: KnownToken) -> None:
    """Code and storage of a FlockToken, put at the address of another token."""
    assert known.holder
    made = made_token(client, known.holder)
    client.rpc.request("anvil_setCode", known.address, client.rpc.request("eth_getCode", made, "latest"))
    balance = "0x" + keccak(encode(["address", "uint256"], [known.holder, BALANCES])).hex()
    for slot in [*map(hex, range(SLOTS)), balance]:
        word = client.rpc.request("eth_getStorageAt", made, slot, "latest")
        client.rpc.request("anvil_setStorageAt", known.address, slot, word)


def made_token(client: Client, holder: str) -> str:
    """A FlockToken wherever it comes to lie."""
    compiled = artifact("FlockToken")
    arguments = compiled.abi.constructor.encode((ANYBODY, holder, HELD))
    creation = {
        "from": client.rpc.request("eth_accounts")[0],
        "data": "0x" + (compiled.bytecode + arguments).hex(),
    }
    sent = client.rpc.request("eth_sendTransaction", creation)
    client.rpc.request("evm_mine")
    place: str = client.rpc.request("eth_getTransactionReceipt", sent)["contractAddress"]
    return place


def rename(client: Client, known: KnownToken, symbol: str) -> None:
    """Let a token call itself otherwise."""
    word = symbol.encode().ljust(31, b"\0") + bytes([2 * len(symbol)])
    client.rpc.request("anvil_setStorageAt", known.address, hex(SYMBOL), "0x" + word.hex())


def with_six_decimals(token: str) -> bytes:
    """Code that answers ``decimals`` itself and lets the code of ``token`` do all else, as USDC's proxy does."""
    return bytes.fromhex(
        "5f3560e01c63313ce56714603b57"  # decimals()? then go to 3b
        "365f5f375f5f365f73" + token[2:] + "5af4"  # else delegate the whole call
        "3d5f5f3e603757"  # and answer what was answered
        "3d5ffd"
        "5b3d5ff3"
        "5b60065f5260205ff3"
    )
