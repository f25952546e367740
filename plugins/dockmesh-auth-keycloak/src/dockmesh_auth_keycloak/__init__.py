"""Sign-in with Keycloak for dockmesh."""

__version__ = "0.1.0"
