"""The benchmark: drives the real server and bare references in turns, and writes down both. Nothing here is part of the product."""
