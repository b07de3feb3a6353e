"""halmos without Python's garbage collector.

halmos hands questions to solvers in threads. A collection that happens to begin in one of them frees objects of z3
while the main thread is inside z3, which is not made for that: the process crashes, once in many runs. What has no
cycles is freed all the same.
"""

import gc
import sys

from halmos.__main__ import main

if __name__ == "__main__":
    gc.disable()
    sys.exit(main())
