"""ModelMarket: versions of models, their prices and hosts, and where payments for them go."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from eth_typing import ChecksumAddress

from flock.chain.contracts.binding import Binding
from flock.chain.contracts.splitter import Makers, Splitter
from flock.chain.sending.sender import Receipt, Sender
from flock.protocol.market.prices import Price, PriceView


class VersionState(IntEnum):
    NONE = 0
    LISTED = 1
    RETIRED = 2
    CONTESTED = 3


@dataclass(frozen=True)
class NewVersion:
    """What a publisher chooses. ``parents`` are (version, bps), ascending; ``shares`` (account, bps)."""

    digest: bytes
    metadata: bytes
    host_bps: int
    royalty_bps: int = 0
    parents: tuple[tuple[int, int], ...] = ()
    shares: tuple[tuple[str, int], ...] = ()

    def as_abi(self) -> tuple[object, ...]:
        head = (self.digest, self.metadata, self.host_bps, self.royalty_bps)
        return (*head, list(self.parents), list(self.shares))


@dataclass(frozen=True)
class Version:
    """A version as stored; IModelMarket.Version says what each field is."""

    model: int
    task_id: int
    published_at: int
    committed_at: int
    era: int
    fee_bps: int
    host_bps: int
    royalty_bps: int
    state: VersionState
    digest: bytes
    metadata: bytes


class ModelMarket(Binding):
    contract: ClassVar[str] = "ModelMarket"

    def version_count(self) -> int:
        return int(self.read("versionCount"))

    def version_of(self, version: int) -> Version:
        found: dict[str, Any] = self.read("versionOf", version)
        return Version(**{**found, "state": VersionState(found["state"])})

    def upload_of(self, digest: bytes) -> int:
        """The upload of these bytes; 0 if there is none."""
        return int(self.read("uploadOf", digest))

    def result_of(self, task: int) -> int:
        """The version that is the task's result; 0 if it is not published."""
        return int(self.read("resultOf", task))

    def owner_of(self, model: int) -> ChecksumAddress:
        owner: ChecksumAddress = self.read("ownerOf", model)
        return owner

    def is_served(self, version: int, host: str) -> bool:
        return bool(self.read("isServed", version, host))

    def price_of(self, version: int, token: str) -> PriceView:
        found = self.read("priceOf", version, token)
        prices = (Price(**found["current"]), Price(**found["former"]))
        return PriceView(*prices, int(found["honoured_until"]))

    def splitter_of(self, version: int, host: str) -> Splitter:
        """Where payments go, deployed or not; the zero address as host for royalties."""
        return Splitter(self.client, self.read("splitterOf", version, host))

    def makers_of(self, task: int) -> Makers:
        """Where the makers of a task's result are paid, deployed or not."""
        return Makers(self.client, self.read("makersOf", task))

    def commit(self, sender: Sender, commitment: bytes) -> Receipt | None:
        return self.write(sender, self.key("commit_upload", commitment.hex()), "commit", commitment)

    def publish(self, sender: Sender, model: int, terms: NewVersion, salt: bytes) -> Receipt | None:
        """Publish an upload that was committed to; nothing is sent if these bytes are one."""
        key = self.key("publish", terms.digest.hex())
        arguments = (model, terms.as_abi(), salt)
        return self.write(sender, key, "publish", *arguments, holds=lambda: self.upload_of(terms.digest) != 0)

    def publish_result(self, sender: Sender, model: int, task: int, terms: NewVersion) -> Receipt | None:
        """Publish what a task has made; nothing is sent if it is published."""
        key = self.key("publish_result", task)
        arguments = (model, task, terms.as_abi())
        return self.write(sender, key, "publishResult", *arguments, holds=lambda: self.result_of(task) != 0)

    def set_price(self, sender: Sender, version: int, token: str, price: Price) -> Receipt | None:
        terms = (price.per_call, price.per_period, price.per_input, price.per_output)
        return self.write(sender, self.fresh_key("set_price"), "setPrice", version, token, terms)

    def retire(self, sender: Sender, version: int) -> Receipt | None:
        return self.write(sender, self.key("retire_version", version), "retire", version)

    def serve(self, sender: Sender, version: int, host: str) -> Receipt | None:
        """Register a host of a version; nothing is sent if it serves it."""
        key = self.key("serve", version, host)
        return self.write(sender, key, "serve", version, host, holds=lambda: self.is_served(version, host))

    def release(self, sender: Sender, version: int, host: str, token: str, payee: int) -> Receipt | None:
        """Pay a payee of a splitter, which is deployed if it is not there."""
        return self.write(sender, self.fresh_key("release"), "release", version, host, token, payee)

    def deploy_makers(self, sender: Sender, task: int) -> Receipt | None:
        """Nothing is sent if it is there."""
        if self.client.code(self.makers_of(task).address):
            return None
        return self.write(sender, self.key("deploy_makers", task), "deployMakers", task)
