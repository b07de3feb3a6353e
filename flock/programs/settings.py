"""All settings: one frozen class for each program.

Each field can be set, strongest first, on the command line, by an environment variable (``FLOCK_RPC``), or
in a TOML file (``rpc = "…"``). Protocol numbers are not here: they come from the chain. Only
``flock.programs`` and the command line read settings.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, cast, get_args

from platformdirs import user_data_path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from flock.amounts import TOKENS
from flock.errors import BadConfig
from flock.store.hosts import with_scheme, without_brackets
from flock.store.text_files import read_text

IN_TOKENS = BeforeValidator(TOKENS.parse)
Amount = Annotated[int, IN_TOKENS]
"""Written in whole tokens, as its default is; in the settings that are loaded, in wei."""

WebAddress = Annotated[str, AfterValidator(with_scheme)]

Host = Annotated[str, AfterValidator(without_brackets)]

PositiveAmount = Annotated[int, Field(gt=0), IN_TOKENS]


class ChainSettings(BaseSettings):
    """Settings of every program that uses the chain."""

    model_config = SettingsConfigDict(env_prefix="FLOCK_", frozen=True, extra="forbid")

    rpc: str = Field(default="http://127.0.0.1:8545", description="JSON-RPC endpoint of the chain")
    chain_id: PositiveInt = Field(default=31337, description="Expected chain id of the endpoint")
    addresses: Path | None = Field(
        default=None, description="Address book (default: the known one of the chain id)"
    )
    keys: Path = Field(
        default_factory=lambda: user_data_path("flock") / "keys", description="Folder of keystore files"
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    poll_seconds: PositiveFloat = Field(default=0.5, description="Polling interval in seconds")

    @field_validator("*")
    @classmethod
    def _found_from_everywhere(cls, value: Any) -> Any:
        """A relative path means the working directory of now, whatever that is when the path is used."""
        return value.absolute() if isinstance(value, Path) else value


class AllianceSettings(ChainSettings):
    """``flock task list`` and ``show``: the chain, and the service that stores what the chain only hashes."""

    alliance: WebAddress = Field(default="http://127.0.0.1:8700", description="URL of the Alliance service")


class ExplainSettings(AllianceSettings):
    """``flock explain`` without a node's file: the chain, and the home of a node if there is one here."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "node", description="Folder of a node's journal"
    )
    task: PositiveInt | None = Field(default=None, description="Task to explain an account on")
    claim_above: Amount = Field(default=10, description="Withdraw once this much FLOCK is credited")


class SignerSettings(AllianceSettings):
    """A program that signs transactions and keeps its own database."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "node", description="Folder of database and blobs"
    )
    key: str = Field(description="Name of the signing key")
    password_file: Path | None = Field(
        default=None, description="File with the key's password (default: prompt)"
    )


class CreatorSettings(SignerSettings):
    """``flock task create``, ``fund`` and ``cancel``."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "creator", description="Folder of the database"
    )


class OwnerSettings(SignerSettings):
    """``flock stake``, ``delegate`` and ``rewards``: an account that moves its own funds."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "owner", description="Folder of the database"
    )


class SettlerSettings(SignerSettings):
    """``flock settle``."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "settler",
        description="Folder of the database and of the documents of settlements",
    )
    poll_seconds: PositiveFloat = Field(default=30.0, description="Polling interval in seconds")
    blobs: str | None = Field(
        default=None,
        repr=False,
        description="Folder, or fsspec URL such as s3://bucket/prefix, to publish documents in",
    )


class ActorSettings(SignerSettings):
    """A program that works on one task."""

    task: PositiveInt = Field(description="Task to take part in")


