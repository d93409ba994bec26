"""The migrations of the database, in order; only `ftpd_service.database.upgrade` runs them."""
