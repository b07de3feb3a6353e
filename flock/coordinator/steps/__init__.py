"""The coordinator's steps: open, call the members, tally."""
