"""What a round costs each seat, in gas, bytes and money: the tables of docs/costs.md.

Gas comes from the snapshots that the contract tests check (contracts/snapshots) and, for what they do not
hold, from ``bench/gas_on_a_chain.json``, which a test compares with a round on a chain. Bytes are those of
real call data and of a signed transaction with it. ``python -m bench.costs`` writes the tables into the page.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_utils.address import to_checksum_address

from bench.gas import SNAPSHOTS
from flock.chain.abi_codec import artifact

ON_A_CHAIN = Path(__file__).with_name("gas_on_a_chain.json")
PAGE = Path("docs/costs.md")
GWEI, ETHER = 10**9, 10**18
PROPOSERS, VOTERS = 9, 7  # seats in the snapshots

# The OP stack's estimate of what a transaction takes in a blob: getL1FeeUpperBound of its GasPriceOracle
# (Fjord), in millionths of a byte. Random bytes do not compress, so hashes and signatures come close to it.
INTERCEPT, PER_BYTE, LEAST = -42_585_600, 836_500, 100_000_000


@dataclass(frozen=True)
class Act:
    """One kind of transaction: ``gas`` names its measurement, ``arguments`` are of a typical one."""

    name: str
    who: str
    often: str
    gas: str
    contract: str
    function: str
    arguments: Sequence[object]

    @property
    def call_data(self) -> bytes:
        functions = artifact(self.contract).abi.functions
        found = next(item for item in functions.values() if item.name == self.function)
        return found.encode(*self.arguments)

    @property
    def signed_bytes(self) -> int:
        """Length of a signed EIP-1559 transaction with this call data."""
        transaction = {
            "type": 2,
            "chainId": 8453,
            "nonce": 300,
            "maxFeePerGas": GWEI,
            "maxPriorityFeePerGas": GWEI // 100,
            "gas": 200_000,
            "to": ACCOUNT,
            "value": 0,
            "data": self.call_data,
        }
        return len(Account.sign_transaction(transaction, "0x" + "5e" * 32).raw_transaction)


ACCOUNT, DIGEST, STAKE = to_checksum_address("0x" + "a7" * 20), b"\xd7" * 32, 100 * ETHER
TASK, ROUND, SEAT = 12, 40, 11
BALLOT = (DIGEST, 0b1, 0b1_1111_1110)
VOTE = (SEAT, *BALLOT, True, DIGEST)

ACTS = (
    Act("approve", "member", "once", "approve", "FlockToken", "approve", (ACCOUNT, STAKE)),
    Act("lock", "member", "once", "lock", "Staking", "lock", (STAKE, 30)),
    Act("stake", "member", "once a task", "stake", "Staking", "allocate", (TASK, STAKE)),
    Act("join", "member", "once a task", "join", "AllianceRounds", "join", (TASK, ACCOUNT, [])),
    Act("leave", "member", "once a task", "leave", "AllianceRounds", "leave", (TASK, ACCOUNT)),
    Act("withdraw", "member", "now and then", "withdraw", "AllianceRounds", "withdraw", (TASK, ACCOUNT)),
    Act("propose", "proposer", "a seat", "propose", "AllianceRounds", "propose", (TASK, ROUND, SEAT, DIGEST)),
    Act("attest", "voter", "a seat", "attest", "AllianceRounds", "attest", (TASK, ROUND, SEAT, 0x1FF)),
    Act("commit", "voter", "a seat", "commit", "AllianceRounds", "commitVote", (TASK, ROUND, SEAT, DIGEST)),
    Act("reveal", "voter", "a seat", "reveal", "AllianceRounds", "revealVotes", (TASK, ROUND, [VOTE])),
    Act("draw", "keeper", "a round", "draw", "AllianceRounds", "draw", (TASK,)),
    Act("finalise", "keeper", "a round", "finalise", "AllianceRounds", "finalise", (TASK, *BALLOT)),
)
SEATS = {
    "proposer": ("propose",),
    "voter": ("attest", "commit", "reveal"),
    "keeper": ("draw", "finalise"),
}
ENTRY = ("approve", "lock", "stake", "join")
EXIT = ("withdraw", "leave")


@dataclass(frozen=True)
class Prices:
    """An assumption. Gas prices and fees in gwei, ether in US dollars; the scalars are the chain's, in 10⁻⁶."""

    name: str
    gas: float
    l1_base_fee: float
    blob_base_fee: float
    ether: float
    base_fee_scalar: int = 2_269
    blob_base_fee_scalar: int = 1_055_762

    def dollars(self, acts: Iterable[str], gas: Mapping[str, int]) -> float:
        """What these acts cost: execution, and at most this much for their data."""
        chosen = [act for name in acts for act in ACTS if act.name == name]
        execution = sum(gas[act.gas] for act in chosen) * self.gas
        return (execution + sum(self.data_fee(act.signed_bytes) for act in chosen)) * self.ether / GWEI

    def data_fee(self, signed_bytes: int) -> float:
        """The L1 data fee of a transaction of this length, at most, in gwei."""
        longest = signed_bytes + signed_bytes // 255 + 16
        size = max(LEAST, INTERCEPT + PER_BYTE * longest)
        per_byte = (
            16 * self.base_fee_scalar * self.l1_base_fee + self.blob_base_fee_scalar * self.blob_base_fee
        )
        return size * per_byte / 1e12


