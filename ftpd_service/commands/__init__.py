"""The verbs, without Twisted, clock or log."""
