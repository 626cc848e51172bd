"""
The tables of timebank, with schema version 3: postings have labels.
"""

from __future__ import annotations

from alembic import context, op

from timebank.storage import migrations

revision = "timebank_3"
down_revision = "timebank_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to date."""
    migrations.take_step(2, op, context)


def downgrade() -> None:
    """
    Refuse: what was recorded stays recorded.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(migrations.NEVER_DOWN)
