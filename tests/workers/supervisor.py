"""Waits for its worker, which does what the argument says; first prints the ids of what that started and of it."""

import sys
from pathlib import Path

from flock.workers.frames import Frame
from flock.workers.worker import Worker

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parent))
    worker = Worker("the worker", "misbehaving:open_worker", {})
    worker.start()
    programs = [worker.call(Frame({"do": each})).head["pid"] for each in ("start_program", "start_daemon")]
    sys.stdout.write(f"{' '.join(map(str, programs))} {worker.pid}\n")
    sys.stdout.flush()
    worker.call(Frame({"do": sys.argv[1]}))
