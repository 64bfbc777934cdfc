"""Reading a mosquitto.conf and saying what of it would lose acknowledged messages or let strangers in (mosquitto.conf(5), version 2.0)."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from tricolor.domain.errors import Misconfigured

ENOUGH_MESSAGES = 100_000  # an intake that is away for a quarter of an hour, at a hundred messages a second
ENOUGH_BYTES = 256 * 1024 * 1024
LARGEST_MESSAGE = 1024 * 1024
_UNITS_S = {"h": 3600, "d": 86_400, "w": 7 * 86_400, "m": 30 * 86_400, "y": 365 * 86_400}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a configuration. is_loss: acknowledged messages would be lost or strangers let in; else it is only worth knowing."""

    option: str
    is_loss: bool
    detail: str
    mend: str


@dataclass
class _Listener:
    port: str
    host: str
    options: dict[str, str] = field(default_factory=dict)


def judge_file(path: Path) -> list[Fault]:
    """What is wrong with the file, the worst first; files that it includes are read too. Misconfigured when it cannot be read."""
    return judge("\n".join(_lines(path, 0)))


def judge(text: str) -> list[Fault]:
    """What is wrong with the text of a mosquitto.conf, the worst first."""
    options, listeners = _parse(text)
    faults = [*_queue(options), *_persistence(options), *_sizes(options), *_doors(options, listeners)]
    return sorted(faults, key=lambda fault: not fault.is_loss)


def _lines(path: Path, depth: int) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise Misconfigured(f"the broker's configuration {path} cannot be read: {error.strerror}") from error
    out: list[str] = []
    for line in lines:
        name, _, value = line.strip().partition(" ")
        folder = Path(value.strip())
        if name == "include_dir" and depth < 3 and folder.is_dir():
            for part in sorted(folder.glob("*.conf")):
                out += _lines(part, depth + 1)
        else:
            out.append(line)
    return out


def _parse(text: str) -> tuple[dict[str, str], list[_Listener]]:
    """The options of the whole file, the last one of each name, and its listeners with what stands under them."""
    options: dict[str, str] = {}
    listeners: list[_Listener] = []
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        value = value.strip()
        if not name or name.startswith("#"):
            continue
        if name in ("listener", "port"):
            words = value.split()
            listeners.append(_Listener(words[0] if words else "", words[1] if len(words) > 1 else ""))
        elif name == "bind_address" and listeners:
            listeners[-1].host = value
        elif listeners and options.get("per_listener_settings") == "true":
            listeners[-1].options[name] = value
        options.setdefault(name, value) if name == "plugin" else options.update({name: value})
    return options, listeners


def _queue(options: dict[str, str]) -> list[Fault]:
    faults = []
    messages, size = _number(options, "max_queued_messages", 1000), _number(options, "max_queued_bytes", 0)
    if messages == 0:
        why = "0 means no bound: an intake that stays away fills the broker's memory until the system kills it, with all that is queued"
        faults.append(Fault("max_queued_messages", True, why, "max_queued_messages 200000"))
    elif messages < ENOUGH_MESSAGES:
        given = "is not set, so 1000" if "max_queued_messages" not in options else f"is {messages}"
        why = f"max_queued_messages {given}: while the intake is away, acknowledged messages past that are dropped without a word"
        faults.append(Fault("max_queued_messages", True, why, "max_queued_messages 200000"))
    if 0 < size < ENOUGH_BYTES:
        why = f"max_queued_bytes is {size}: acknowledged messages past {size / 1024**2:.1f} MiB are dropped"
        faults.append(Fault("max_queued_bytes", True, why, "max_queued_bytes 1073741824"))
    if _number(options, "memory_limit", 0):
        why = "memory_limit makes the broker refuse messages when it is reached"
        faults.append(Fault("memory_limit", False, why, "remove memory_limit, bound the queue with max_queued_bytes"))
    expiry = options.get("persistent_client_expiration", "")
    if expiry and expiry[:-1].isdigit() and int(expiry[:-1]) * _UNITS_S.get(expiry[-1], 0) < 86_400:
        why = f"persistent_client_expiration {expiry}: an intake that is away for longer loses its queue"
        faults.append(Fault("persistent_client_expiration", True, why, "persistent_client_expiration 14d"))
    return faults


def _persistence(options: dict[str, str]) -> list[Fault]:
    if options.get("persistence", "false") != "true":
        why = "persistence is off: a restart of the broker loses every message that it acknowledged and has not delivered"
        return [Fault("persistence", True, why, "persistence true, persistence_location FOLDER/")]
    faults = []
    if "persistence_location" not in options:
        why = "persistence_location is not set: the queue is written to the folder the broker happens to be started in"
        faults.append(Fault("persistence_location", False, why, "persistence_location /var/lib/mosquitto/"))
    interval = _number(options, "autosave_interval", 1800)
    is_by_changes = options.get("autosave_on_changes", "false") == "true"
    if interval == 0:
        why = "autosave_interval 0: the queue is written at a clean stop only; a kill or a power cut loses all of it"
        faults.append(Fault("autosave_interval", True, why, "autosave_interval 1"))
    elif is_by_changes and interval > 1:
        why = f"the queue is written after every {interval} changes: a kill or a power cut loses those since"
        faults.append(Fault("autosave_interval", interval > 1000, why, "autosave_interval 1, autosave_on_changes false"))
    elif not is_by_changes and interval > 10:
        why = f"autosave_interval is {interval} s: a kill or a power cut loses up to that much of acknowledged messages"
        faults.append(Fault("autosave_interval", True, why, "autosave_interval 1"))
    return faults


def _sizes(options: dict[str, str]) -> list[Fault]:
    faults = []
    for name in ("message_size_limit", "max_packet_size"):
        size = _number(options, name, 0)
        if 0 < size < LARGEST_MESSAGE:
            why = f"{name} is {size}: longer messages are refused; a column message of 10,000 readings has about 300 kB"
            faults.append(Fault(name, False, why, f"{name} 17825792"))
    if 0 < _number(options, "max_inflight_messages", 20) < 100:
        why = "max_inflight_messages is 20 unless set: the intake acknowledges in groups and waits for the broker at so few"
        faults.append(Fault("max_inflight_messages", False, why, "max_inflight_messages 2000"))
    return faults


def _doors(options: dict[str, str], listeners: list[_Listener]) -> list[Fault]:
    if not listeners:
        return []  # mosquitto 2 without a listener serves this machine only
    faults = []
    for listener in listeners:
        own = {**options, **listener.options} if options.get("per_listener_settings") == "true" else options
        where = f"{listener.host or '0.0.0.0'}:{listener.port}"
        if _is_loopback(listener.host):
            continue
        if own.get("allow_anonymous", "false") == "true":
            why = f"allow_anonymous true on {where}: whoever reaches it can send readings for anybody, and read everybody's"
            faults.append(Fault("allow_anonymous", True, why, "allow_anonymous false, with the dynamic-security plugin or a password_file"))
        elif not any(name in own for name in ("acl_file", "plugin", "auth_plugin", "global_plugin")):
            why = f"{where} asks for a password, but every user of it may write every enterprise's topics"
            faults.append(Fault("acl_file", False, why, "plugin …/mosquitto_dynamic_security.so and `tricolor gateway add`, or an acl_file"))
        if not any(name in own for name in ("certfile", "psk_file", "psk_hint")):
            faults.append(Fault("certfile", False, f"{where} is not encrypted: passwords and readings travel in the clear", "certfile and keyfile"))
    return faults


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _number(options: dict[str, str], name: str, default: int) -> int:
    text = options.get(name, "")
    return int(text) if text.isdigit() else default
