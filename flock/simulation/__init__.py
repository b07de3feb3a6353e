"""The economy, simulated: seasons with thousands of actors, and what strategies earn compared with honesty.

Floats and whole columns at once; every formula has its integer twin in ``flock.protocol``, beside which tests
put it. Nothing here is paid.
"""
