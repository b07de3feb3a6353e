"""The tests: a package, so that other processes find these too, and not what a library installed under this name."""
