"""The tables, as queries see them. The migrations make them; a test holds both together.

Times are Unix seconds. Digests are SHA-256, hexadecimal: no token can be read out of the
database. Issuer and subject are compared code point by code point (collation BINARY in SQLite,
"C" in PostgreSQL), so that no database folds case or accents of a key.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from dockmesh_auth.store.exact_text import ExactText

__all__ = ["VERSION_TABLE", "grants", "login_attempts", "metadata", "sessions", "users"]

VERSION_TABLE: Final = "dockmesh_auth_version"
"""Where Alembic keeps the revision: a name of our own, for databases that others use too."""

metadata = MetaData()

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("state_digest", Text, primary_key=True),
    Column("browser_digest", Text, nullable=False),
    Column("provider", ExactText, nullable=False),
    Column("redirect_uri", ExactText, nullable=False),
    Column("response_mode", Text, nullable=False),
    Column("nonce", ExactText, nullable=False),
    Column("code_verifier", ExactText, nullable=False),
    Column("return_to", ExactText, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("ix_login_attempts_expires_at", "expires_at"),
)

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("issuer", ExactText, nullable=False),
    Column("subject", ExactText, nullable=False),
    Column("provider", ExactText, nullable=False),
    Column("username", ExactText, nullable=False),
    Column("display_name", ExactText, nullable=False),
    Column("email", ExactText, nullable=False),
    Column("groups_state", Text, nullable=False),
    Column("groups_names", Text, nullable=False),
    Column("groups_detail", ExactText, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("last_sign_in_at", Double, nullable=False),
    UniqueConstraint("issuer", "subject", name="uq_users_issuer_subject"),
)

grants = Table(
    "grants",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("provider", ExactText, nullable=True),
    Column("claim_value", ExactText, nullable=True),
    Index("ix_grants_user_id", "user_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("provider", ExactText, nullable=False),
    Column("provider_session", ExactText, nullable=True),
    Column("created_at", Double, nullable=False),
    Column("last_seen_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("ix_sessions_user_id", "user_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)
