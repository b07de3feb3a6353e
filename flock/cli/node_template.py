"""The commented configuration that ``flock node init`` writes."""

import json

TEMPLATE = """\
# A flock node. Every line can also be set in the environment, e.g. FLOCK_RPC.

# ---- the chain
rpc = {rpc}
chain_id = {chain_id}              # refuse to work on any other chain
{addresses}   # address book; default: the known one of this chain

# ---- identity
key = {key}                # signs transactions; see `flock key list`
# password_file = "password.txt"   # default: prompt at start; chmod 600
# owner = "0x…"                  # the cold account that holds the stake, if `key` is only its operator
# salt_key = "…"                 # key that vote salts derive from; set it before you rotate `key`, and back it up

# ---- task and stake
task = {task}
app = {app}                # your Flower ClientApp; it never sees flock
# app_seconds = 3600             # a call of it that takes longer is ended; default: the longest phase, at least 600
# app_memory_mib = 8192          # memory that its process can allocate; default: no limit
# judge = "hospital.judge:app"   # evaluates in the app's place, if that does not
# supernode = false              # true: a flower-supernode beside this node trains and judges
# stake = 1000                   # gmFLOCK to stake; the task's minimum otherwise
# lock_days = 30                 # FLOCK that must be locked for it stays locked this long
# claim_above = 10               # withdraw earnings once they exceed this many FLOCK
# allow_list = "members.json"    # for a task that admits only listed addresses
# max_model_mib = 512            # larger models and updates are refused

# ---- privacy
# update_norm = 1.0              # maximum norm of an update; default: the task's limit
# max_epsilon = 8.0              # leave before the updates exceed this ε in total; see docs/privacy.md

# ---- services
alliance = {alliance}     # Alliance service: models and updates
coordinator = {coordinator}         # its front; https://host:port on another machine; "" to work without it
# coordinator_ca = "ca.pem"      # certificate of the CA that signed its certificate, if it is a private one

# ---- storage and logs
{home}        # database and blobs; never delete it while a round is open
# keys = "…"                     # keystore folder
# poll_seconds = 0.5             # polling interval
# log_level = "info"             # debug, info, warning or error

[app_config]                     # passed to the app as context.node_config
{data}
# dp-noise-multiplier = 1.0      # differential privacy, for the built-in apps: pip install 'flock[privacy]'
"""


ARENA_TEMPLATE = """\
# A flock {role} of Arenas. Every line can also be set in the environment, e.g. FLOCK_RPC.

# ---- the chain
rpc = {rpc}
chain_id = {chain_id}              # refuse to work on any other chain
{addresses}   # address book; default: the known one of this chain

# ---- identity
key = {key}                # signs transactions; see `flock key list`
# password_file = "password.txt"   # default: prompt at start; chmod 600
# owner = "0x…"                  # the cold account that holds the stake, if `key` is only its operator

# ---- work and stake
{work}
# stake = 1000                   # gmFLOCK to stake on each task; its minimum otherwise
# lock_days = 30                 # FLOCK that must be locked for it stays locked this long
# claim_above = 10               # withdraw what is owed once it exceeds this many FLOCK
# allow_list = "members.json"    # for a task that admits only listed addresses
# keep = true                    # push tasks on if nobody else does, for the keeper fee
# cache_mib = 20480              # largest size of what is kept of hidden sets, training sets and base models

# ---- service
alliance = {alliance}     # where artifacts, openings and sets are

# ---- storage and logs
{home}        # {kept}
# keys = "…"                     # keystore folder
# poll_seconds = 0.5             # polling interval
# log_level = "info"             # debug, info, warning or error
"""

WORK = {
    "validator": """\
tasks = [{task}]                   # Arenas to score for; they take turns
# device = "auto"                # where to evaluate: auto, cpu or cuda:0
# threads = 1                    # of an evaluation""",
    "trainer": """\
task = {task}
# artifact = "model.safetensors" # submit this file whenever it is replaced; default: train by the kind's recipe
# steps = 400                    # of the recipe
# sealed = false                 # true: keep submissions to oneself until the close""",
}
KEPT = {
    "validator": "scores until they are revealed; never delete it while a window is open",
    "trainer": "what submissions are disclosed by; never delete it before the close",
}


# What a file may leave out: the line as a comment, with an example.
OPTIONAL = {"addresses": "deployments/31337.json", "home": "/var/lib/flock", "data": "/data/patients.csv"}
DEFAULTS = {"alliance": "http://127.0.0.1:8700", "coordinator": "127.0.0.1:9092"}


def node_toml(*, task: int, key: str, app: str, rpc: str, chain_id: int, **others: object) -> str:
    """The file's text for this node. ``others`` are fields of OPTIONAL and DEFAULTS; None leaves them as they are."""
    given = {name: value for name, value in others.items() if value is not None}
    values = {"task": task, "key": key, "app": app, "rpc": rpc, "chain_id": chain_id, **DEFAULTS, **given}
    lines = {name: _line(name, given.get(name), example) for name, example in OPTIONAL.items()}
    return TEMPLATE.format_map({name: _toml(value) for name, value in values.items()} | lines)


def arena_toml(role: str, *, task: int, key: str, rpc: str, chain_id: int, **others: object) -> str:
    """The file's text for a validator or trainer; ``others`` are addresses, home and alliance, None for none."""
    given = {name: value for name, value in others.items() if value is not None}
    lines = {name: _line(name, given.get(name), OPTIONAL[name]) for name in ("addresses", "home")}
    values = {
        "key": key,
        "rpc": rpc,
        "chain_id": chain_id,
        "alliance": given.get("alliance", DEFAULTS["alliance"]),
    }
    said = {"role": role, "kept": KEPT[role], "work": WORK[role].format(task=task)}
    return ARENA_TEMPLATE.format_map({name: _toml(value) for name, value in values.items()} | said | lines)


def _line(name: str, value: object, example: str) -> str:
    return f"# {name} = {_toml(example)}" if value is None else f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    """Strings and paths are quoted as TOML wants them."""
    if isinstance(value, int):
        return str(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
