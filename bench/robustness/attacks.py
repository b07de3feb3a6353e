"""What dishonest members do: to the updates they propose, and to the votes they cast.

Those who forge updates are given more than the protocol would let them see: the updates of this round's
honest proposers, which really leave their nodes only once proposing has closed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from bench.robustness.federation import Federation
from bench.robustness.learning import TARGET, Batch, Floats, triggered

ALIE_DEVIATIONS = 1.5  # Baruch et al. 2019, arXiv:1902.06156
IPM_FACTOR = 1.5  # Xie et al. 2019, arXiv:1903.03936
GAUSSIAN_FACTOR = 10  # noise of so many times the length of an honest update
POISONED_SHARE = 2  # every second row of a backdoored batch bears the trigger


@dataclass(frozen=True)
class Scene:
    """What an attacker can look at: updates are rows, those of honest members and the attackers' own."""

    honest: Floats
    own: Floats
    last_change: Floats | None
    rng: np.random.Generator

    @property
    def usual_length(self) -> float:
        """The median length of an honest update; of the attackers' own where no honest member sits."""
        return float(np.median(np.linalg.norm(self.honest if len(self.honest) else self.own, axis=1)))

    @property
    def usual(self) -> Floats:
        """What honest members do on average."""
        return np.asarray((self.honest if len(self.honest) else self.own).mean(axis=0))


class Ballot(Enum):
    """How attackers vote."""

    TRUTH = "as their data says"
    YES = "for every candidate, unlooked"
    LIE = "the opposite of what their data says"
    COPY = "with the sealed bytes of an honest voter"
    CAPTURE = "for a model of their own when they hold the majority of a round, honestly otherwise"
    ABSENT = "not at all"


Forge = Callable[[Scene], Floats]
Poison = Callable[[Federation, Batch], Batch]


@dataclass(frozen=True)
class Attack:
    """``forge`` makes the attackers' updates, ``poison`` spoils what they train on first."""

    title: str
    forge: Forge | None = None
    poison: Poison | None = None
    ballot: Ballot = Ballot.YES
    proposes: bool = True


def _own(scene: Scene) -> Floats:
    return scene.own


def _scaled(factor: float) -> Forge:
    return lambda scene: factor * scene.own


def _noise(factor: float) -> Forge:
    def forge(scene: Scene) -> Floats:
        noise = scene.rng.normal(size=scene.own.shape)
        return np.asarray(noise * (factor * scene.usual_length / np.sqrt(noise.shape[1])))

    return forge


def _alie(scene: Scene) -> Floats:
    spread = (scene.honest if len(scene.honest) else scene.own).std(axis=0)
    return _alike(scene, scene.usual - ALIE_DEVIATIONS * spread)


def _ipm(scene: Scene) -> Floats:
    return _alike(scene, -IPM_FACTOR * scene.usual)


def _replay(scene: Scene) -> Floats:
    return _noise(1)(scene) if scene.last_change is None else _alike(scene, scene.last_change)


def _alike(scene: Scene, update: Floats) -> Floats:
    return np.tile(update, (len(scene.own), 1))


def _flipped_labels(federation: Federation, batch: Batch) -> Batch:
    features, labels = batch
    return features, federation.table.classes - 1 - labels


def _with_backdoor(federation: Federation, batch: Batch) -> Batch:
    features, labels = batch[0].copy(), batch[1].copy()
    chosen = slice(None, None, POISONED_SHARE)
    features[:, chosen] = triggered(federation, features[:, chosen])
    labels[:, chosen] = TARGET
    return features, labels


NO_ATTACK = Attack("none", ballot=Ballot.TRUTH)
ATTACKS: Mapping[str, Attack] = {
    "none": NO_ATTACK,
    "sign-flip-5": Attack("sign flip ×5", _scaled(-5)),
    "sign-flip-1": Attack("sign flip ×1", _scaled(-1)),
    "label-flip": Attack("label flip", poison=_flipped_labels),
    "gaussian": Attack("Gaussian noise ×10", _noise(GAUSSIAN_FACTOR)),
    "alie": Attack("ALIE 1.5", _alie),
    "ipm": Attack("inner product 1.5", _ipm),
    "backdoor": Attack("backdoor", poison=_with_backdoor),
    "free-rider-zero": Attack("free rider: zero", _scaled(0)),
    "free-rider-noise": Attack("free rider: noise", _noise(1)),
    "free-rider-replay": Attack("free rider: last round's change", _replay),
    "always-yes": Attack("votes yes unlooked"),
    "lying": Attack("lying voters", ballot=Ballot.LIE),
    "copying": Attack("vote copying", ballot=Ballot.COPY),
    "capture": Attack("majority capture", ballot=Ballot.CAPTURE),
    "absent": Attack("absentees", ballot=Ballot.ABSENT, proposes=False),
}


def forged(attack: Attack, scene: Scene) -> Floats:
    """What the attackers propose."""
    return (attack.forge or _own)(scene)


def poisoned(attack: Attack, federation: Federation, batch: Batch) -> Batch:
    """What the attackers train on."""
    return attack.poison(federation, batch) if attack.poison else batch