class NodeSettings(ActorSettings):
    """``flock node start``."""

    owner: str | None = Field(default=None, description="Owner's address, if the key is only its operator")
    salt_key: str | None = Field(
        default=None, description="Key that vote salts derive from (default: the signing key)"
    )
    coordinator: str | None = Field(
        default="127.0.0.1:9092",
        description="The coordinator's front: https://host:port, or host:port on this machine; empty for none",
    )
    coordinator_ca: Path | None = Field(
        default=None, description="CA certificate of the coordinator (PEM) (default: the system's CAs)"
    )
    supernode: bool = Field(
        default=False,
        description="Leave training and evaluation to a flower-supernode beside this node, without `coordinator`",
    )
    app: str = Field(description="The Flower ClientApp that trains, as package.module:app")
    judge: str | None = Field(
        default=None,
        description="The ClientApp that evaluates, as package.module:app (default: the one that trains)",
    )
    app_config: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="Passed to the app as context.node_config"
    )
    app_seconds: PositiveFloat | None = Field(
        default=None,
        allow_inf_nan=False,
        description="Longest time for one call of the app (default: the longest phase, at least 600)",
    )
    app_memory_mib: PositiveInt | None = Field(
        default=None, description="Memory that the app's process can allocate (default: no limit)"
    )
    stake: PositiveAmount | None = Field(
        default=None, description="gmFLOCK to stake; the task's minimum otherwise"
    )
    lock_days: int = Field(default=30, ge=1, le=365, description="How long newly locked FLOCK stays locked")
    allow_list: Path | None = Field(
        default=None, description="JSON list of the addresses that can join, for a task with an allow-list"
    )
    claim_above: Amount = Field(default=10, description="Withdraw once this much FLOCK is credited")
    max_model_mib: PositiveInt = Field(default=512, description="Refuse models larger than this")
    update_norm: PositiveAmount | None = Field(
        default=None, description="Longest update this node proposes; the task's limit otherwise"
    )
    max_epsilon: PositiveFloat | None = Field(
        default=None,
        allow_inf_nan=False,
        description="Leave before the updates exceed this ε in total",
    )

    @property
    def own_blobs(self) -> Path:
        """Folder of what the node keeps for its rounds, and empties; a service in the same home has another."""
        return self.home / "node-blobs"


class ArenaSettings(SignerSettings):
    """A member of Arenas."""

    owner: str | None = Field(default=None, description="Owner's address, if the key is only its operator")
    stake: PositiveAmount | None = Field(
        default=None, description="gmFLOCK to stake on each task; the task's minimum otherwise"
    )
    lock_days: int = Field(default=30, ge=1, le=365, description="How long newly locked FLOCK stays locked")
    allow_list: Path | None = Field(
        default=None, description="JSON list of the addresses that can join, for a task with an allow-list"
    )
    claim_above: Amount = Field(default=10, description="Withdraw once this much FLOCK is owed")
    keep: bool = Field(default=True, description="Push tasks on if nobody else does, for the keeper fee")
    cache_mib: PositiveInt = Field(
        default=20_480,
        description="Largest size of what is kept of hidden sets, training sets and base models",
    )


class ValidatorSettings(ArenaSettings):
    """``flock node start --role validator``."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "validator",
        description="Folder of database, hidden sets and losses",
    )
    tasks: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = Field(
        description="Arenas to score for; they take turns"
    )
    device: str = Field(default="auto", description="Where to evaluate: auto, cpu, or cuda:0")
    threads: PositiveInt = Field(default=1, description="Threads of an evaluation")


class TrainerSettings(ArenaSettings):
    """``flock node start --role trainer``, ``flock arena submit`` and ``disclose``."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "trainer",
        description="Folder of database and artifacts; until the close it holds what submissions are disclosed by",
    )
    task: PositiveInt = Field(description="Arena to compete in")
    artifact: Path | None = Field(
        default=None,
        description="Safetensors file to submit whenever it is replaced (default: train by the kind's recipe)",
    )
    steps: PositiveInt = Field(
        default=400, description="Steps of the recipe, twice as many each further time"
    )
    seed: int = Field(default=0, ge=0, description="Seed of the recipe")
    sealed: bool = Field(default=False, description="Keep submissions to oneself until the close")


class CoordinatorSettings(ActorSettings):
    """``flock coordinator start``."""

    max_model_mib: PositiveInt = Field(default=512, description="Refuse models larger than this")
    front_host: Host = Field(default="127.0.0.1", description="Interface that nodes connect to")
    front_port: int = Field(default=9092, ge=1, le=65535, description="Port that nodes connect to")
    tls_certificate: Path | None = Field(
        default=None,
        description="The front's certificate (PEM, with its chain); required to serve other machines",
    )
    tls_key: Path | None = Field(default=None, description="The certificate's private key (PEM)")
    fab: Path | None = Field(default=None, description="The Flower App Bundle (FAB) that the task pins")


