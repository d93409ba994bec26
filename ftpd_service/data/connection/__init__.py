"""An open data connection: its protocol and descriptor, and the ways in which it ends."""
