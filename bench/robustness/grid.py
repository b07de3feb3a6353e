"""Which runs the study is made of, from a taste to all of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from bench.robustness.attacks import ATTACKS
from bench.robustness.federation import LOADERS
from bench.robustness.settings import Setting

SHARES = (10, 20, 30, 40)
SOME_SHARES = (20, 40)
BESIDE = ("sign-flip-1", "gaussian", "free-rider-noise", "always-yes", "absent")  # seen at some shares
SPLITS = ("iid", "dirichlet")
SEEDS = (0, 1, 2)
RULES = (*range(7), *range(128, 135))
RULE_ATTACKS = ("sign-flip-5", "ipm", "backdoor")
RULE_WORLDS = (("mnist", "iid", 20), ("mnist", "dirichlet", 40))
TERM_ATTACKS = (
    ("none", 0),
    ("sign-flip-5", 40),
    ("capture", 40),
    ("free-rider-replay", 40),
)
TERM_CHANGES: Sequence[Mapping[str, int | float]] = (
    *({"tolerance_bps": bps} for bps in (300, 1_000)),
    {"byzantine_bps": 2_500},
    *({"voters": voters} for voters in (5, 31)),
    {"stake": 1},
    {"harmful_cosine": -0.2},
)
CROWDED = 31
CROWDED_ATTACKS = (("none", 0), ("free-rider-zero", 40), ("free-rider-replay", 40))
DEMO = Setting(
    split="natural",
    members=10,
    proposers=5,
    voters=5,
    byzantine_bps=2_500,
    tolerance_bps=300,
    window=8,
    limit=3,
    slash_bps=1_000,
)
LR_SCALES = (0.6, 1.2, 1.6, 2.4, 4.0)
PACED_ROUNDS = (10, 40)
PACED_SEEDS = range(5)


def attacks() -> Iterator[Setting]:
    """The default terms: every attack, share, data set and split."""
    for seed, data, split in product(SEEDS, LOADERS, SPLITS):
        honest = Setting(data=data, split=split, seed=seed)
        yield honest
        for attack in ATTACKS:
            if attack != "none":
                shares = SOME_SHARES if attack in BESIDE else SHARES
                yield from (replace(honest, attack=attack, malicious=share) for share in shares)


def rules() -> Iterator[Setting]:
    """Every rule against those who forge updates, in an easy world and in a hard one."""
    for seed, (data, split, malicious), rule in product(SEEDS, RULE_WORLDS, RULES):
        honest = Setting(data=data, split=split, seed=seed, rule=rule)
        yield honest
        yield from (replace(honest, attack=attack, malicious=malicious) for attack in RULE_ATTACKS)


def terms() -> Iterator[Setting]:
    """One term of the task changed at a time, on NMES1988."""
    for seed, change, split in product(SEEDS, TERM_CHANGES, SPLITS):
        for attack, malicious in TERM_ATTACKS:
            world = {"split": split, "seed": seed, "attack": attack, "malicious": malicious}
            yield Setting(**{**world, **change})  # type: ignore[arg-type]


def crowded() -> Iterator[Setting]:
    """Thirty-one voters: nearly everybody sits in every round, and is judged half as often again."""
    for seed, data, split in product(SEEDS, LOADERS, SPLITS):
        for attack, malicious in CROWDED_ATTACKS:
            yield Setting(
                data=data, split=split, seed=seed, attack=attack, malicious=malicious, voters=CROWDED
            )


def paces() -> Iterator[Setting]:
    """Ten honest members under the demo's terms: in few rounds and in many, at ever larger steps."""
    for seed, scale, rounds in product(PACED_SEEDS, LR_SCALES, PACED_ROUNDS):
        yield replace(DEMO, seed=seed, lr_scale=scale, rounds=rounds)


def taste() -> Iterator[Setting]:
    """Seconds: a few attacks in a few rounds."""
    for attack, malicious in (("none", 0), ("sign-flip-5", 10), ("lying", 20), ("copying", 20)):
        yield Setting(attack=attack, malicious=malicious, rounds=8)


PARTS: Mapping[str, Callable[[], Iterator[Setting]]] = {
    "taste": taste,
    "attacks": attacks,
    "paces": paces,
    "terms": terms,
    "crowded": crowded,
    "rules": rules,
}
TIERS: Mapping[str, Sequence[str]] = {
    "quick": ("taste",),
    "standard": ("attacks", "paces"),
    "full": ("attacks", "paces", "crowded", "terms", "rules"),
}
KEEP_STRIKES = ("attacks", "paces")
