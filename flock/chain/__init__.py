"""The chain as flock sees it: read through bindings, written through one sender, followed by a scanner."""
