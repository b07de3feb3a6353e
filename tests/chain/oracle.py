"""A stand-in for the GasPriceOracle of the OP stack: so much a byte, and nothing else."""

from flock.chain.client import Client
from flock.chain.sending.fees import GAS_PRICE_ORACLE

WEI_PER_BYTE = 1_000_000

# Whoever calls anything but getL1Fee(bytes) is refused; the length of the bytes stands in the second word after
# the selector:
#   PUSH0 CALLDATALOAD PUSH1 e0 SHR PUSH4 49948e0e EQ PUSH1 11 JUMPI PUSH0 PUSH0 REVERT
#   JUMPDEST PUSH1 24 CALLDATALOAD PUSH4 <wei> MUL PUSH0 MSTORE PUSH1 20 PUSH0 RETURN
CODE = "0x5f3560e01c6349948e0e146011575f5ffd5b60243563" + f"{WEI_PER_BYTE:08x}" + "025f5260205ff3"


def put_oracle(client: Client) -> None:
    """From now on the chain charges for bytes."""
    client.rpc.request("anvil_setCode", GAS_PRICE_ORACLE, CODE)
