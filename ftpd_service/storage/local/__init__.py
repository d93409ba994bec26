"""Files below a directory of the host."""
