"""The data connection: choosing an address, opening a connection, moving a transfer."""
