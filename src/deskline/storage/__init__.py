"""The database: one interface, one folder of SQL. No rule of the help desk is decided here."""
