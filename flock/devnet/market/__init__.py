"""``flock demo market``: models that are published, served, paid for by the call, and what everybody got of it."""
