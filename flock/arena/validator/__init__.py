"""A validator: fetch, score, remember, commit, stand in, reveal, for several tasks at once."""
