"""Who may bring what to the tasks of a deployment, whatever product they are of."""

from collections.abc import Sequence

from flock.chain.contracts.deployed import Contracts
from flock.tasks.product import Product
from flock.web.errors import Forbidden


class Membership:
    """The ``UploadPolicy`` of a service of these products."""

    def __init__(self, contracts: Contracts, products: Sequence[Product]) -> None:
        self.domain = contracts.deployment_domain
        self._contracts = contracts
        self._products = products

    def require_belongs(self, task: int, account: str) -> None:
        """Raises Forbidden unless ``account`` is a member of ``task`` or created it."""
        if not any(product.belongs(task, account) for product in self._products):
            raise Forbidden(f"{account} is neither a member nor the creator of task {task}: join it first.")

    def acts_for(self, account: str, signer: str) -> bool:
        """Whether ``signer`` is ``account`` or its operator at this moment."""
        return acts_for(self._contracts, account, signer)


def acts_for(contracts: Contracts, account: str, signer: str) -> bool:
    """Whether ``signer`` is ``account`` or its operator at this moment."""
    return signer == account or contracts.staking.acts_for(account, signer)
