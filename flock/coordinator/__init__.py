"""Makes rounds fast: opens them, calls members through Flower, finalises. Nobody has to trust it."""
