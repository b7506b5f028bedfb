"""HTTP: reading requests, finding their handler, answering. Nothing here knows SQL."""
