"""Which Flower node works for which member: attestations that members leave here for coordinators."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from flock.alliance import examples
from flock.alliance.endpoints import index_of
from flock.alliance.membership_index import MembershipIndex
from flock.alliance.node_key import NodeKey
from flock.chain.contracts.deployed import Contracts
from flock.errors import Refused
from flock.store.database import Base, Database
from flock.tasks.membership import acts_for
from flock.web.database import ReadSession, database_of
from flock.web.errors import Forbidden, Unauthenticated
from flock.web.fields import EXAMPLE_ACCOUNT, LARGEST_INTEGER, AccountPath, TaskPath
from flock.web.problems import problems

router = APIRouter(tags=["node keys"])
CLOCK_SKEW_SECONDS = 300
TYPE = NodeKey.__name__
HEX = "^0x([0-9a-fA-F]{2})+$"


class NodeKeyRow(Base):
    """The newest attestation of a member, as it was signed."""

    __tablename__ = "node_keys"

    task: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(33))
    issued_at: Mapped[int] = mapped_column(BigInteger)
    signature: Mapped[str]
    possession: Mapped[str]


class NodeKeyProof(BaseModel):
    """What a member sends: EIP-712 ``NodeKey(account, publicKey, issuedAt)``, signed by both keys."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.NODE_KEY]})

    public_key: Annotated[str, Field(pattern=HEX, max_length=68, description="P-256, 33 bytes (SEC 1)")]
    issued_at: Annotated[int, Field(ge=1, le=LARGEST_INTEGER, description="seconds since the epoch")]
    signature: Annotated[str, Field(pattern=HEX, max_length=132, description="the account's or operator's")]
    possession: Annotated[str, Field(pattern=HEX, max_length=160, description="the node key's own, DER")]


@router.put(
    "/tasks/{task}/members/{account}/node-key",
    summary="Say which node works for a member",
    responses=problems(
        Unauthenticated(
            f"The signature is nobody's who acts for {EXAMPLE_ACCOUNT}: sign with its key.", TYPE
        ),
        Forbidden(f"{EXAMPLE_ACCOUNT} is not a member of task 1: join it first."),
    ),
)
def attest(
    index: Annotated[MembershipIndex, Depends(index_of)],
    database: Annotated[Database, Depends(database_of)],
    task: TaskPath,
    account: AccountPath,
    proof: NodeKeyProof,
) -> NodeKeyProof:
    """Say which Flower node works for a member. A newer attestation replaces an older one."""
    attestation = NodeKey.from_json(account, proof.model_dump())
    require_true(index.contracts, task, attestation)
    with database.writing() as session:
        _keep(session, task, attestation)
    return proof


@router.get(
    "/tasks/{task}/node-keys",
    summary="Which nodes work for a task's members",
    responses={int(HTTPStatus.OK): {"content": {"application/json": {"example": examples.NODE_KEYS}}}},
)
def node_keys(session: ReadSession, task: TaskPath) -> dict[str, NodeKeyProof]:
    """The node keys of a task's members, by account. Check the signatures before you rely on them."""
    rows = session.scalars(select(NodeKeyRow).where(NodeKeyRow.task == task).order_by(NodeKeyRow.account))
    return {row.account: NodeKeyProof.model_validate(_attestation(row).as_json()) for row in rows}


def require_true(contracts: Contracts, task: int, attestation: NodeKey) -> None:
    """Raises Refused, Unauthenticated or Forbidden with what is wrong with an attestation."""
    now = contracts.client.now()
    if attestation.issued_at > now + CLOCK_SKEW_SECONDS:
        raise Refused(
            f"The attestation was issued at {attestation.issued_at}, but it is {now} on chain: issue one now."
        )
    signer = attestation.signer(contracts.deployment_domain)
    if not acts_for(contracts, attestation.account, signer):
        raise Unauthenticated(
            f"The signature is {signer}'s, who is neither {attestation.account} nor its operator: "
            f"sign with one of their keys, for this chain and contract.",
            TYPE,
        )
    if not contracts.alliance_rounds.member_of(task, attestation.account).is_active:
        raise Forbidden(f"{attestation.account} is not a member of task {task}: join it first.")


def _keep(session: Session, task: int, new: NodeKey) -> None:
    old = session.get(NodeKeyRow, (task, new.account))
    if old is not None and _attestation(old) != new and old.issued_at >= new.issued_at:
        raise Refused(
            f"{new.account} attested a node key at {old.issued_at}, and this attestation is not newer "
            f"({new.issued_at}): issue one now."
        )
    session.merge(
        NodeKeyRow(
            task=task,
            account=new.account,
            public_key=new.public_key,
            issued_at=new.issued_at,
            signature=new.signature,
            possession=new.possession,
        )
    )


def _attestation(row: NodeKeyRow) -> NodeKey:
    return NodeKey(row.account, row.public_key, row.issued_at, row.signature, row.possession)
