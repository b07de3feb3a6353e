"""``flock explain``: what happened to an account, a round, a task or a transaction, and why."""
