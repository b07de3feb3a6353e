"""``flock demo``: a whole network on this machine, from deployment to claimed rewards."""
