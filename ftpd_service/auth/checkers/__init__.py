"""The checkers of our own, one file each."""
