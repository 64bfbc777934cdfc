"""What one MQTT connection of the intake is made from; wrong settings are named before anything is opened."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

from tricolor.domain.errors import Misconfigured

TOPIC = "tricolor/v1/+/+/readings"


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """One broker, one client id, one session. share: group of a shared subscription, "" for none; remember: file that keeps what the broker's session
    is subscribed to (None: it is not kept over a restart); session_expiry_s counts in MQTT 5 only, 3.1.1 leaves it to the broker."""

    host: str
    port: int
    client_id: str
    protocol: str = "5"
    topics: tuple[str, ...] = (TOPIC,)
    share: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    session_expiry_s: int = 7 * 86_400
    keepalive_s: int = 30
    has_tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    remember: Path | None = None

    def __post_init__(self) -> None:
        if self.protocol not in ("5", "3.1.1"):
            raise Misconfigured(f"TRICOLOR_MQTT_PROTOCOL is {self.protocol!r}: write 5 or 3.1.1")
        if not self.topics:
            raise Misconfigured("TRICOLOR_MQTT_TOPICS is empty: name at least one topic filter")
        for topic in self.topics:
            _check_topic(topic)
        if any(sign in self.share for sign in "/+#"):
            raise Misconfigured(f"TRICOLOR_MQTT_SHARE is {self.share!r}: a group name has no /, + or #")
        if not self.has_tls and (self.ca_file or self.cert_file or self.key_file):
            raise Misconfigured("TRICOLOR_MQTT_CA_FILE, _CERT_FILE and _KEY_FILE are for TLS: set TRICOLOR_MQTT_TLS=true")
        if bool(self.cert_file) != bool(self.key_file):
            raise Misconfigured("TRICOLOR_MQTT_CERT_FILE and TRICOLOR_MQTT_KEY_FILE go together")

    @property
    def subscriptions(self) -> frozenset[str]:
        """The filters as the broker hears them."""
        return frozenset(f"$share/{self.share}/{topic}" if self.share else topic for topic in self.topics)

    def tls_context(self) -> ssl.SSLContext | None:
        """Verifies the broker's certificate and its host name, always; None without TLS."""
        if not self.has_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"TRICOLOR_MQTT_CA_FILE={self.ca_file} cannot be read as PEM certificates: {error}") from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert_file and self.key_file:
            try:
                context.load_cert_chain(str(self.cert_file), str(self.key_file))
            except (OSError, ssl.SSLError) as error:
                raise Misconfigured(f"TRICOLOR_MQTT_CERT_FILE={self.cert_file} or _KEY_FILE={self.key_file} cannot be used: {error}") from error
        return context


def _check_topic(topic: str) -> None:
    """The last five levels are tricolor/v1/{enterprise}/{gateway}/readings or …/hj212, the middle two may be +; plain levels may come before."""
    levels = topic.split("/")
    before, tail = levels[:-5], levels[-5:]
    is_ours = len(tail) == 5 and tail[:2] == ["tricolor", "v1"] and tail[4] in ("readings", "hj212") and all(tail[2:4])
    if not is_ours or any(sign in level for level in before for sign in "+#$") or any("#" in level for level in tail):
        raise Misconfigured(f"TRICOLOR_MQTT_TOPICS holds {topic!r}: write it like {TOPIC}, or with one enterprise in place of the first +")
