"""One open data connection: its protocol and descriptor, and how it ends."""
