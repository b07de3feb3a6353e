"""The same app for Flower's own SuperNode: flock's mod around it is all that it takes."""

from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp

from flock.mod import flock_mod

from .client import evaluate, train

app = ClientApp(mods=[flock_mod])
app.train()(train)
app.evaluate()(evaluate)

# Flower wants a bundle to name a ServerApp. flock's coordinator takes its place; it never runs.
server = ServerApp()
