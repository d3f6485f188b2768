"""How releases in the shadow differ from the approved ones they run beside.

Both tables are made by a projection of their own. Nothing recorded before belongs into them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and name the approved release beside the one in its shadow."""
    op.add_column("model_release", sa.Column("shadow_of", sa.Text(), nullable=True))
    op.create_table(
        "shadow_difference",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("inference", sa.Text(), nullable=False),
        sa.Column("approved", sa.Float(), nullable=True),
        sa.Column("shadow", sa.Float(), nullable=True),
        sa.Column("approved_text", sa.Text(), nullable=True),
        sa.Column("shadow_text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", "code", "unit"),
    )
    op.create_table(
        "shadow_refusal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    for table in ("shadow_difference", "shadow_refusal"):
        for column in ("subject", "release"):
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("shadow_refusal")
    op.drop_table("shadow_difference")
    op.drop_column("model_release", "shadow_of")
