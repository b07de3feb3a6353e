"""Access to the chain: bindings read it, one sender writes to it, a scanner follows its events."""
