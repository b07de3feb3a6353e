"""flock as a library: a connection to a deployment, what it says, and plans for what accounts do."""
