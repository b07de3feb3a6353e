"""The AI Arena: competitive training, judged by validators.

``scoring`` evaluates submissions; ``recipes`` trains honest ones.
"""
