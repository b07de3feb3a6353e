"""Pushing an Arena on: what anybody may do, and what follows from the chain alone."""
