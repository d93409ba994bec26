"""The ways to move the bytes of a transfer, a file for each; ``data/transfer.py`` picks."""
