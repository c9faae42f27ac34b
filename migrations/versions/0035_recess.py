"""When councils do not meet, and whether a step waits for that to be over."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

#: School holidays as they were set for 2025 to 2028: name, then first and last day of each region.
HOLIDAYS = (
    ("zomervakantie", "noord", "2025-07-12", "2025-08-24"),
    ("zomervakantie", "midden", "2025-07-19", "2025-08-31"),
    ("zomervakantie", "zuid", "2025-07-05", "2025-08-17"),
    ("herfstvakantie", "noord", "2025-10-18", "2025-10-26"),
    ("herfstvakantie", "midden", "2025-10-18", "2025-10-26"),
    ("herfstvakantie", "zuid", "2025-10-11", "2025-10-19"),
    ("kerstvakantie", "overal", "2025-12-20", "2026-01-04"),
    ("voorjaarsvakantie", "noord", "2026-02-21", "2026-03-01"),
    ("voorjaarsvakantie", "midden", "2026-02-14", "2026-02-22"),
    ("voorjaarsvakantie", "zuid", "2026-02-14", "2026-02-22"),
    ("meivakantie", "overal", "2026-04-25", "2026-05-03"),
    ("zomervakantie", "noord", "2026-07-04", "2026-08-16"),
    ("zomervakantie", "midden", "2026-07-18", "2026-08-30"),
    ("zomervakantie", "zuid", "2026-07-11", "2026-08-23"),
    ("herfstvakantie", "noord", "2026-10-10", "2026-10-18"),
    ("herfstvakantie", "midden", "2026-10-17", "2026-10-25"),
    ("herfstvakantie", "zuid", "2026-10-17", "2026-10-25"),
    ("kerstvakantie", "overal", "2026-12-19", "2027-01-03"),
    ("voorjaarsvakantie", "noord", "2027-02-20", "2027-02-28"),
    ("voorjaarsvakantie", "midden", "2027-02-20", "2027-02-28"),
    ("voorjaarsvakantie", "zuid", "2027-02-13", "2027-02-21"),
    ("meivakantie", "overal", "2027-04-24", "2027-05-02"),
    ("zomervakantie", "noord", "2027-07-10", "2027-08-22"),
    ("zomervakantie", "midden", "2027-07-17", "2027-08-29"),
    ("zomervakantie", "zuid", "2027-07-24", "2027-09-05"),
    ("herfstvakantie", "noord", "2027-10-16", "2027-10-24"),
    ("herfstvakantie", "midden", "2027-10-16", "2027-10-24"),
    ("herfstvakantie", "zuid", "2027-10-23", "2027-10-31"),
    ("kerstvakantie", "overal", "2027-12-25", "2028-01-09"),
    ("voorjaarsvakantie", "noord", "2028-02-19", "2028-02-27"),
    ("voorjaarsvakantie", "midden", "2028-02-26", "2028-03-05"),
    ("voorjaarsvakantie", "zuid", "2028-02-26", "2028-03-05"),
    ("meivakantie", "overal", "2028-04-29", "2028-05-07"),
    ("zomervakantie", "noord", "2028-07-15", "2028-08-27"),
    ("zomervakantie", "midden", "2028-07-08", "2028-08-20"),
    ("zomervakantie", "zuid", "2028-07-22", "2028-09-03"),
    ("herfstvakantie", "noord", "2028-10-14", "2028-10-22"),
    ("herfstvakantie", "midden", "2028-10-21", "2028-10-29"),
    ("herfstvakantie", "zuid", "2028-10-21", "2028-10-29"),
    ("kerstvakantie", "overal", "2028-12-23", "2029-01-07"),
)


def upgrade() -> None:
    recess = op.create_table(
        "recess",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recess")),
        sa.UniqueConstraint(
            "region", "from_day", "until_day", name=op.f("uq_recess_region_from_day_until_day")
        ),
    )
    op.bulk_insert(
        recess,
        [
            {
                "name": name,
                "region": region,
                "from_day": date.fromisoformat(first),
                "until_day": date.fromisoformat(last),
            }
            for name, region, first, last in HOLIDAYS
        ],
    )
    op.add_column("gemeente", sa.Column("recess_region", sa.String(length=40), nullable=True))
    op.add_column(
        "step",
        sa.Column("not_in_recess", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
