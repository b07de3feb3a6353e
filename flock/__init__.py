"""flock: blockchain-coordinated federated learning."""

__version__ = "0.1.0"
