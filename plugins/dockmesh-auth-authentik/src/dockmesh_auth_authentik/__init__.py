"""Sign-in with Authentik for dockmesh."""

from typing import Final

__version__: Final = "0.1.0"
