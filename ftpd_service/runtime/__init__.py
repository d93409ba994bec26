"""What runs beside the reactor, and how the reactor's and the threads' time is divided."""
