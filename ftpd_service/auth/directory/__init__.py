"""LDAP as a client: names in queries, messages, connections, and the conversation of a login."""
