"""The transaction sender, the only code that spends gas: simulate, journal the signed bytes, send, wait.

An intent's key makes it idempotent: for a mined key the sender returns the receipt, a pending one it follows,
and a failed one can be retried. The journal is a table and reserves the nonces, so this holds across threads,
processes and restarts.
"""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address

from flock.chain.answers import WAITED_FOR
from flock.chain.client import (
    Client,
    Log,
    as_refusal,
    call_object,
    parse_logs,
    parse_number,
    understood,
)
from flock.chain.rpc import Call, RpcRefused
from flock.chain.sending.broadcast import Broadcast, read_answer
from flock.chain.sending.fees import MARKET, FeePolicy, Fees, prices
from flock.chain.sending.nonce_user import user_of
from flock.errors import ContractRefused, NoFunds, RpcUnavailable
from flock.log import logger
from flock.store.database import Database
from flock.store.journal import Intent, IntentJournal, IntentState, KindCost, Mined, Transaction

# The state may change between simulation and block, and with it the path taken; unused gas costs nothing.
GAS_MARGIN_PERCENT = 50
GAS_MARGIN = 30_000
TRANSFER_GAS = 21_000

# More nonces than this are not missing but were miscounted: what is far above is signed again, lower.
MOST_GAPS = 16


@dataclass(frozen=True)
class Patience:
    """How long to wait for what, in seconds; ``resend`` offers the bytes again, should they be dropped."""

    poll: float = 0.05
    resend: float = 3.0
    bump: float = 20.0
    give_up: float = 180.0


# For chains with slow blocks and rate-limited endpoints.
REMOTE = Patience(poll=1.0, resend=30.0, bump=60.0, give_up=600.0)


@dataclass(frozen=True)
class Receipt:
    """A mined intent: ``fee`` in wei; ``logs`` as the transaction emitted them."""

    key: str
    kind: str
    hash: str
    block: int
    gas_used: int
    fee: int
    logs: tuple[Log, ...]


def open_sender(
    client: Client, account: LocalAccount, database: Database, patience: Patience | None = None
) -> "Sender":
    """A sender on the journal in ``database``, with what an earlier process left pending taken up again."""
    journal = IntentJournal(database, client.identity, account.address)
    sender = Sender(client, account, journal, patience=patience)
    sender.resume()
    return sender


