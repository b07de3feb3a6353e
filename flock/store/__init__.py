"""Persistent state: tables, checkpoints, blobs."""
