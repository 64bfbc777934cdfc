"""Keys: what is stored, what a header must look like, which kind may do what, and what a bound key sees."""

import hashlib

import pytest
from sqlalchemy import select

from tricolor.adapters.ledger.keys import KeyBookSql
from tricolor.adapters.ledger.schema import api_key, audit
from tricolor.domain.access import Caller, KeyKind, NoKey, UnknownKey, WrongKind, authenticator, token_text
from tricolor.domain.errors import NotFound

READ_ROUTES = [
    "/v1/entities", "/v1/entities/mill", "/v1/entities/mill/lights", "/v1/entities/mill/energy", "/v1/entities/mill/intensity", "/v1/points",
    "/v1/points/mill.elec", "/v1/points/mill.elec/readings", "/v1/points/mill.elec/energy", "/v1/lights", "/v1/alerts", "/v1/alerts/1", "/v1/inbox",
]  # fmt: skip
ANY_ROUTES = ["/v1/quarantine", "/v1/quarantine/1/raw", "/v1/ingest/ledger", "/v1/activities", "/v1/factors", "/v1/benchmarks", "/v1/plan"]
FOREIGN = ["/v1/entities/kiln", "/v1/entities/kiln/lights", "/v1/entities/kiln/energy", "/v1/entities/kiln/intensity", "/v1/entities/qz",
           "/v1/points/kiln.coal", "/v1/points/kiln.coal/readings", "/v1/points/kiln.coal/energy"]  # fmt: skip


def test_only_the_digest_of_a_token_is_stored(ledger):
    key, token = KeyBookSql(ledger).create(KeyKind.READ, "mill", "lab", 5)
    with ledger.reading() as connection:
        row = connection.execute(select(api_key)).mappings().one()
        audited = connection.execute(select(audit.c.action, audit.c.target)).all()
    assert token.startswith("tc_read_") and len(token) == len("tc_read_") + 43
    assert row["digest"] == hashlib.sha256(token.encode()).hexdigest()
    assert not any(token[8:] in str(value) for value in row.values())
    assert audited == [("key.create", key.id)]


def test_a_revoked_key_is_not_found_and_the_first_revocation_counts(ledger):
    book = KeyBookSql(ledger)
    key, token = book.create(KeyKind.PUSH, "mill", "", 5)
    assert book.find(token) == key
    assert book.revoke(key.id, 9).revoked_at == 9
    assert book.revoke(key.id, 11).revoked_at == 9
    assert book.find(token) is None
    assert [k.id for k in book.list()] == [key.id]
    with pytest.raises(NotFound):
        book.revoke("k000", 9)


def test_two_keys_are_never_the_same(sqlite_ledger):
    book = KeyBookSql(sqlite_ledger)
    made = [book.create(KeyKind.READ, "", "", 1) for _ in range(20)]
    assert len({key.id for key, _ in made}) == len({token for _, token in made}) == 20


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer  ", "Basic abc", "Bearer tc_read_short", "tc_read_" + "a" * 43, "Bearer tc_root_" + "a" * 43]
)
def test_what_is_no_bearer_token_of_ours_is_no_key(header):
    with pytest.raises(NoKey):
        authenticator(lambda token: None, [KeyKind.PUSH])(header)


def test_authenticate_gives_the_caller_of_a_push_key(sqlite_ledger):
    book = KeyBookSql(sqlite_ledger)
    key, token = book.create(KeyKind.PUSH, "mill", "", 1)
    _, reads = book.create(KeyKind.READ, "", "", 1)
    authenticate = authenticator(book.find, [KeyKind.PUSH, KeyKind.ADMIN])
    assert authenticate(f"bearer {token}") == Caller(KeyKind.PUSH, "mill", key.id)
    with pytest.raises(WrongKind):
        authenticate(f"Bearer {reads}")
    with pytest.raises(UnknownKey):
        authenticate("Bearer " + token_text(KeyKind.PUSH, bytes(32)))


@pytest.mark.parametrize("path", READ_ROUTES + ANY_ROUTES)
def test_every_route_wants_a_key(lite, problem, path):
    answer = lite.client.get(path)
    problem(answer, 401, "key-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="tricolor"'


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/activities"), ("POST", "/v1/alerts/1/ack"), ("POST", "/v1/inbox/1/read")])
def test_every_writing_route_wants_a_key(lite, problem, method, path):
    problem(lite.client.request(method, path, json={}), 401, "key-missing")
    problem(lite.client.request(method, path, json={}, headers=lite.headers("read")), 403, "key-kind")


@pytest.mark.parametrize("path", READ_ROUTES)
def test_a_push_key_does_not_read(lite, problem, path):
    body = problem(lite.get(path, "push"), 403, "key-kind")
    assert "push" in body["detail"] and "admin" in body["mend"]


@pytest.mark.parametrize("path", ANY_ROUTES[2:])
@pytest.mark.parametrize("kind", ["admin", "read", "push"])
def test_a_pusher_may_see_what_came_of_its_pushes_and_the_catalogue(lite, path, kind):
    assert lite.get(path, kind).status_code == 200


def test_an_unknown_and_a_revoked_key_get_the_same_401(world, problem):
    headers = world.headers("read")
    key = KeyBookSql(world.ledger).list()[-1]
    assert world.client.get("/v1/entities", headers=headers).status_code == 200
    KeyBookSql(world.ledger).revoke(key.id, world.now)
    revoked = world.client.get("/v1/entities", headers=headers)
    unknown = world.client.get("/v1/entities", headers={"Authorization": "Bearer " + token_text(KeyKind.READ, bytes(32))})
    assert problem(revoked, 401, "key-unknown") == problem(unknown, 401, "key-unknown")
    assert "invalid_token" in revoked.headers["www-authenticate"]


@pytest.mark.parametrize("path", FOREIGN)
def test_what_is_not_a_bound_keys_own_does_not_exist_for_it(lite, problem, path):
    assert lite.get(path).status_code == 200
    theirs = problem(lite.get(path, bound_to="mill"), 404, "not-found")
    nobodys = problem(lite.get(path.replace("kiln", "nobody").replace("/qz", "/nobody"), bound_to="mill"), 404, "not-found")
    assert theirs["detail"].replace("kiln", "nobody").replace("qz", "nobody") == nobodys["detail"]


def test_a_bound_key_lists_its_own_only(lite, verdict):
    lite.judge(verdict("mill"), verdict("kiln"))
    assert [e["id"] for e in lite.get("/v1/entities", bound_to="mill").json()["entities"]] == ["mill"]
    assert [p["id"] for p in lite.get("/v1/points", bound_to="mill").json()["points"]] == ["mill.elec", "mill.steam"]
    assert [light["entity"] for light in lite.get("/v1/lights", bound_to="mill").json()["lights"]] == ["mill"]
    assert [a["entity"] for a in lite.get("/v1/alerts", bound_to="mill").json()["alerts"]] == ["mill"]


def test_a_key_bound_to_a_region_sees_what_lies_in_it(lite):
    assert [e["id"] for e in lite.get("/v1/entities", bound_to="north").json()["entities"]] == ["north", "mill"]


def test_a_key_bound_to_what_left_the_registry_sees_nothing(lite, verdict):
    lite.judge(verdict("mill"))
    lite.deliver("c-mill")
    for path, name in [("/v1/entities", "entities"), ("/v1/points", "points"), ("/v1/lights", "lights"), ("/v1/alerts", "alerts"),
                       ("/v1/inbox", "messages"), ("/v1/quarantine", "quarantine"), ("/v1/activities", "activities")]:  # fmt: skip
        assert lite.get(path, bound_to="gone").json()[name] == [], path
