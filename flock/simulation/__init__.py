"""The economy, simulated: seasons with thousands of actors, and what strategies earn compared with honesty.

Vectorised floats; every formula has its integer twin in ``flock.protocol``, against which tests
check it. Nothing here is paid.
"""
