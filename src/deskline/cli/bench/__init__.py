"""`deskline bench`: what this machine carries. It drives the real server over HTTP and knows nothing of how an answer comes to be."""
