"""TLS of the server: certificates, contexts, and what one control connection shares with its data connections."""
