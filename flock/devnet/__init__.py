"""Whole networks on one machine; ``Devnet`` is the chain alone, for tests as well."""

from flock.devnet.devnet import Devnet

__all__ = ["Devnet"]
