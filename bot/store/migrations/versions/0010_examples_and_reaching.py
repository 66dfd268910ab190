"""No wording becomes a training example twice, and what waits for a decision is found without reading the rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("wrong_answer", sa.Column("example_wording", sa.Text(), nullable=True))
    with op.batch_alter_table("wrong_answer") as table:
        table.create_unique_constraint(op.f("uq_wrong_answer_example_wording"), ["example_wording"])
        table.create_check_constraint(op.f("ck_wrong_answer_wording"), "(example is null) = (example_wording is null)")
        table.create_index("ix_wrong_answer_state", ["state", "id"])