class ServiceSettings(ChainSettings):
    """``flock alliance start``."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "alliance",
        description="Folder of database and blobs",
    )
    database: str | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="File, or URL such as postgresql://user:password@host/name (default: flock.db in home)",
    )
    blobs: str | None = Field(
        default=None,
        repr=False,
        description="Folder, or fsspec URL such as s3://bucket/prefix (default: blobs in home)",
    )
    private_blobs: str | None = Field(
        default=None,
        repr=False,
        description="The same for Arenas' artifacts and hidden sets, which nothing else may serve (default: "
        "private-blobs in home)",
    )
    host: Host = Field(default="127.0.0.1", description="Interface to listen on")
    port: int = Field(default=8700, ge=1, le=65535)
    public_url: str | None = Field(
        default=None,
        pattern="^https?://[^/]+/?$",
        description="Public URL, which clients sign in to (default: http://host:port)",
    )
    proxies: tuple[str, ...] = Field(
        default=(), description="Addresses or networks of trusted proxies, whose X-Forwarded-For counts"
    )
    origins: tuple[str, ...] = Field(default=(), description="Allowed CORS origins (default: none)")
    requests_per_minute: PositiveInt = Field(
        default=12_000, description="Rate limit for each account, or each address without a session"
    )
    sign_ins_per_minute: PositiveInt = Field(
        default=30, description="Rate limit of nonces and sign-ins for each address"
    )
    creations_per_minute: PositiveInt = Field(default=10, description="Rate limit of task creations")
    session_hours: PositiveInt = Field(default=24, description="Session lifetime")
    max_listeners: PositiveInt = Field(default=500, description="Maximum number of open event streams")
    sponsor_key: str | None = Field(
        default=None, description="Key that creates tasks for the accounts in `sponsored` (default: none)"
    )
    sponsor_password_file: Path | None = Field(default=None, description="File with that key's password")
    sponsored: tuple[str, ...] = Field(default=(), description="Accounts whose tasks that key pays for")
    sponsor_most: PositiveAmount = Field(default=1000, description="FLOCK that it puts into one task at most")
    hub_blobs: str | None = Field(
        default=None,
        repr=False,
        description="Folder or fsspec URL of the hub, which nothing else may serve (default: hub-blobs in home)",
    )
    operator_key: str | None = Field(
        default=None,
        description="Key that submits and scores for wallets that come by /api/v1 (default: none; they are refused)",
    )
    operator_password_file: Path | None = Field(default=None, description="File with that key's password")
    operator_gas: PositiveAmount = Field(
        default=cast("int", "0.01"), description="ETH of gas that it spends for one wallet a day"
    )
    operator_fees: PositiveAmount = Field(
        default=100, description="FLOCK of evaluation fees that it spends for one wallet a day"
    )
    max_blob_mib: PositiveInt = Field(default=512, description="Refuse uploads larger than this")
    quota_mib: PositiveInt = Field(default=65_536, description="Quota of an account for each task")
    draft_quota_mib: PositiveInt = Field(default=1024, description="Quota of an account for drafts")
    all_drafts_mib: PositiveInt = Field(default=16_384, description="Quota for all drafts together")
    spare_mib: int = Field(
        default=1024, ge=0, description="Refuse uploads that would leave less free disk space"
    )
    keep_rounds: int = Field(
        default=2, ge=0, description="Finalised rounds whose candidates and proposals are kept"
    )
    keep_models: bool = Field(
        default=False, description="Keep every accepted model, not only the current one"
    )
    keep_seconds: int = Field(
        default=604_800,
        ge=60,
        description="Retention of an ended task's blobs, except metadata and final model",
    )
    keep_unneeded_seconds: int = Field(
        default=3600, ge=60, description="Retention of a running task's unneeded blobs"
    )
    keep_draft_seconds: int = Field(default=86_400, ge=60, description="Retention of drafts without a task")


class HostedModel(BaseModel):
    """A ``[[models]]`` of ``flock market host``; paths are relative to where the host is started."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    version: PositiveInt = Field(description="Number of the version on the chain")
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="What callers write as `model`"
    )
    kind: Literal["builtin", "openai"] = Field(description="Who computes: this host, or a server it asks")
    artifact: Path | None = Field(default=None, description="builtin: the published safetensors file")
    metadata: Path | None = Field(default=None, description="builtin: the published metadata document")
    batch: PositiveInt = Field(default=64, description="builtin: inputs computed at once, at most")
    queue: PositiveInt = Field(default=1024, description="builtin: inputs that may wait")
    url: WebAddress | None = Field(
        default=None, description="openai: base URL as clients have it, https://host/v1"
    )
    upstream_name: str | None = Field(default=None, description="openai: the model's name there")
    api_key_file: Path | None = Field(
        default=None, description="openai: file with the key that the server asks for"
    )
    max_tokens: PositiveInt = Field(default=512, description="openai: written if a call names no number")

    @model_validator(mode="after")
    def _require_its_own(self) -> Self:
        needed = {"builtin": ("artifact", "metadata"), "openai": ("url", "upstream_name")}[self.kind]
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f'a model of kind "{self.kind}" needs `{missing[0]}`.')
        return self


