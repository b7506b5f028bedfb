"""A server of the Model Context Protocol over the public API: assistants search, read and count; what they want changed, they propose."""
