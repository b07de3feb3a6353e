"""Everything flock uses of Flower that Flower does not promise to keep, in one folder for one version.

Public Flower (ClientApp, Strategy, Grid, messages, the ``flower-superlink`` command) is used all over
``flock.training``; the wire clients behind it are private, and only this folder knows them.
"""
