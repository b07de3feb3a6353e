"""The torch of evaluations and recipes; nothing else of the Arena imports torch."""
