"""One file for each way to move the octets of a transfer; ``data/transfer.py`` picks."""
