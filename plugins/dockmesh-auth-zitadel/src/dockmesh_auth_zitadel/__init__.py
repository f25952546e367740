"""Sign-in with Zitadel for dockmesh."""

__version__ = "0.1.0"
