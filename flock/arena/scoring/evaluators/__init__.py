"""The built-in evaluators. Their torch is imported when they evaluate, so a service can use them to check headers."""
