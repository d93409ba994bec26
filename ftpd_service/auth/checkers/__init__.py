"""The built-in checkers, one file each."""
