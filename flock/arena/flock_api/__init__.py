"""The door for FLock.io's public clients: ``/api/v1``, for wallets that have named this service as their operator."""
