"""Pluggable OpenID Connect sign-in for dockmesh."""

__version__ = "0.1.0"
