"""x402's facilitator in this process: its checks, on flock's own sender.

x402 says of a settlement only that it failed. Whether it failed, or is not known, decides whether a payer may be
asked to pay again; so the signer of each settlement remembers what stopped it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, TypeVar

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from web3 import Web3
from x402.mechanisms.evm.exact.facilitator import ExactEvmScheme, ExactEvmSchemeConfig
from x402.mechanisms.evm.types import TransactionReceipt, TypedDataDomain, TypedDataField
from x402.schemas import (
    PaymentPayload,
    PaymentRequirements,
    SettleResponse,
    SupportedKind,
    SupportedResponse,
    VerifyResponse,
)

from flock.chain.client import Client, Log
from flock.chain.sending.sender import Sender
from flock.errors import ContractRefused, FlockError, NoFunds, Transient
from flock.log import logger
from flock.marketplace.gate.authorisations import Authorisation, authorisation_in
from flock.protocol.core.hashing import keccak
from flock.store.journal import Intent, IntentState

EXACT = "exact"
UNKNOWN = "settlement_unknown"
"""Reason of a settlement that may have happened or may yet happen."""
NOT_ISSUED = "quote_not_issued_here"
TRANSFER = keccak(b"Transfer(address,address,uint256)")
AUTHORIZATION_USED = keccak(b"AuthorizationUsed(address,bytes32)")
BLOCKS_BACK = 5_000
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Settled:
    """A payment's end: the transaction that paid it; None and a reason if nothing was paid."""

    transaction: str | None
    reason: str = ""

    @property
    def is_unknown(self) -> bool:
        return self.transaction is None and self.reason == UNKNOWN


