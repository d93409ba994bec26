"""The opening of a data connection: an address is chosen, and the client connects to it or is dialled."""
