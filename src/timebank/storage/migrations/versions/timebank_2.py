"""
The tables of timebank, first with schema version 2; made new they are of today's.

Tables that are there already are recognised: their version decides what is done.
"""

from __future__ import annotations

from alembic import context, op

from timebank.storage import migrations, schema
from timebank.storage.guards.postgresql import quoted

revision = "timebank_2"
down_revision = None
branch_labels = (migrations.BRANCH,)
depends_on = None


def upgrade() -> None:
    """Make the tables and their guards, or bring them up to date."""
    if not context.is_offline_mode():
        migrations.bring_up_to_date(op.get_bind())
        return
    kind = op.get_context().dialect.name
    home = "" if kind == "sqlite" else quoted("public")
    for statement in schema.script(kind, home=home):
        op.execute(statement)


def downgrade() -> None:
    """
    Refuse: what was recorded stays recorded.

    Raises:
        NotImplementedError: Always.
    """
    raise NotImplementedError(migrations.NEVER_DOWN)
