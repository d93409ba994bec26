"""The configuration file: YAML in, frozen settings or every mistake in it out.  Only this folder knows pydantic."""
