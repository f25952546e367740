"""Sign-in with Authentik for dockmesh."""

__version__ = "0.1.0"
