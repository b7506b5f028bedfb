"""The command line. It talks to people; the work is done by the layers below."""
