"""The SQL database of accounts, bans and quotas: connections, tables, migrations, calls."""
