"""A warm Flower node without flock's duties, for the rival's side of ``bench.rounds`` and for ``bench.supernodes``.

Arguments: the front's address, the folder with its key, the app, its partition, and how many there are.
"""

import signal
import sys
import threading
from pathlib import Path

from flock import log
from flock.training.certificates import AUTHORITY
from flock.training.flower.endpoint import coordinator_endpoint
from flock.training.flower.keys import NodeIdentity
from flock.training.loading import load_app
from flock.training.supernode import WarmNode


def main(address: str, folder: str, app: str, partition: str, partitions: str) -> None:
    log.configure("error")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    config = {"partition-id": int(partition), "num-partitions": int(partitions)}
    authority = Path(folder).parent / "tls" / AUTHORITY
    endpoint = coordinator_endpoint(address, authority if authority.exists() else None)
    WarmNode(endpoint, NodeIdentity(Path(folder)), load_app(app), (), config).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
