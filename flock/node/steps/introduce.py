"""Attest the key of the member's Flower node, so that coordinators admit it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from flock.alliance.node_key import NodeKey
from flock.errors import Refused
from flock.log import logger
from flock.node.context import NodeContext

# The service may lose the attestation, or get a newer one from another installation.
LOOK_SECONDS = 30.0
RETRY_SECONDS = 3.0


@dataclass
class Introduce:
    """Once the member has joined, the service lists this node's key, attested by the key it signs with now."""

    context: NodeContext
    node_key: EllipticCurvePrivateKey
    clock: Callable[[], float] = time.monotonic
    name: str = "introduce"
    _looked_at: float = -LOOK_SECONDS

    def __call__(self) -> bool:
        context, now = self.context, self.clock()
        if now - self._looked_at < LOOK_SECONDS or not self._is_member():
            return False
        self._looked_at = now - LOOK_SECONDS + RETRY_SECONDS
        listed = self._listed()
        own = NodeKey.attest(
            context.contracts.deployment_domain,
            context.wallet.owner,
            context.wallet.operator,
            self.node_key,
            self._issue_time(listed),
        )
        if listed is not None and self._says_the_same(listed, own):
            self._looked_at = now
            return False
        context.service.attest_node_key(context.task, own)
        logger().info("node_key_attested", account=own.account, key=own.public_key.hex())
        return True

    def _is_member(self) -> bool:
        context = self.context
        return context.contracts.alliance_rounds.member_of(context.task, context.wallet.owner).is_active

    def _listed(self) -> NodeKey | None:
        owner = self.context.wallet.owner
        fields = self.context.service.node_keys(self.context.task).get(owner)
        try:
            return NodeKey.from_json(owner, fields) if fields else None
        except Refused:
            return None

    def _issue_time(self, listed: NodeKey | None) -> int:
        """Now, by the chain's clock, which all share; later than what is listed in any case."""
        return max(self.context.contracts.client.now(), listed.issued_at + 1 if listed else 0)

    def _says_the_same(self, listed: NodeKey, own: NodeKey) -> bool:
        try:
            signer = listed.signer(self.context.contracts.deployment_domain)
        except Refused:
            return False
        return listed.public_key == own.public_key and signer == self.context.wallet.operator.address
