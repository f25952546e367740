"""Cause and remedy of every code: what the log, the command line and the documentation say.

One module for each of those who must act.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dockmesh_auth.errors.codes import ErrorCode
from dockmesh_auth.errors.explanations.access import ACCESS
from dockmesh_auth.errors.explanations.explanation import Explanation
from dockmesh_auth.errors.explanations.operator import OPERATOR
from dockmesh_auth.errors.explanations.plugins import PLUGINS
from dockmesh_auth.errors.explanations.providers import PROVIDERS
from dockmesh_auth.errors.explanations.sign_ins import SIGN_INS
from dockmesh_auth.errors.explanations.tokens import TOKENS

__all__ = ["EXPLANATIONS", "Explanation", "explain"]

EXPLANATIONS: Final[Mapping[ErrorCode, Explanation]] = MappingProxyType(
    {**OPERATOR, **PLUGINS, **PROVIDERS, **SIGN_INS, **TOKENS, **ACCESS}
)


def explain(code: ErrorCode) -> Explanation:
    """Cause and remedy of *code*. Every code has one."""
    return EXPLANATIONS[code]
