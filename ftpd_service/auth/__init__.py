"""The authentication of clients: a twisted.cred Portal, its realm and its checkers."""