ASSUMED = (
    Prices("quiet", gas=0.005, l1_base_fee=0.5, blob_base_fee=0.001, ether=2_500),
    Prices("busy", gas=0.05, l1_base_fee=5, blob_base_fee=0.1, ether=2_500),
    Prices("crowded", gas=0.5, l1_base_fee=50, blob_base_fee=5, ether=2_500),
    Prices("crowded, dear ether", gas=0.5, l1_base_fee=50, blob_base_fee=5, ether=5_000),
)


def measured() -> dict[str, int]:
    """Gas by transaction, of the larger of the two snapshots."""
    snapshots = [json.loads((SNAPSHOTS / f"members-{n}.json").read_text()) for n in (16, 800)]
    largest = {name: max(int(snapshot[name]) for snapshot in snapshots) for name in snapshots[0]}
    return {**largest, **json.loads(ON_A_CHAIN.read_text())}


def tables() -> dict[str, str]:
    """Markdown by the marker it stands behind."""
    gas = measured()
    return {"acts": _acts(gas), "seats": _seats(gas), "money": _money(gas)}


def written(page: str) -> str:
    """``page`` with every table renewed."""
    for name, table in tables().items():
        marker, end = f"<!-- costs: {name} -->\n", "\n\n"
        before, _, rest = page.partition(marker)
        page = before + marker + table + end + rest.partition(end)[2]
    return page


def _acts(gas: Mapping[str, int]) -> str:
    rows = [
        (act.name, act.who, act.often, f"{gas[act.gas]:,}", len(act.call_data), act.signed_bytes)
        for act in ACTS
    ]
    return _table(("transaction", "who pays", "how often", "gas", "call data, bytes", "signed, bytes"), rows)


def _seats(gas: Mapping[str, int]) -> str:
    sums = {name: sum(gas[act] for act in acts) for name, acts in SEATS.items()}
    whole = PROPOSERS * sums["proposer"] + VOTERS * sums["voter"] + sums["keeper"]
    rows = [(name, " + ".join(SEATS[name]), f"{amount:,}") for name, amount in sums.items()]
    rows.append((f"all: {PROPOSERS} proposers, {VOTERS} voters, one keeper", "", f"{whole:,}"))
    rows.append(("a seat of these, on average", "", f"{whole // (PROPOSERS + VOTERS):,}"))
    for name, acts in (("joining a task", ENTRY), ("being paid and leaving", EXIT)):
        rows.append((name, " + ".join(acts), f"{sum(gas[act] for act in acts):,}"))
    return _table(("who", "transactions", "gas"), rows)


def _money(gas: Mapping[str, int]) -> str:
    head = (
        "assumed",
        "gas",
        "L1 base fee",
        "blob base fee",
        "ether",
        "proposer",
        "voter",
        "keeper",
        "to join",
    )
    rows = [
        (
            prices.name,
            f"{prices.gas:g} gwei",
            f"{prices.l1_base_fee:g} gwei",
            f"{prices.blob_base_fee:g} gwei",
            f"${prices.ether:,.0f}",
            *(f"${prices.dollars(acts, gas):.4f}" for acts in (*SEATS.values(), ENTRY)),
        )
        for prices in ASSUMED
    ]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
