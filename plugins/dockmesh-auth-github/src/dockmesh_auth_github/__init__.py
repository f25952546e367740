"""Sign-in with GitHub for dockmesh."""

__version__ = "0.1.0"
