"""Numbers that signed requests of devices were sent with, shared by all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "device_nonce",
        sa.Column("nonce_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash"),
    )
    op.create_index("device_nonce_expires", "device_nonce", ["expires_us"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("device_nonce")
