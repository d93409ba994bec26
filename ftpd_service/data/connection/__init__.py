"""An open data connection: its descriptor, and the ways in which it ends."""
