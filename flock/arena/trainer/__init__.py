"""A trainer: train or take an artifact, commit to it, submit, hand it over, disclose it at the close."""
