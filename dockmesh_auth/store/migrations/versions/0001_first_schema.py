"""The first schema: attempts, users, grants, sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def _text() -> sa.Text:
    # Compared by code point whatever the database's own collation (OpenID Connect Core 1.0,
    # section 5.7: issuer and subject are the key; case and accents differ).
    return sa.Text(collation="C" if op.get_bind().dialect.name == "postgresql" else "BINARY")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "login_attempts",
        sa.Column("state_digest", _text(), primary_key=True),
        sa.Column("browser_digest", _text(), nullable=False),
        sa.Column("provider", _text(), nullable=False),
        sa.Column("redirect_uri", _text(), nullable=False),
        sa.Column("response_mode", _text(), nullable=False),
        sa.Column("nonce", _text(), nullable=False),
        sa.Column("code_verifier", _text(), nullable=False),
        sa.Column("return_to", _text(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
    )
    op.create_index("ix_login_attempts_expires_at", "login_attempts", ["expires_at"])
    op.create_table(
        "users",
        sa.Column("id", _text(), primary_key=True),
        sa.Column("issuer", _text(), nullable=False),
        sa.Column("subject", _text(), nullable=False),
        sa.Column("provider", _text(), nullable=False),
        sa.Column("username", _text(), nullable=False),
        sa.Column("display_name", _text(), nullable=False),
        sa.Column("email", _text(), nullable=False),
        sa.Column("groups_state", _text(), nullable=False),
        sa.Column("groups_names", _text(), nullable=False),
        sa.Column("groups_detail", _text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_sign_in_at", sa.Double(), nullable=False),
        sa.UniqueConstraint("issuer", "subject", name="uq_users_issuer_subject"),
    )
    op.create_table(
        "grants",
        # SQLite numbers rows by itself only in a column that is called just INTEGER.
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        _user_id(),
        sa.Column("role", _text(), nullable=False),
        sa.Column("scope", _text(), nullable=False),
        sa.Column("origin", _text(), nullable=False),
        sa.Column("provider", _text(), nullable=True),
        sa.Column("claim_value", _text(), nullable=True),
    )
    op.create_index("ix_grants_user_id", "grants", ["user_id"])
    op.create_table(
        "sessions",
        sa.Column("digest", _text(), primary_key=True),
        _user_id(),
        sa.Column("provider", _text(), nullable=False),
        sa.Column("provider_session", _text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_seen_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _user_id() -> sa.Column[str]:
    return sa.Column(
        "user_id", _text(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
    )
