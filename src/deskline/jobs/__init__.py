"""What a server does by itself, beside answering: each job of an account is done once, whichever process does it."""
