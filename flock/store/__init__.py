"""What a process remembers between two starts: tables, checkpoints, blobs."""
