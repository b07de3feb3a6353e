"""Everything flock uses of Flower's private API, in one folder for one version of Flower.

Public Flower (ClientApp, Strategy, Grid, messages, the ``flower-superlink`` command) is used all over
``flock.training``; the wire clients behind it are private, and only this folder knows them.
"""