class HostSettings(SignerSettings):
    """``flock market host``."""

    home: Path = Field(
        default_factory=lambda: user_data_path("flock") / "host",
        description="Folder of the database of payments and answers",
    )
    database: str | None = Field(
        default=None,
        repr=False,  # it may hold a password
        description="File, or URL such as postgresql://user:password@host/name (default: flock.db in home)",
    )
    name: str = Field(default="host", description="Tells hosts apart that share a database")
    host: Host = Field(default="127.0.0.1", description="Interface to listen on")
    port: int = Field(default=8790, ge=0, le=65535, description="Port to listen on; 0 for any free one")
    public_url: str | None = Field(
        default=None,
        pattern="^https?://[^/]+/?$",
        description="Public URL, which quotes name (default: http://host:port)",
    )
    proxies: tuple[str, ...] = Field(
        default=(), description="Addresses or networks of trusted proxies, whose X-Forwarded-For counts"
    )
    requests_per_minute: PositiveInt = Field(default=12_000, description="Rate limit for each address")
    tokens: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("FLOCK",), description="Tokens to be paid in: FLOCK, or addresses that the market lists"
    )
    models: Annotated[tuple[HostedModel, ...], Field(min_length=1)] = Field(description="What is served")
    memory_mib: PositiveInt = Field(default=2048, description="Files of computed models in memory, at most")
    device: str = Field(default="auto", description="Where to compute: auto, cpu, or cuda:0")
    threads: PositiveInt = Field(default=1, description="Threads of a computation")
    max_calls: PositiveInt = Field(default=64, description="Calls answered at once; more get 429")
    call_seconds: PositiveInt = Field(default=120, description="Longest time for an answer")
    settle_seconds: PositiveInt = Field(default=30, description="Longest wait for a payment to be mined")
    keep_answer_seconds: int = Field(
        default=600, ge=60, description="For how long who paid can have the answer again"
    )
    drain_seconds: PositiveInt = Field(
        default=60, description="Longest time to finish calls when told to stop"
    )

    @model_validator(mode="after")
    def _require_different_names(self) -> Self:
        names = [model.name for model in self.models]
        if len(set(names)) != len(names):
            raise ValueError("`models` has the same name twice.")
        return self


Kind = TypeVar("Kind", bound=ChainSettings)


def load(kind: type[Kind], file: Path | None = None, **overrides: Any) -> Kind:
    """Settings of ``kind``: overrides that are not ``None``, then environment, ``file``, defaults.

    Raises:
        BadConfig: naming the file and every field that is missing or malformed.
    """
    toml = _read_toml(kind, file) if file else {}

    class FromFile(kind):  # type: ignore[valid-type,misc]
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, toml)

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings: Kind = FromFile(**given)
    except ValidationError as error:
        raise BadConfig(_sentence(error, file)) from None
    return settings


def _read_toml(kind: type[ChainSettings], file: Path) -> dict[str, Any]:
    """What ``file`` says; amounts as they are written there, since a float does not hold each of them exactly."""
    try:
        text = read_text(file)
        said, written = tomllib.loads(text), tomllib.loads(text, parse_float=str)
    except FileNotFoundError:
        raise BadConfig(f"There is no configuration file {file}. Write one with `flock node init`.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadConfig(f"The configuration file {file} cannot be read: {error}.") from None
    return {name: written[name] if _is_amount(kind, name) else value for name, value in said.items()}


def _is_amount(kind: type[ChainSettings], name: str) -> bool:
    field = kind.model_fields.get(name)
    if field is None:
        return False
    optional = (mark for part in get_args(field.annotation) for mark in get_args(part))
    return any(mark is IN_TOKENS for mark in (*field.metadata, *optional))


def _sentence(error: ValidationError, file: Path | None) -> str:
    problems = "; ".join(
        f"{'.'.join(map(str, item['loc'])) or 'settings'}: {_problem(item)}" for item in error.errors()
    )
    where = f" in {file}" if file else ""
    return f"The configuration{where} does not hold: {problems}. Each field can also be set as FLOCK_<FIELD>."


def _problem(item: ErrorDetails) -> str:
    """Our own sentences as they are, without pydantic's words before them."""
    if item["type"] == "value_error":
        return str(item["ctx"]["error"]).removesuffix(".")
    return item["msg"].lower()
