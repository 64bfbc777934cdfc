"""The laws of the links in messages: only ours open, to the second, and a rotation does what it says."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import select
from typer.testing import CliRunner

from tricolor.adapters.ledger.engine import LedgerEngine
from tricolor.adapters.ledger.link_keys import FORMER_MAX, NAME, LinkKeysSql
from tricolor.adapters.ledger.schema import audit, meta
from tricolor.adapters.links import TOKEN_MAX, SignedLinks
from tricolor.catalogue.phone_links import link_limits
from tricolor.domain.errors import Refused
from tricolor.domain.intervals import DAY_US
from tricolor_cli.main import app

SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
keys = st.text(SAFE, min_size=8, max_size=23)
secrets = st.binary(min_size=32, max_size=32)


def links(*held: bytes) -> SignedLinks:
    return SignedLinks(lambda: list(held))


def token(path: str) -> str:
    return path.removeprefix("/a/")


@given(keys, secrets)
def test_a_link_gives_back_the_key_it_was_made_of_and_fits_into_an_sms(key: str, secret: bytes) -> None:
    signed = links(secret).sign(key)
    assert signed.startswith("/a/") and len(token(signed)) <= TOKEN_MAX == 40
    assert links(secret).key_of(token(signed)) == key


def test_a_key_of_eleven_characters_makes_a_link_of_thirty_one() -> None:
    assert len(links(b"s" * 32).sign("A" * 11)) == 3 + 11 + 1 + 16  # /a/ key . signature


@given(keys, secrets, st.data())
def test_a_link_with_any_one_character_changed_added_or_left_out_is_refused(key: str, secret: bytes, data: Any) -> None:
    right = token(links(secret).sign(key))
    place = data.draw(st.integers(0, len(right)))
    sign = data.draw(st.sampled_from([*SAFE, ".", "!", "=", "\n", "é", "/"]))
    way = data.draw(st.sampled_from(["change", "add", "drop"]))
    rest = right[place + (way != "add") :]
    wrong = right[:place] + ("" if way == "drop" else sign) + rest
    assume(wrong != right)
    with pytest.raises(Refused):
        links(secret).key_of(wrong)


@given(keys, secrets, secrets)
def test_a_link_of_another_city_is_refused(key: str, ours: bytes, theirs: bytes) -> None:
    assume(ours != theirs)
    with pytest.raises(Refused):
        links(ours).key_of(token(links(theirs).sign(key)))


def test_a_refusal_does_not_repeat_the_token() -> None:
    with pytest.raises(Refused) as caught:
        links(b"s" * 32).key_of("AAAAAAAAAAA.BBBBBBBBBBBBBBBB")
    assert "AAAA" not in repr(caught.value) and "BBBB" not in repr(caught.value) and caught.value.__cause__ is None


@pytest.mark.parametrize("key", ["", "short", "with.dot.in", "with/slash1", "a" * 24, "ümlaut-abc"])
def test_a_key_that_would_not_come_back_is_not_signed(key: str) -> None:
    with pytest.raises(ValueError):
        links(b"s" * 32).sign(key)


@pytest.mark.parametrize(("light", "days"), [("red", 7), ("orange", 7), ("yellow", 14), ("green", 3), ("unknown", 3)])
def test_a_link_ends_at_the_exact_microsecond_of_its_light(light: str, days: int) -> None:
    assert link_limits().ends_at(light, 1_000) == 1_000 + days * DAY_US


def test_every_limit_of_links_is_positive() -> None:
    found = link_limits()
    assert min(found.life_us.values()) > 0 and found.wrong_per_min > 0 and found.acts_per_min > 0
    assert replace(found, wrong_per_min=1).wrong_per_min == 1


def test_the_secret_is_made_at_the_first_use_kept_over_a_restart_and_shared(ledger: LedgerEngine) -> None:
    first = LinkKeysSql(ledger).held()
    assert len(first) == 1 and len(first[0]) == 32
    assert LinkKeysSql(LedgerEngine(ledger.url.render_as_string(hide_password=False))).held() == first  # another process, another start


def test_two_first_starts_make_one_secret(ledger: LedgerEngine) -> None:
    one, other = LinkKeysSql(ledger), LinkKeysSql(ledger)
    with ledger.reading():
        pass
    assert one.held() == other.held()


def test_a_rotation_signs_anew_and_still_opens_what_is_out(ledger: LedgerEngine) -> None:
    keys_of = LinkKeysSql(ledger)
    ours = SignedLinks(keys_of.held)
    before = token(ours.sign("message-key"))
    assert keys_of.rotate(1, "cli anna") == 2
    after = token(ours.sign("message-key"))
    assert after != before and ours.key_of(before) == ours.key_of(after) == "message-key"


def test_a_link_outlives_three_rotations_and_not_the_fourth(ledger: LedgerEngine) -> None:
    keys_of = LinkKeysSql(ledger)
    ours = SignedLinks(keys_of.held)
    old = token(ours.sign("message-key"))
    for _ in range(FORMER_MAX):
        keys_of.rotate(1, "cli anna")
    assert ours.key_of(old) == "message-key"
    keys_of.rotate(1, "cli anna")
    with pytest.raises(Refused):
        ours.key_of(old)


def test_revoking_ends_every_link_at_once_and_is_in_the_audit_without_the_secret(ledger: LedgerEngine) -> None:
    keys_of = LinkKeysSql(ledger)
    ours = SignedLinks(keys_of.held)
    old = token(ours.sign("message-key"))
    keys_of.revoke(7, "cli anna")
    with pytest.raises(Refused):
        ours.key_of(old)
    with ledger.reading() as connection:
        (row,) = connection.execute(select(audit).where(audit.c.action == "phone_link.rotate")).mappings()
        held = json.loads(connection.execute(select(meta.c.value).where(meta.c.key == NAME)).scalar_one())
    assert (row["who"], row["at"], row["detail"]) == ("cli anna", 7, {"former_links_open": False})
    assert len(held) == 1 and len(base64.b64decode(held[0])) == 32


@pytest.mark.parametrize(("words", "opens"), [(["link", "rotate"], True), (["link", "rotate", "--drop"], False)])
def test_the_command_rotates_and_never_prints_the_secret(tmp_path: Any, words: Sequence[str], opens: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRICOLOR_LEDGER_URL", raising=False)
    made = LedgerEngine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    made.migrate()
    ours = SignedLinks(LinkKeysSql(made).held)
    old = token(ours.sign("message-key"))
    answer = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    for secret in LinkKeysSql(made).held():
        assert base64.b64encode(secret).decode() not in answer.output and secret.hex() not in answer.output
    if opens:
        assert ours.key_of(old) == "message-key"
    else:
        with pytest.raises(Refused):
            ours.key_of(old)
    made.close()


@pytest.mark.parametrize("junk", ["!", "\n", " ", "%", "é", "==", "\x00"])
def test_one_link_has_one_writing(junk: str) -> None:
    """base64 overlooks strange characters, so that one signature would have any number of writings."""
    right = token(links(b"s" * 32).sign("message-key1"))
    for place in (len(right) - 3, len(right), 0):
        with pytest.raises(Refused):
            links(b"s" * 32).key_of(right[:place] + junk + right[place:])
