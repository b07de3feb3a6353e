"""``flock node doctor``: everything a node needs, looked at one by one."""