class Sender:
    """Transactions of one account on one chain; thread-safe.

    The part of a key before the first colon is its kind, under which the gas ledger counts it.
    """

    def __init__(
        self,
        client: Client,
        account: LocalAccount,
        journal: IntentJournal,
        fees: FeePolicy | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.client = client
        self.journal = journal
        self.address: ChecksumAddress = to_checksum_address(account.address)
        self._account = account
        self._fees = fees or FeePolicy()
        self._patience = patience or (Patience() if client.is_local else REMOTE)
        self._unfinished: list[Intent] = []
        self._mined_in: dict[str, int] = {}

    def send(self, key: str, to: str, data: bytes, value: int = 0) -> Receipt:
        """Send the transaction named ``key`` exactly once and wait until it is mined.

        Raises:
            ContractRefused: the simulation or the mined transaction reverted.
            NoFunds: the account cannot pay for the gas.
            RpcUnavailable: the chain could not be reached or did not mine in time; the intent stays
                journalled, and ``resume`` or the same ``send`` resumes it.
        """
        intent = self.journal.find(key)
        if intent is None or intent.state == IntentState.FAILED:
            intent = self._begin(key, to, data, value)
        return self._follow(intent)

    def resume(self) -> None:
        """Resume what a killed process left: record what was mined, send the rest again."""
        self._reopen_undone()
        self._unfinished = list(self.journal.pending())
        for intent in self._unfinished:
            if self._settle(intent) is None:
                self._take_up(intent)
        self._fill_gaps()

    def unfinished_key(self, to: str, data: bytes) -> str | None:
        """The key of a call that was cut off before ``resume``, each once: sending by it carries on with that."""
        found = next((each for each in self._unfinished if (each.to, each.data) == (to, data)), None)
        if found is None:
            return None
        self._unfinished.remove(found)
        return found.key

    def take_blocks(self) -> Mapping[str, int]:
        """Hash and number of the blocks in which transactions were found mined since this was last asked."""
        taken, self._mined_in = self._mined_in, {}
        return taken

    def costs(self) -> Sequence[KindCost]:
        """The gas ledger: what every kind of transaction has cost so far."""
        return self.journal.costs()

    def _reopen_undone(self) -> Sequence[Intent]:
        """What a reorganisation took out of the chain is pending again."""
        mined = self.journal.mined_after(self.client.finalised_head().number)
        undone = [intent for intent in mined if self._settle(intent) is None]
        for intent in undone:
            self.journal.reopen(intent)
        return undone

    def _take_up(self, intent: Intent) -> None:
        """Send it again; if the node refuses, the others are still sent, and this one is retried later.

        A nonce that something else has used is not replaced here: this journal may be an older copy, which does
        not know the attempt that was mined. The caller checks the chain, then starts again.
        """
        try:
            answer = self._hand_over(intent.transactions[-1])
            if answer is Broadcast.NONCE_TAKEN and self._is_taken_by_another(intent):
                self.journal.give_up(intent)
                logger().warning("intent_dropped", key=intent.key, nonce=intent.nonce)
                return
            if answer is Broadcast.UNDERPRICED:
                self._bump(intent)
            logger().info("intent_resumed", key=intent.key, nonce=intent.nonce)
        except RpcRefused as problem:
            logger().warning("intent_waits", key=intent.key, nonce=intent.nonce, reason=str(problem))

    # ---- from a key to journalled bytes

    def _begin(self, key: str, to: str, data: bytes, value: int) -> Intent:
        gas, chain_nonce, fees = self._prepare(to, data, value)
        with self.journal.database.writing() as session:
            intent = self.journal.locked(session, key)
            if intent is not None and intent.state != IntentState.FAILED:
                return intent  # another thread or process was faster
            intent = intent or Intent(chain=self.journal.chain, sender=self.journal.sender, key=key)
            intent.kind, intent.to, intent.data = key.partition(":")[0], to, data
            intent.value, intent.gas = str(value), gas
            nonce = max(chain_nonce, self.journal.next_nonce(session))
            self.journal.add_attempt(session, intent, self._sign(intent, nonce, fees))
        return self._offer(intent)

    def _prepare(self, to: str, data: bytes, value: int) -> tuple[int, int, Fees]:
        """Simulate; the gas limit, the chain's next nonce and the fees to offer, in one round trip."""
        simulation: Call = ("eth_estimateGas", [call_object(to, data, self.address, value)])
        estimate, count, *market = self.client.rpc.batch([simulation, self._count("pending"), *MARKET])
        if isinstance(estimate, RpcRefused):
            raise self._simulation_failure(estimate)
        gas = parse_number(estimate)
        return gas + gas * GAS_MARGIN_PERCENT // 100 + GAS_MARGIN, _number(count), self._offered(market)

    def _simulation_failure(self, problem: RpcRefused) -> Exception:
        failure = as_refusal(problem)
        if not isinstance(failure, ContractRefused) and read_answer(problem) is Broadcast.NO_FUNDS:
            return self._no_funds()
        return failure

    def _count(self, tag: str) -> Call:
        return "eth_getTransactionCount", [self.address, tag]

    def _offered(self, market: Sequence[Any]) -> Fees:
        base_fee, tip, is_legacy = prices(self.client, *market)
        return self._fees.single(tip) if is_legacy else self._fees.offer(base_fee, tip)

    def _sign(self, intent: Intent, nonce: int, fees: Fees) -> Transaction:
        signed = self._account.sign_transaction(
            {
                "chainId": self.client.chain_id,
                "nonce": nonce,
                "to": HexStr(intent.to),
                "data": intent.data,
                "value": int(intent.value),
                "gas": intent.gas,
                **_priced(fees),
            }
        )
        return Transaction(
            hash=signed.hash.to_0x_hex(),
            raw=bytes(signed.raw_transaction),
            nonce=nonce,
            max_fee=str(fees.max_fee),
            tip=str(fees.tip),
        )

    # ---- from journalled bytes to the chain

    def _offer(self, intent: Intent) -> Intent:
        """The first offer. Raises NoFunds, and frees the nonce, if the account cannot pay."""
        answer = self._hand_over(intent.transactions[-1])
        if answer is Broadcast.NO_FUNDS:
            self.journal.give_up(intent)
            raise self._no_funds()
        return self._bump(intent) if answer is Broadcast.UNDERPRICED else intent

    def _hand_over(self, transaction: Transaction) -> Broadcast:
        try:
            self.client.rpc.request("eth_sendRawTransaction", "0x" + transaction.raw.hex())
        except RpcRefused as problem:
            answer = read_answer(problem)
            if answer is Broadcast.REFUSED:
                raise
            return answer
        return Broadcast.ACCEPTED

    def _offer_again(self, intent: Intent) -> Intent:
        """The same bytes once more; a node that has them says so, one that dropped them takes them."""
        answer = self._hand_over(intent.transactions[-1])
        if answer is Broadcast.UNDERPRICED:
            return self._bump(intent)
        if answer is Broadcast.NONCE_TAKEN and self._is_taken_by_another(intent):
            return self._renumber(intent)
        return intent

    def _is_taken_by_another(self, intent: Intent) -> bool:
        """Whether none of our attempts has the nonce, which is used.

        That no receipt is served does not show it: nodes have a block before they have indexed it, and who signs
        anew then does the act twice. The blocks themselves do. While they cannot be read, it counts as ours.
        """
        if self._settle(intent) is not None:
            return False
        try:
            taker = user_of(self.client, self.address, intent.nonce or 0)
        except (RpcRefused, RpcUnavailable):
            return False
        return taker not in {attempt.hash for attempt in intent.transactions}

    def _bump(self, intent: Intent) -> Intent:
        """Replace a stuck transaction: the same act and nonce at a higher fee, unless the cap forbids."""
        last = intent.transactions[-1]
        market = self._offered(self.client.rpc.batch(MARKET))
        fees = self._fees.replacement(Fees(int(last.max_fee), int(last.tip)), market)
        return intent if fees is None else self._attempt(intent, last.nonce, fees)

    def _renumber(self, intent: Intent) -> Intent:
        """A stranger took the nonce with our key: none of our bytes can be mined, so sign for a new one."""
        count, *market = self.client.rpc.batch([self._count("pending"), *MARKET])
        return self._attempt(intent, _number(count), self._offered(market), fresh=True)

    def _attempt(self, intent: Intent, nonce: int, fees: Fees, *, fresh: bool = False) -> Intent:
        with self.journal.database.writing() as session:
            row = session.get_one(Intent, intent.id)
            if len(row.transactions) > len(intent.transactions):
                return row  # another thread or process was faster
            if fresh:
                nonce = max(nonce, self.journal.next_nonce(session))
            self.journal.add_attempt(session, row, self._sign(row, nonce, fees))
        logger().info("intent_signed_again", key=row.key, nonce=nonce, max_fee=fees.max_fee)
        self._hand_over(row.transactions[-1])
        return row

    def _clear_the_way(self) -> None:
        """A nonce below may be one that a reorganisation freed: it is for the act that had it."""
        for intent in self._reopen_undone():
            self._take_up(intent)
        self._fill_gaps()

    def _fill_gaps(self) -> None:
        """Spend nonces that nobody holds below one that is held: a gap keeps all above it waiting."""
        pending = [intent for intent in self.journal.pending() if intent.nonce is not None]
        held = {intent.nonce or 0 for intent in pending}
        if not held:
            return
        count, *market = self.client.rpc.batch([self._count("pending"), *MARKET])
        missing = max(held) - _number(count) + 1 - len(held)
        if missing > MOST_GAPS:
            self._sign_lower(pending, _number(count), self._offered(market))
            return
        for nonce in sorted(set(range(_number(count), max(held))) - held):
            nothing = Intent(key="gap", to=self.address, data=b"", value="0", gas=TRANSFER_GAS)
            self._hand_over(self._sign(nothing, nonce, self._offered(market)))

    def _sign_lower(self, pending: Sequence[Intent], count: int, fees: Fees) -> None:
        """An endpoint once counted far too high: give those acts the next nonces instead of filling the gap."""
        held = {intent.nonce for intent in pending}
        free = (nonce for nonce in itertools.count(count) if nonce not in held)
        for intent in pending:
            if (intent.nonce or 0) > count + MOST_GAPS:
                self._attempt(intent, next(free), fees)

    # ---- from the chain to a receipt

    def _follow(self, intent: Intent) -> Receipt:
        patience = self._patience
        start = time.monotonic()
        resend_at, bump_at = start + patience.resend, start + patience.bump
        while (found := self._settle(intent)) is None:
            now = time.monotonic()
            if now - start > patience.give_up:
                raise self._not_mined(intent)
            if now >= bump_at:
                self._clear_the_way()
                intent = self._bump(intent)
                bump_at = now + patience.bump
            elif now >= resend_at:
                intent = self._offer_again(intent)
                resend_at = now + patience.resend
            time.sleep(patience.poll)
        return self._receipt(intent, found)

    def _settle(self, intent: Intent) -> dict[str, Any] | None:
        """The receipt of whichever attempt was mined, written down; None if none was (yet)."""
        attempts = [attempt for attempt in intent.transactions if attempt.nonce == intent.nonce]
        calls: list[Call] = [("eth_getTransactionReceipt", [attempt.hash]) for attempt in attempts]
        for answer in self.client.rpc.batch(calls):
            if isinstance(answer, RpcRefused):
                if answer.meaning not in WAITED_FOR:
                    raise answer
            elif _is_mined(answer):
                mined, found = _mined(answer), cast("dict[str, Any]", answer)
                self.journal.complete(intent, mined)
                if found.get("blockHash"):  # some endpoints leave it out
                    self._mined_in[found["blockHash"]] = mined.block
                return found
        return None

    def _receipt(self, intent: Intent, found: dict[str, Any]) -> Receipt:
        mined = _mined(found)
        if not mined.succeeded:
            raise self._why_reverted(intent, mined)
        logs = tuple(parse_logs(found.get("logs")))
        return Receipt(intent.key, intent.kind, mined.hash, mined.block, mined.gas_used, mined.fee, logs)

    def _why_reverted(self, intent: Intent, mined: Mined) -> ContractRefused:
        """Mined and reverted: the chain had moved on since the simulation. Ask it again for the reason."""
        try:
            self.client.call(
                intent.to, intent.data, sender=self.address, value=int(intent.value), block=mined.block
            )
        except ContractRefused as refused:
            return refused
        except RpcUnavailable as problem:
            return ContractRefused(
                f"The transaction {mined.hash} ({intent.kind}) reverted in block {mined.block}; why, the "
                f"endpoint does not say: {problem}"
            )
        return ContractRefused(
            f"The transaction {mined.hash} ({intent.kind}) reverted in block {mined.block}, although it "
            "would succeed now: the state changed at that moment. Try again."
        )

    def _not_mined(self, intent: Intent) -> RpcUnavailable:
        return RpcUnavailable(
            f"The transaction {intent.transactions[-1].hash} ({intent.kind}) was not mined within "
            f"{self._patience.give_up:g} seconds. It is journalled and followed again later; nothing is lost."
        )

    def _no_funds(self) -> NoFunds:
        return NoFunds(
            f"{self.address} has too little ETH to pay for gas on chain {self.client.chain_id}. "
            "Send it some (on a local chain: `flock chain fund`)."
        )


def _priced(fees: Fees) -> dict[str, int]:
    """The fields of a transaction that say what it pays."""
    if fees.is_legacy:
        return {"gasPrice": fees.max_fee}
    return {"type": 2, "maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.tip}


def _is_mined(receipt: Any) -> bool:
    """Whether it is a receipt; some nodes give one without a block for what waits in their pool."""
    return receipt is not None and not (isinstance(receipt, dict) and receipt.get("blockNumber", "") is None)


@understood
def _mined(receipt: Any) -> Mined:
    gas_used = int(receipt["gasUsed"], 16)
    execution = gas_used * int(receipt.get("effectiveGasPrice") or "0x0", 16)
    return Mined(
        receipt["transactionHash"],
        int(receipt["blockNumber"], 16),
        gas_used,
        execution + int(receipt.get("l1Fee") or "0x0", 16),
        receipt["status"] == "0x1",
    )


def _number(answer: Any) -> int:
    if isinstance(answer, RpcRefused):
        raise answer
    return parse_number(answer)
