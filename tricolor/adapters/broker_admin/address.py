"""Where a broker is and as whom we speak to it."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho

from tricolor.domain.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """has_tls: verified against ca_file, or the system's authorities when it is None; cert_file, key_file: our own certificate."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    has_tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def prepare(self, client: paho.Client) -> paho.Client:
        """The client with account and TLS set; Misconfigured when a certificate cannot be read."""
        if self.username:
            client.username_pw_set(self.username, self.password)
        if self.has_tls:
            try:
                context = ssl.create_default_context(cafile=self.ca_file)
                if self.cert_file is not None:
                    context.load_cert_chain(self.cert_file, self.key_file)
            except (OSError, ssl.SSLError) as error:
                raise Misconfigured(f"TRICOLOR_MQTT_CA_FILE, _CERT_FILE or _KEY_FILE cannot be used: {error}") from error
            client.tls_set_context(context)
        return client
