"""What ``flock settle`` does."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flock import daemon, log
from flock.amounts import tokens
from flock.programs.signing import acting, opened

if TYPE_CHECKING:
    from flock.chain.contracts.deployed import Contracts
    from flock.chain.sending.sender import Sender
    from flock.economy.foresight import Foreseen
    from flock.economy.settling import Recomputed
    from flock.programs.settings import SettlerSettings


@dataclass
class Shelving:
    """Stores documents in a file and, if there is one, in a blob store, before the root is posted."""

    folder: Path
    file: Path | None = None
    blobs: str | None = None
    kept: list[tuple[Recomputed, Path]] = field(default_factory=list)

    def __call__(self, recomputed: Recomputed) -> None:
        from flock.store.fsspec_blobs import open_backend, publish

        path = self.file or self.folder / f"{recomputed.settlement.day}.json"
        _write(path, recomputed.document.data)
        if self.blobs:
            publish(open_backend(self.blobs), recomputed.document.data)
        self.kept.append((recomputed, path))


def settle(settings: SettlerSettings, tree: Path | None, *, as_json: bool) -> None:
    """Do everything that is due now, and report it."""
    from flock.programs.wiring import contracts_of

    contracts = contracts_of(settings)
    shelving = Shelving(settings.home / "settlements", tree, settings.blobs)
    with acting(settings, contracts) as (_, sender, _):
        done = _do_all(settlers_steps(contracts, sender, shelving))
    _tell_done(contracts, done, shelving, as_json=as_json)


def watch(settings: SettlerSettings) -> None:
    """Do what is due, when it is due, until told to stop."""
    from flock.chain.sending.reorg_watcher import ReorgWatcher
    from flock.programs.running import until_told_to_stop
    from flock.programs.wiring import contracts_of
    from flock.store.fsspec_blobs import open_backend

    log.configure(settings.log_level)
    if settings.blobs:
        open_backend(settings.blobs)  # fail fast on a store that is not writable
    contracts = contracts_of(settings)
    shelving = Shelving(settings.home / "settlements", blobs=settings.blobs)
    with until_told_to_stop() as stop, acting(settings, contracts) as (_, sender, _):
        log.logger().info("settler_started", account=sender.address)
        steps = [ReorgWatcher(sender), *settlers_steps(contracts, sender, shelving)]
        daemon.run(steps, stop, settings.poll_seconds)
    log.logger().info("settler_stopped")


def preview_of(settings: SettlerSettings, *, as_json: bool) -> None:
    """Show what `flock settle` would do now."""
    from flock.economy.foresight import foresee
    from flock.terminal import print_fields, print_json

    contracts, settler = opened(settings)
    foreseen = foresee(contracts, settler)
    if as_json:
        print_json(
            {
                "dry_run": True,
                "emissions_due": foreseen.emits > 0,
                "would_emit_days": foreseen.emits,
                "would_serve": foreseen.serves,
                "would_post": _as_data(foreseen.posts) if foreseen.posts else None,
            }
        )
        return
    for sentence in _before_posting(foreseen):
        typer.echo(sentence)
    if foreseen.posts:
        print_fields("Would be posted; nothing was signed or sent", for_people(foreseen.posts))
    elif foreseen.is_known:
        typer.echo(_why_nothing(contracts, foreseen))


def settlers_steps(contracts: Contracts, sender: Sender, shelving: Shelving) -> list[daemon.Step]:
    from flock.economy.settler import Activate, Emit, Post

    return [Emit(contracts, sender), Activate(contracts, sender), Post(contracts, sender, shelving)]


def for_people(recomputed: Recomputed) -> dict[str, object]:
    """A settlement in lines."""
    from flock.protocol.core.cid import cid_of

    settlement, document = recomputed.settlement, recomputed.document
    return {
        "days": f"all before {settlement.day} ({_date(settlement.day)})",
        "root": "0x" + recomputed.root.hex(),
        "total": f"{tokens(document.total)} FLOCK",
        "set aside": f"{tokens(settlement.set_aside)} FLOCK until tasks end",
        "accounts": f"{len(settlement.entries):,}",
        "document": cid_of(document.digest),
    }


# ---- pieces


def _do_all(steps: list[daemon.Step]) -> list[str]:
    """Run each step as long as something is due; the names of those that did something. Errors end it."""
    done = []
    for step in steps:
        while step():
            done.append(step.name)
    return done


def _tell_done(contracts: Contracts, done: list[str], shelving: Shelving, *, as_json: bool) -> None:
    from flock.terminal import print_fields, print_json

    posted = shelving.kept[-1] if "post" in done else None
    root_id = contracts.settlement.pending_id() if posted else None
    if as_json:
        data = {**_as_data(posted[0]), "file": posted[1]} if posted else None
        print_json({"did": done, "id": root_id, "posted": data})
        return
    for name in sorted(set(done) - {"post"}):
        typer.echo(
            {"emit": "Emitted the days that are over.", "activate": "The pending root is served."}[name]
        )
    if posted is None:
        typer.echo(_why_nothing(contracts))
        return
    fields = {**for_people(posted[0]), "file": posted[1]}
    print_fields(f"Posted root {root_id}", fields)
    typer.echo(
        f"It is served when its dispute window is over. Anyone can verify it with: flock verify {root_id}"
    )


def _before_posting(foreseen: Foreseen) -> list[str]:
    """What comes first, in sentences."""
    said = []
    if foreseen.emits:
        said.append(f"{foreseen.emits} past days would be emitted.")
    if foreseen.serves:
        said.append(f"Root {foreseen.serves} would be served: its dispute window is over.")
    if not foreseen.is_known:
        said.append("What they pay is not known before: this endpoint cannot simulate (eth_simulateV1).")
    elif foreseen.emits and foreseen.waits_for_finality:
        said.append("What they pay would be posted once they are final, by a later `flock settle`.")
    return said


def _why_nothing(contracts: Contracts, foreseen: Foreseen | None = None) -> str:
    """``foreseen`` if it has not been done yet."""
    from flock.terminal import moment

    settlement = contracts.settlement
    serves = foreseen.serves if foreseen else None
    pending, served = settlement.pending_id(), settlement.served_day()
    if serves:
        served = settlement.root_of(serves).day
    elif pending:
        until = moment(settlement.root_of(pending).active_at)
        return f"Nothing to post: root {pending} can be disputed until {until}, and no other comes before."
    before = f"all days before {served} ({_date(served)}) are settled and" if served else "so far"
    return f"Nothing to post: {before} no later day pays anything new."


def _as_data(recomputed: Recomputed) -> dict[str, object]:
    from flock.protocol.core.cid import cid_of

    settlement, document = recomputed.settlement, recomputed.document
    return {
        "day": settlement.day,
        "root": "0x" + recomputed.root.hex(),
        "tree": cid_of(document.digest),
        "total": str(document.total),
        "set_aside": str(settlement.set_aside),
        "accounts": len(settlement.entries),
        "block": recomputed.block,
    }


def _date(day: int) -> str:
    from datetime import UTC, datetime

    from flock.protocol.core.units import DAY

    return f"{datetime.fromtimestamp(day * DAY, UTC):%Y-%m-%d}"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    from flock.errors import BadConfig

    draft = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as problem:
        raise BadConfig(f"The document cannot be written to {path} ({problem.strerror}).") from None
