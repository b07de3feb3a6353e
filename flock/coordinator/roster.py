"""Which Flower node works for which member, by the members' own signatures."""

from collections.abc import Mapping

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from flock.chain.contracts import Contracts
from flock.chain.node_identity import signer_of_node_identity
from flock.log import logger
from flock.training.mods import MEMBER, RESULT


class Roster:
    """Member → Flower node. A node that cannot show its member's signature is ignored.

    Questions are sent and answers gathered at every ``refresh``; it waits for no one.
    """

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._grid: Grid | None = None
        self._asked: dict[str, int] = {}
        self._refused: set[int] = set()
        self._account_of: dict[int, str] = {}

    @property
    def node_of(self) -> Mapping[str, int]:
        """Account → its newest node."""
        return {account: node for node, account in self._account_of.items()}

    def refresh(self, grid: Grid) -> bool:
        """Hear who has answered, ask who is new, forget who is gone; whether the roster has changed."""
        if grid is not self._grid:
            self._grid, self._asked = grid, {}
        before = dict(self._account_of)
        present = set(grid.get_node_ids())
        self._account_of = {node: account for node, account in before.items() if node in present}
        self._hear(grid)
        self._ask(grid, present)
        return self._account_of != before

    def _ask(self, grid: Grid, present: set[int]) -> None:
        known = self._account_of.keys() | set(self._asked.values()) | self._refused
        strangers = sorted(present - known)
        questions = [Message(RecordDict(), dst_node_id=node, message_type=MEMBER) for node in strangers]
        if questions:
            self._asked.update(zip(grid.push_messages(questions), strangers, strict=True))

    def _hear(self, grid: Grid) -> None:
        for reply in grid.pull_messages(list(self._asked)) if self._asked else ():
            del self._asked[reply.metadata.reply_to_message_id]
            self._welcome(reply)

    def _welcome(self, reply: Message) -> None:
        node = reply.metadata.src_node_id
        answer: Mapping[str, object] = (
            {} if reply.has_error() else reply.content.config_records.get(RESULT, {})
        )
        account, signature = str(answer.get("account", "")), str(answer.get("signature", ""))
        if not self._is_proven(account, node, signature):
            self._refused.add(node)
            logger().warning("node_identity_refused", node=node, account=account)
            return
        self._account_of[node] = account
        logger().info("node_identified", node=node, account=account)

    def _is_proven(self, account: str, node: int, signature: str) -> bool:
        contracts = self._contracts
        contract = contracts.alliance_rounds.address
        signer = signer_of_node_identity(contracts.chain_id, contract, account, node, signature)
        return signer is not None and contracts.staking.acts_for(account, signer)
