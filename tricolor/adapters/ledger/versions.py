"""Version counters in the table meta: raised in the transaction that changes what they count, so that services know when to load again."""

from sqlalchemy import Connection, insert, select, update

from tricolor.adapters.ledger.schema import meta

REGISTRY = "registry_version"
ACTIVITY = "activity_version"
ACCOUNTS = "accounts_version"
METER_FACTS = "meter_facts_version"
POLLUTANTS = "pollutants_version"
PERMITS = "permits_version"
EXCLUSIONS = "exclusions_version"
PROJECTS = "projects_version"
CP_AUDITS = "cp_audits_version"
BUDGETS = "budgets_version"
QUALITY = "quality_version"
FORECASTS = "forecasts_version"
STATISTICS = "statistics_version"
ROUTING = "routing_version"


def version(connection: Connection, key: str) -> int:
    """The counter's value; 0 before the first change."""
    found = connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()
    return int(found) if found is not None else 0


def bump(connection: Connection, key: str) -> int:
    """Raise the counter by one, inside a writing() transaction; its new value."""
    raised = version(connection, key) + 1
    if connection.execute(update(meta).where(meta.c.key == key).values(value=str(raised))).rowcount == 0:
        connection.execute(insert(meta).values(key=key, value=str(raised)))
    return raised
