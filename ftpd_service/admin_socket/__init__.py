"""The socket at which operators ask a running service: who may connect, the protocol, and its verbs."""
