"""The data connection: choosing an address, one connection, one transfer."""
