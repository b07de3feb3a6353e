"""``flower-superlink``, ending with the process whose id is the first argument, in the folder that is the second.

A coordinator that is killed leaves no SuperLink behind that would hold its port. The SuperLink makes a URL of its
database's path, which must hence be free of what URLs have a meaning for, as a home folder need not be.
"""

import os
import sys

from flwr.supercore.app_utils import start_parent_process_monitor
from flwr.superlink.cli.flower_superlink import flower_superlink

if __name__ == "__main__":
    start_parent_process_monitor(int(sys.argv.pop(1)))
    os.chdir(sys.argv.pop(1))
    flower_superlink()
