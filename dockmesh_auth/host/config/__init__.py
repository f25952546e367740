"""`dockmesh.yaml`: read, check, and say what is wrong by line and column.

Two phases, because what a key means may depend on a plugin: `parse_config` reads the file and
names the plugins it needs; `build_config` takes their descriptions and makes providers.
"""

from dockmesh_auth.host.config.build import DatabaseConfig, HostConfig, build_config
from dockmesh_auth.host.config.parse import ParsedConfig, parse_config
from dockmesh_auth.host.config.schema import json_schema

__all__ = [
    "DatabaseConfig",
    "HostConfig",
    "ParsedConfig",
    "build_config",
    "json_schema",
    "parse_config",
]
