"""A contract's creation code, and the CREATE2 address that follows from it (EIP-1014)."""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_hash.auto import keccak
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from flock.chain.abi_codec import artifact
from flock.chain.client import Client
from flock.chain.deploy.compile import CONTRACTS
from flock.chain.sending.sender import Receipt, Sender
from flock.errors import NotDeployed

# https://github.com/Arachnid/deterministic-deployment-proxy
FACTORY = to_checksum_address("0x4e59b44847b379578588920cA78FbF26c0B4956C")


@dataclass(frozen=True)
class Create2:
    """Creation code with the constructor's arguments, and the salt of the deployment it is part of."""

    contract: str
    code: bytes
    salt: bytes

    @classmethod
    def of(
        cls, salt: bytes, contract: str, *arguments: object, libraries: Mapping[str, str] | None = None
    ) -> "Create2":
        """``libraries`` are the addresses of those that the contract calls, by name."""
        compiled = artifact(contract)
        places = {f"{CONTRACTS[name]}:{name}": place for name, place in (libraries or {}).items()}
        code = compiled.linked(places) + compiled.abi.constructor.encode(arguments)
        return cls(contract, code, salt)

    @property
    def address(self) -> ChecksumAddress:
        place = keccak(b"\xff" + bytes.fromhex(FACTORY[2:]) + self.salt + keccak(self.code))
        return to_checksum_address(place[12:])

    def create(self, sender: Sender) -> Receipt | None:
        """Deploy it unless it exists. Raises NotDeployed if the factory deploys nothing."""
        if sender.client.code(self.address):
            return None
        receipt = sender.send(f"deploy_{self.contract}:{self.address}", FACTORY, self.salt + self.code)
        if not sender.client.code(self.address):
            raise NotDeployed(f"The factory made no {self.contract} at {self.address}; see {receipt.hash}.")
        return receipt

    def runtime_at(self, client: Client, address: str, beside: Mapping[str, bytes]) -> bytes:
        """What the creation code returns when it runs at ``address`` on empty storage.

        ``beside`` is the code of other contracts, which its constructor may call, instead of what is there.
        """
        override: dict[str, dict[str, object]] = {
            place: {"code": _hex(code)} for place, code in beside.items()
        }
        override[address] = {"code": _hex(self.code), "state": {}}
        request = {"to": address, "data": "0x"}
        return bytes.fromhex(client.rpc.request("eth_call", request, "latest", override)[2:])


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
