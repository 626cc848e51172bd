"""
The tables of timebank, with schema version 4: adoptions have an index.
"""

from __future__ import annotations

from alembic import context, op

from timebank.storage import migrations, schema

revision = "timebank_4"
down_revision = "timebank_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables up to date; a script from the beginning makes today's at once."""
    if not context.is_offline_mode():
        migrations.bring_up_to_date(op.get_bind())
    elif context.get_starting_revision_argument() in ("timebank_2", down_revision):
        for statement in schema.MIGRATIONS[op.get_context().dialect.name][3]():
            op.execute(statement)


def downgrade() -> None:
    """
    Refuse: what was recorded stays recorded.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(migrations.NEVER_DOWN)
