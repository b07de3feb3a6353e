"""A member of a task: trains on its own data, attests, votes, reveals, claims; from chain and blobs alone if need be."""
