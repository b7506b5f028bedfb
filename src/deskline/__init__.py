"""Deskline: a self-hosted help desk that speaks the LiveChat REST API v2.0."""

__version__ = "0.1.0"
