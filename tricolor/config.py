"""Settings: the environment (`TRICOLOR_*`) read once, in a main."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from tricolor.domain.errors import Misconfigured


class Settings(BaseSettings):
    """Everything an operator can set. Command-line options of `tricolor` win over the environment."""

    model_config = SettingsConfigDict(env_prefix="TRICOLOR_", env_file=None, extra="ignore")

    data: Path = Field(default=Path("data"), description="folder of the embedded stores: readings.duckdb, ledger.sqlite, spool.sqlite")
    http: str = Field(default="127.0.0.1:8000", description="address of the API and the wallboard, host:port")
    public_url: str = Field(default="", description="address people use, for links in messages; default http://<http>")

    mqtt: str = Field(default="127.0.0.1:1883", description="broker, host:port; started as a child when embedded and nothing answers there")
    mqtt_username: str = ""
    mqtt_password: SecretStr = SecretStr("")
    mqtt_client_id: str = "tricolor-ingest"
    mqtt_session_expiry_s: int = 7 * 86_400

    ledger_url: str = Field(default="", description="SQLAlchemy URL; default sqlite:///<data>/ledger.sqlite")
    store: Literal["duckdb", "influxdb"] = "duckdb"
    influx_url: str = "http://127.0.0.1:8086"
    influx_org: str = "tricolor"
    influx_bucket: str = "tricolor"
    influx_token: SecretStr = SecretStr("")
    influx_username: str = ""  # InfluxDB 1.x with authentication
    influx_password: SecretStr = SecretStr("")

    plan: str = Field(default="illustrative-2026-2030", description="plan pack: a name in tricolor/catalogue/plans or a folder")
    webhook_url: str = Field(default="", description="every message is also posted here as JSON")
    webhook_secret: SecretStr = SecretStr("")

    max_body_bytes: int = 16 * 1024 * 1024
    max_inflated_bytes: int = 64 * 1024 * 1024
    max_readings_per_message: int = 200_000
    future_limit_s: int = 300
    retention_days: int = 3660
    spool_max_bytes: int = 8 * 1024**3
    settle_pause_s: float = 1.0
    judge_pause_s: float = 5.0
    log_level: str = "INFO"

    @property
    def ledger(self) -> str:
        return self.ledger_url or f"sqlite:///{(self.data / 'ledger.sqlite').resolve()}"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.http}").rstrip("/")


def host_port(text: str, setting: str) -> tuple[str, int]:
    """Split host:port; Misconfigured names the setting."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(f"{setting} is {text!r}: write it host:port, e.g. 127.0.0.1:8000")
    return host.strip("[]"), int(port)
