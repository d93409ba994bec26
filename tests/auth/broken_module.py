"""A module that cannot be imported, for the tests of checkers by dotted path."""

raise RuntimeError("no license")
