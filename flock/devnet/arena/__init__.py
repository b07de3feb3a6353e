"""``flock demo arena``: competitions with honest and cheating members, and what each of them earned."""