class SettlementSigner:
    """x402's FacilitatorEvmSigner on flock's client and sender, for one settlement, which has ``key``."""

    def __init__(self, client: Client, sender: Sender, key: str) -> None:
        self.problem: FlockError | None = None
        self._client = client
        self._sender = sender
        self._key = key

    def get_addresses(self) -> list[str]:
        return [self._sender.address]

    def get_chain_id(self) -> int:
        return self._client.chain_id

    def get_code(self, address: str) -> bytes:
        return self._noting(lambda: self._client.code(to_checksum_address(address)))

    def get_balance(self, address: str, token_address: str) -> int:
        raise NotImplementedError("x402 asks no balance of a facilitator for `exact`")

    def verify_typed_data(
        self,
        address: str,
        domain: TypedDataDomain,
        types: dict[str, list[TypedDataField]],
        primary_type: str,
        message: dict[str, Any],
        signature: bytes,
    ) -> bool:
        raise NotImplementedError("x402 verifies signatures of `exact` by itself")

    def read_contract(self, address: str, abi: list[dict[str, Any]], function_name: str, *args: Any) -> Any:
        contract = self._client.w3.eth.contract(to_checksum_address(address), abi=abi)
        return self._noting(lambda: contract.functions[function_name](*_checksummed(args)).call())

    def write_contract(
        self,
        address: str,
        abi: list[dict[str, Any]],
        function_name: str,
        *args: Any,
        data_suffix: str | None = None,  # noqa: ARG002 - of builders' codes, which are not used here
    ) -> str:
        contract = self._client.w3.eth.contract(to_checksum_address(address), abi=abi)
        data = bytes.fromhex(contract.encode_abi(function_name, args=list(_checksummed(args)))[2:])
        return self._noting(lambda: self._sender.send(self._key, to_checksum_address(address), data)).hash

    def send_transaction(self, to: str, data: bytes) -> str:
        raise NotImplementedError("no wallet is deployed for a payer")

    def wait_for_transaction_receipt(self, tx_hash: str) -> TransactionReceipt:
        found = self._noting(lambda: self._client.w3.eth.get_transaction_receipt(HexStr(tx_hash)))
        logs = [dict(log) for log in found["logs"]]
        return TransactionReceipt(found["status"], found["blockNumber"], tx_hash, logs)

    def _noting(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except FlockError as problem:
            self.problem = problem
            raise


class Facilitator:
    """Verifies and settles quotes that this gate has issued, and no others; x402's FacilitatorClient.

    ``is_issued`` tells them. What waits for the chain runs in ``threads``.
    """

    def __init__(
        self,
        client: Client,
        sender: Sender,
        is_issued: Callable[[PaymentRequirements], bool],
        threads: Executor,
    ) -> None:
        self._client = client
        self._sender = sender
        self._is_issued = is_issued
        self._threads = threads
        self.network = f"eip155:{client.chain_id}"

    def get_supported(self) -> SupportedResponse:
        kind = SupportedKind(x402_version=2, scheme=EXACT, network=self.network)
        return SupportedResponse(kinds=[kind], signers={"eip155:*": [self._sender.address]})

    async def verify(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        """Raises Transient if the chain cannot be asked."""
        return await self._in_thread(lambda: self._verify(payload, requirements))

    async def settle(self, payload: PaymentPayload, requirements: PaymentRequirements) -> SettleResponse:
        """A success, or a failure whose reason is UNKNOWN if it may have happened or may yet happen."""
        ended = await self._in_thread(lambda: self.end(payload, requirements))
        return SettleResponse(
            success=ended.transaction is not None,
            error_reason=ended.reason or None,
            payer=authorisation_in(payload).payer,
            transaction=ended.transaction or "",
            network=self.network,
        )

    def end(self, payload: PaymentPayload, requirements: PaymentRequirements) -> Settled:
        """Settle, whatever an earlier try came to; waits for the chain."""
        authorisation = authorisation_in(payload)
        try:
            return self._end(authorisation, requirements)
        except NoFunds as problem:
            logger().error("settlement_without_gas", reason=str(problem))
            return Settled(None, UNKNOWN)
        except Transient as problem:
            logger().warning("settlement_unknown", payer=authorisation.payer, reason=str(problem))
            return Settled(None, UNKNOWN)

    def is_begun(self, payload: PaymentPayload) -> bool:
        """Whether a transaction that settles it was signed and may be mined."""
        return self._begun(authorisation_in(payload)) is not None

    def _begun(self, authorisation: Authorisation) -> Intent | None:
        intent = self._sender.journal.find(authorisation.key)
        return None if intent is None or intent.state is IntentState.FAILED else intent

    def _end(self, authorisation: Authorisation, requirements: PaymentRequirements) -> Settled:
        begun = self._begun(authorisation)
        if begun is not None:  # its time may be over by now, and it pays all the same
            return self._follow(begun, authorisation)
        if not self._is_issued(requirements):
            return Settled(None, NOT_ISSUED)
        signer = SettlementSigner(self._client, self._sender, authorisation.key)
        scheme = ExactEvmScheme(signer, ExactEvmSchemeConfig(simulate_in_settle=False))
        said = scheme.settle(authorisation.payload, requirements)
        if said.success:
            return Settled(said.transaction)
        if signer.problem is not None and not isinstance(signer.problem, ContractRefused):
            raise signer.problem
        named = signer.problem.error if signer.problem is not None else ""
        return self._refused(authorisation, named or said.error_reason or "settlement_failed")

    def _follow(self, begun: Intent, authorisation: Authorisation) -> Settled:
        try:
            return Settled(self._sender.send(begun.key, begun.to, begun.data).hash)
        except ContractRefused as problem:
            return self._refused(authorisation, problem.error or "transaction_failed")

    def _refused(self, authorisation: Authorisation, reason: str) -> Settled:
        """Anyone can hand in a signed transfer: if somebody did, the payer has paid all the same."""
        elsewhere = self._paid_elsewhere(authorisation)
        return Settled(elsewhere) if elsewhere else Settled(None, reason)

    def _paid_elsewhere(self, authorisation: Authorisation) -> str | None:
        last = self._client.block_number()
        payer = bytes(12) + bytes.fromhex(authorisation.payer[2:])
        payee = bytes(12) + bytes.fromhex(authorisation.payee[2:])
        span = (max(0, last - BLOCKS_BACK), last)
        used = self._client.logs(
            [authorisation.token], *span, [AUTHORIZATION_USED, payer, authorisation.nonce]
        )
        if not used:
            return None
        block = used[0].block
        moved = self._client.logs([authorisation.token], block, block, [TRANSFER, payer, payee])
        return next((log.transaction for log in moved if _pays(log, used[0], authorisation)), None)

    def _verify(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        if not self._is_issued(requirements):
            return VerifyResponse(is_valid=False, invalid_reason=NOT_ISSUED)
        signer = SettlementSigner(self._client, self._sender, "")
        said = ExactEvmScheme(signer).verify(payload, requirements)
        if not said.is_valid and isinstance(signer.problem, Transient):
            raise signer.problem
        return said

    async def _in_thread(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _pays(moved: Log, used: Log, authorisation: Authorisation) -> bool:
    amount = int.from_bytes(moved.data[:32], "big")
    return moved.transaction == used.transaction and amount == authorisation.value


def _checksummed(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Addresses as web3.py wants them; x402 passes them as the payer wrote them."""
    return tuple(
        to_checksum_address(each) if isinstance(each, str) and Web3.is_address(each) else each
        for each in arguments
    )
