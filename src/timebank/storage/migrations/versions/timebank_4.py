"""
The tables of timebank, with schema version 4: adoptions have an index.
"""

from __future__ import annotations

from alembic import context, op

from timebank.storage import migrations

revision = "timebank_4"
down_revision = "timebank_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to date."""
    migrations.take_step(3, op, context)


def downgrade() -> None:
    """
    Refuse: what was recorded stays recorded.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(migrations.NEVER_DOWN)
