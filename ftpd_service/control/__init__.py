"""The control connection: bytes to verbs and replies to bytes, on the reactor."""
