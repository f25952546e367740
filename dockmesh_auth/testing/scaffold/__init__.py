"""Writes the distribution of a new plugin; `dockmesh-auth plugin new` is this."""

from __future__ import annotations

from dockmesh_auth.testing.scaffold.project import Project
from dockmesh_auth.testing.scaffold.writing import write_project

__all__ = ["Project", "write_project"]
