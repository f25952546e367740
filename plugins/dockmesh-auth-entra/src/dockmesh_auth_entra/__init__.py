"""Sign-in with Microsoft Entra ID for dockmesh."""

__version__ = "0.1.0"
