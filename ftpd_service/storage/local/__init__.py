"""The storage of files below a directory of the host."""
