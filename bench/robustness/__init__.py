"""The robustness study: whole tasks with dishonest members, played on the pure twin of the protocol.

``python -m bench.robustness --help``; what came of it is in docs/robustness.md.
"""
