"""TLS of the server: certificates, contexts, and the state that control and data connections share."""
