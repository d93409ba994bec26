"""The work beside the reactor, and the division of time between the reactor's and the pool's work."""
