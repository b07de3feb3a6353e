"""Address books: the addresses of flock's contracts on a chain."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from eth_typing import ChecksumAddress
from eth_utils.address import is_address, to_checksum_address
from platformdirs import user_data_path

from flock.errors import BadConfig, NotDeployed
from flock.store.text_files import read_text

# A checkout keeps its books under anvil/, an installed flock in the user's folder.
CHECKOUT = Path(__file__).parents[2] / "anvil" / "deployments"

# Placeholder for no guardian.
NOBODY = to_checksum_address("0x" + "00" * 20)

# Contract → its field. FlockToken may be any ERC-20 in its place.
CONTRACT_FIELDS: Mapping[str, str] = {
    "AccessManager": "access_manager",
    "FlockTimelock": "timelock",
    "FlockToken": "token",
    "TaskManager": "task_manager",
    "Staking": "staking",
    "AllianceRounds": "alliance_rounds",
    "ArenaPanels": "arena_panels",
    "ArenaBoard": "arena_board",
    "Vesting": "vesting",
    "RewardDistributor": "distributor",
    "Settlement": "settlement",
    "Emissions": "emissions",
    "FlockGovernor": "governor",
    "HostBonds": "host_bonds",
    "ModelMarket": "model_market",
    "HostTills": "host_tills",
    "Subscriptions": "subscriptions",
    "FeedbackRoots": "feedback_roots",
}


@dataclass(frozen=True)
class AddressBook:
    """One deployment. ``deployed_block`` is the first block with its events.

    ``treasury`` is the Timelock unless another was named; ``guardian`` may be NOBODY.
    """

    chain_id: int
    access_manager: ChecksumAddress
    token: ChecksumAddress
    staking: ChecksumAddress
    task_manager: ChecksumAddress
    alliance_rounds: ChecksumAddress
    arena_panels: ChecksumAddress
    arena_board: ChecksumAddress
    vesting: ChecksumAddress
    distributor: ChecksumAddress
    settlement: ChecksumAddress
    emissions: ChecksumAddress
    timelock: ChecksumAddress
    governor: ChecksumAddress
    host_bonds: ChecksumAddress
    model_market: ChecksumAddress
    host_tills: ChecksumAddress
    subscriptions: ChecksumAddress
    feedback_roots: ChecksumAddress
    treasury: ChecksumAddress
    guardian: ChecksumAddress
    deployed_block: int

    def place_of(self, contract: str) -> ChecksumAddress:
        """The address of the contract with this name."""
        place: ChecksumAddress = getattr(self, CONTRACT_FIELDS[contract])
        return place

    @classmethod
    def load(cls, chain_id: int, path: Path | None = None) -> "AddressBook":
        """The book at ``path``, or the one known for the chain.

        Raises:
            NotDeployed: there is none, or it is from an earlier version of flock with fewer contracts.
            BadConfig: it is malformed, or for a different chain.
        """
        source = path or known_path(chain_id)
        try:
            content = json.loads(read_text(source))
        except FileNotFoundError:
            raise NotDeployed(
                f"There is no address book for chain {chain_id} at {source}. Deploy with "
                "`flock chain deploy`, or name the book with FLOCK_ADDRESSES."
            ) from None
        except (OSError, ValueError) as problem:
            raise BadConfig(f"The address book {source} cannot be read: {problem}.") from None
        book = _parse(content, source)
        if book.chain_id != chain_id:
            raise BadConfig(
                f"The address book {source} is of chain {book.chain_id}, not of chain {chain_id}."
            )
        return book

    def save(self, path: Path) -> None:
        """Write whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".partial")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n")
        draft.replace(path)


def known_path(chain_id: int) -> Path:
    """The path of a chain's address book, whether or not it exists."""
    places = [folder / f"{chain_id}.json" for folder in (CHECKOUT, own_folder())]
    return next((place for place in places if place.exists()), own_folder() / f"{chain_id}.json")


def own_folder() -> Path:
    """The folder for new address books."""
    return CHECKOUT if CHECKOUT.exists() else user_data_path("flock") / "deployments"


def _parse(content: object, source: Path) -> AddressBook:
    names = {field.name for field in fields(AddressBook)}
    if isinstance(content, dict) and content.keys() < names and "alliance_rounds" in content:
        raise NotDeployed(
            f"The address book {source} is of an earlier version of flock: it lacks "
            f"{', '.join(sorted(names - content.keys()))}. Deploy again with `flock chain deploy`, or get "
            "the address book of the deployment you are joining."
        )
    if not isinstance(content, dict) or content.keys() != names:
        raise BadConfig(f"The address book {source} must have exactly the fields {', '.join(sorted(names))}.")
    numbers = {name: content.pop(name) for name in ("chain_id", "deployed_block")}
    for name, value in numbers.items():
        if not isinstance(value, int) or value < 0:
            raise BadConfig(f"{name} in the address book {source} is {value!r}; it must be a whole number.")
    for name, value in content.items():
        if not is_address(value):
            raise BadConfig(f"{name} in the address book {source} is {value!r}, which is not an address.")
    places: dict[str, Any] = {name: to_checksum_address(value) for name, value in content.items()}
    return AddressBook(**numbers, **places)
