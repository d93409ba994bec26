"""Who a client is: a twisted.cred Portal, its realm and its checkers."""
