"""The same app for Flower's own SuperNode: flock's mod around it is all that it takes."""

from flwr.serverapp import ServerApp

from flock.mod import in_flock

from .client import app as plain_app

app = in_flock(plain_app)

# Flower wants a bundle to name a ServerApp. flock's coordinator takes its place; it never runs.
server = ServerApp()
