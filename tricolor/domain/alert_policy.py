"""How an alert of a rule behaves: holds, band, time-outs. Data of the catalogue (tricolor/catalogue/alerting), overridden by a plan pack."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds unless said otherwise; zeros make every step immediate.

    hold_s, hold_count: a bad light stands so long, and is seen on so many different facts, before the alert opens; red_hold_s, red_hold_count:
    the same for red; ease_s: a lesser light stands so long before the level goes down; clear_s, clear_count: green stands so long before it is
    resolved; band: share of the limit (band_abs: in the verdict's unit) inside which a green value still counts as not clear; stale_s: grey so
    long is STALE; ack_timeout_s: an acknowledged red that still stands asks again; repeat_s: an unacknowledged one is told again; escalate_s:
    times after the opening (or the last worsening, or the end of an acknowledgement) at which an unacknowledged red goes a step up;
    repeats_yellow: whether yellow and orange are told again too; tells_no_data: whether the data's owner is told of STALE where no other alert is.
    """

    hold_s: float = 0.0
    hold_count: int = 1
    red_hold_s: float = 0.0
    red_hold_count: int = 1
    ease_s: float = 0.0
    clear_s: float = 0.0
    clear_count: int = 1
    band: float = 0.0
    band_abs: float = 0.0
    stale_s: float = 0.0
    ack_timeout_s: float | None = None
    repeat_s: float | None = None
    escalate_s: tuple[float, ...] = ()
    repeats_yellow: bool = False
    tells_no_data: bool = False


IMMEDIATE = Policy()
