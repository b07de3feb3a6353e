"""A warm Flower node without flock's duties, for the rival's side of ``bench.rounds``."""

import signal
import sys
import threading

from bench.rounds import APP
from flock import log
from flock.training.app import load_app
from flock.training.supernode import WarmNode


def main(address: str, partition: int, partitions: int) -> None:
    log.configure("warning")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    config = {"partition-id": partition, "num-partitions": partitions}
    WarmNode(address, load_app(APP), (), config).run(stop)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
