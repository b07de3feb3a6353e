"""Recipes: a small honest trainer for each built-in kind of task, and examples to train on.

``flock node start --role trainer`` and the demo use them; a trainer who wants to win brings its own.
"""
