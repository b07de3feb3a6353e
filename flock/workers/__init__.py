"""Supervised workers: code of others, warm in a process of its own, which may end in any way and is started again.

``Worker`` starts and supervises one; ``child`` is what runs in it; ``frames`` is what the two say to each other.
"""
