"""The OAuth 2.0 server for apps of others: RFC 6749, 6750, 7009, 7636, 7662, 8414, 9207, as RFC 9700 advises. SQL and rules are below."""
