"""Queries of the two data sources, which the dashboard library has no types for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef

READINGS = DataSourceRef(type_val="influxdb", uid="tricolor-readings")  # uids as provisioned in provisioning/datasources
LEDGER = DataSourceRef(type_val="grafana-postgresql-datasource", uid="tricolor-ledger")


@dataclass(frozen=True)
class Query(Dataquery):
    """A query as Grafana stores it in a panel."""

    datasource: DataSourceRef
    fields: Mapping[str, object]

    def to_json(self) -> dict[str, object]:
        return {"datasource": self.datasource, **self.fields}


class InfluxQl(Builder[Query]):
    """An InfluxQL statement; answers time series unless as_table is called."""

    def __init__(self, statement: str, alias: str = "", ref: str = "A") -> None:
        self._fields: dict[str, object] = {"refId": ref, "query": statement, "rawQuery": True, "resultFormat": "time_series", "alias": alias}

    def as_table(self) -> Self:
        self._fields["resultFormat"] = "table"
        return self

    def build(self) -> Query:
        return Query(READINGS, self._fields)


class LedgerSql(Builder[Query]):
    """A PostgreSQL statement over the ledger that answers a table."""

    def __init__(self, statement: str, ref: str = "A") -> None:
        self._fields: dict[str, object] = {"refId": ref, "rawSql": statement, "rawQuery": True, "format": "table", "editorMode": "code"}

    def build(self) -> Query:
        return Query(LEDGER, self._fields)
