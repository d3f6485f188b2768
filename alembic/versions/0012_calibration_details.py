"""The views behind a calibration, and colour calibrations.

Both tables belong to the projection of equipment. Nothing recorded before belongs into them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "calibration_views",
        sa.Column("calibration", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("calibration"),
    )
    op.create_table(
        "colour_calibration",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_colour_calibration_in_order"), "colour_calibration", ["device", "seq"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("colour_calibration")
    op.drop_table("calibration_views")
