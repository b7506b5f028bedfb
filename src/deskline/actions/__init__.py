"""A verb is a function is the work of one transaction; nothing here commits."""
