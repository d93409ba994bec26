"""The graph of objects that a configuration makes: all parts meet here and get their settings."""
