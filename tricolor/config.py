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
    mqtt_protocol: Literal["5", "3.1.1"] = "5"
    mqtt_topics: str = Field(
        default="tricolor/v1/+/+/readings,tricolor/v1/+/+/hj212", description="topic filters of the intake, with commas between them"
    )
    mqtt_share: str = Field(default="", description="group of a shared subscription: workers with the same one split the messages")
    mqtt_tls: bool = False
    mqtt_ca_file: Path | None = Field(default=None, description="PEM certificates that the broker's must lead to; default: the system's")
    mqtt_cert_file: Path | None = Field(default=None, description="PEM certificate that we show the broker, with mqtt_key_file")
    mqtt_key_file: Path | None = None

    hj212: str = Field(default="", description="where stations send HJ 212 over TCP, host:port; without it nothing listens")

    broker_auth: Literal["anonymous", "dynsec"] = Field(
        default="anonymous", description="of the broker that `tricolor up` starts: anybody on this machine, or an account for everyone"
    )
    broker_admin_username: str = Field(default="", description="administers the accounts of an external mosquitto with dynamic security")
    broker_admin_password: SecretStr = SecretStr("")
    broker_admin_password_file: Path | None = Field(default=None, description="file that holds it instead, e.g. a secret of the container")
    broker_cert_file: Path | None = Field(default=None, description="PEM certificate of the broker that `tricolor up` starts when mqtt_tls is set")
    broker_key_file: Path | None = Field(default=None, description="its key")
    quarantine_max_rows: int = 1_000_000
    quarantine_max_bytes: int = 1024**3
    backup_folder: Path | None = Field(default=None, description="where POST /v1/backup may write; without it the route is closed")

    ledger_url: str = Field(default="", repr=False, description="SQLAlchemy URL; default sqlite:///<data>/ledger.sqlite")
    store: Literal["duckdb", "influxdb"] = "duckdb"
    influx_url: str = "http://127.0.0.1:8086"
    influx_org: str = "tricolor"
    influx_bucket: str = "tricolor"
    influx_token: SecretStr = SecretStr("")
    influx_username: str = ""  # InfluxDB 1.x with authentication
    influx_password: SecretStr = SecretStr("")

    plan: str = Field(default="illustrative-2026-2030", description="plan pack: a name in tricolor/catalogue/plans or a folder")
    plans_beside: str = Field(
        default="", description="further packs that are shown and judged beside it, e.g. the province's: names or folders with commas between them"
    )
    webhook_url: str = Field(default="", repr=False, description="every message is also posted here as JSON")
    webhook_secret: SecretStr = SecretStr("")
    channels: Path | None = Field(default=None, description="TOML file of the ways to people: SMS, mail, robots (docs/alerts-channels.md)")

    fonts: Path | None = Field(default=None, description="folder of the fonts of bulletins; default: those installed on the system")

    max_body_bytes: int = 16 * 1024 * 1024
    max_inflated_bytes: int = 64 * 1024 * 1024
    max_readings_per_message: int = 200_000
    future_limit_s: int = 300
    retention_days: int = 3660
    spool: Path | None = Field(default=None, description="folder of the spool, e.g. on a disk of its own; default: the data folder")
    spool_max_bytes: int = 8 * 1024**3
    spool_keep_s: float = 86_400.0
    spool_keep_bytes: int = 1024**3
    spool_alarm_age_s: float = 300.0
    settle_pause_s: float = 1.0
    quality_pause_s: float = 120.0
    judge_pause_s: float = 5.0
    forecast_pause_s: float = 300.0
    log_level: str = "INFO"

    @property
    def ledger(self) -> str:
        return self.ledger_url or f"sqlite:///{(self.data / 'ledger.sqlite').resolve()}"

    @property
    def spool_file(self) -> Path:
        return (self.spool or self.data) / "spool.sqlite"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.http}").rstrip("/")


def host_port(text: str, setting: str) -> tuple[str, int]:
    """Split host:port; Misconfigured names the setting."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise Misconfigured(f"{setting} is {text!r}: write it host:port, e.g. 127.0.0.1:8000")
    return host.strip("[]"), int(port)
