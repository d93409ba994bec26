"""The way to the next data connection: an address that is chosen, and a client that connects or is dialled."""
