"""A member of a task: trains on its own data, attests, votes, reveals, claims; with or without a coordinator."""
