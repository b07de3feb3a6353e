"""x402's contracts: where they are on every chain, and stand-ins for a local one."""

from collections.abc import Mapping

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from flock.chain.client import Client
from flock.chain.deploy.anvil import require_local
from flock.chain.deploy.create2 import Create2

BATCH_SETTLEMENT = to_checksum_address("0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003")
DEPOSIT_COLLECTOR = to_checksum_address("0x4020806089470a89826cB9fB1f4059150b550004")
MULTICALL3 = to_checksum_address("0xcA11bde05977b3631167028862bE2a173976CA11")

STAND_INS: Mapping[ChecksumAddress, str] = {
    BATCH_SETTLEMENT: "LocalBatchSettlement",
    DEPOSIT_COLLECTOR: "LocalDepositCollector",
    MULTICALL3: "LocalMulticall3",
}


def place_stand_ins(client: Client) -> list[ChecksumAddress]:
    """Put x402's stand-ins where nothing is; returns where. Raises Misconfigured on a chain that is not local."""
    require_local(client)
    missing = [place for place in STAND_INS if not client.code(place)]
    for place in missing:
        code = Create2.of(bytes(32), STAND_INS[place]).runtime_at(client, place, {})
        client.rpc.request("anvil_setCode", place, "0x" + code.hex())
    return missing
