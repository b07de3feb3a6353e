"""Which Flower node works for which member, by the members' own signatures."""

from collections.abc import Callable, Mapping

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from flock.chain.contracts import Contracts
from flock.chain.node_identity import signer_of_node_identity
from flock.log import logger
from flock.training.mods import MEMBER, RESULT

ANSWER_SECONDS = 5.0


class Roster:
    """Member → Flower node. A node that cannot show its member's signature is ignored."""

    def __init__(self, contracts: Contracts, grid: Callable[[], Grid]) -> None:
        self._contracts = contracts
        self._grid = grid
        self._account_of: dict[int, str] = {}

    def refresh(self) -> Mapping[str, int]:
        """Ask nodes that are new, forget those that are gone; account → node id."""
        grid = self._grid()
        present = set(grid.get_node_ids())
        self._account_of = {node: account for node, account in self._account_of.items() if node in present}
        strangers = sorted(present - self._account_of.keys())
        questions = [Message(RecordDict(), dst_node_id=node, message_type=MEMBER) for node in strangers]
        if questions:
            for reply in grid.send_and_receive(questions, timeout=ANSWER_SECONDS):
                self._hear(reply)
        return {account: node for node, account in self._account_of.items()}

    def _hear(self, reply: Message) -> None:
        node = reply.metadata.src_node_id
        answer: Mapping[str, object] = {} if reply.has_error() else reply.content.config_records.get(RESULT, {})
        account, signature = str(answer.get("account", "")), str(answer.get("signature", ""))
        contracts = self._contracts
        signer = signer_of_node_identity(
            contracts.chain_id, contracts.alliance_rounds.address, account, node, signature
        )
        if signer is None or not contracts.staking.acts_for(account, signer):
            logger().warning("node_identity_refused", node=node, account=account)
            return
        self._account_of[node] = account
        logger().info("node_identified", node=node, account=account)
