"""What all tests share: the tables and vectors beside the repository, and a clock."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dockmesh_auth.testing.clock import FrozenClock

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _required() -> bool:
    return os.environ.get("CI") == "true"


@pytest.fixture(name="shared", scope="session")
def shared_folder() -> Path:
    """The folder of tables and vectors beside the repository; a failure in CI if it is missing."""
    if not SHARED.is_dir():
        reason = "the folder `shared` of tables and vectors is not beside the repository"
        if _required():
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


@pytest.fixture(name="attack_rows", scope="session")
def attack_table(shared: Path) -> list[dict[str, Any]]:
    """The rows of the attack table."""
    rows: list[dict[str, Any]] = json.loads((shared / "attacks" / "attacks.json").read_bytes())
    return rows


@pytest.fixture(name="clock")
def frozen_clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock()
