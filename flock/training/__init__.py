"""Training: arrays, aggregation rules, and their integration with Flower.

Flower reads these variables when it is imported: without them it would send telemetry, look for updates and
install the dependencies of whatever app a server names.
"""

import os

FLOWER_ENVIRONMENT = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
}
os.environ.update(FLOWER_ENVIRONMENT)
