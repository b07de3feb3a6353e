"""Measurements: ours beside a named rival's, taken in the same run. Never a test."""
