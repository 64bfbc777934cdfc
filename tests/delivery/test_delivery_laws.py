"""Laws of limits and of grouping, over whatever hypothesis thinks of."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.dispatch import fate_of, still_to_tell
from tests.delivery.conftest import POLICY, T0, S, matter_of
from tricolor.catalogue.grouping import grouping_policy, red_unsent_s
from tricolor.domain.alerts import Why
from tricolor.domain.buckets import GRAINS, Bucket, admitted, at_now, free, free_at, spend
from tricolor.domain.channel_facts import ChannelLimit
from tricolor.domain.grouping import STORM, Past, plan, rank_of
from tricolor.domain.lights import Light
from tricolor.domain.notices import Notice, NoticeRow, NoticeState
from tricolor.domain.notifications import Recipient
from tricolor.ports_delivery import Stand

limits = st.builds(
    ChannelLimit, st.booleans(), st.integers(1, 200), st.sampled_from([1.0, 60.0, 3600.0, 86_400.0]), st.integers(0, 5), st.just(""), st.just("")
)
steps = st.lists(st.tuples(st.integers(0, 4000 * S), st.booleans()), max_size=60)


def spent_by(limit: ChannelLimit, tries: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """When messages went, asking at growing times."""
    bucket, now, went = Bucket(), T0, []
    for later, for_red in tries:
        now += later
        bucket = at_now(bucket, limit, now)
        if free(bucket, limit, for_red=for_red) > 0:
            bucket = spend(bucket, limit)
            went.append((now, for_red))
    return went


@given(limits, steps)
def test_no_span_ever_sees_more_than_the_limit(limit, tries):
    went = [at for at, _ in spent_by(limit, tries)]
    span = round(limit.per_s * S)
    for n, at in enumerate(went):
        assert sum(at <= other < at + span for other in went[n:]) <= limit.count


@given(limits, steps)
def test_what_is_not_red_leaves_the_reserve(limit, tries):
    went = spent_by(limit, tries)
    span = round(limit.per_s * S)
    for n, (at, for_red) in enumerate(went):
        if not for_red:
            before = sum(at - span < other <= at for other, _ in went[: n + 1])
            assert before <= limit.count - min(limit.red_reserve, limit.count)


@given(limits, st.lists(st.integers(-4000 * S, 4000 * S), min_size=1, max_size=60))
def test_a_clock_that_jumps_back_neither_makes_nor_loses_tokens(limit, jumps):
    bucket, now = at_now(Bucket(), limit, T0), T0
    for jump in jumps:
        bucket = spend(bucket, limit) if free(bucket, limit, for_red=True) > 0 else bucket
        before = free(bucket, limit, for_red=True)
        now += jump
        bucket = at_now(bucket, limit, now)
        after = free(bucket, limit, for_red=True)
        assert 0 <= after <= limit.count and (after == before if jump <= 0 else after >= before)


@given(limits, steps, st.booleans())
def test_a_message_may_go_at_the_time_that_is_named_and_not_before(limit, tries, for_red):
    limit = replace(limit, red_reserve=min(limit.red_reserve, limit.count - 1))
    bucket, now = Bucket(), T0
    for later, _ in tries:
        now += later
        bucket = at_now(bucket, limit, now)
        bucket = spend(bucket, limit) if free(bucket, limit, for_red=True) > 0 else bucket
    bucket = at_now(bucket, limit, now)
    at = free_at(bucket, limit, for_red=for_red)
    assert free(at_now(bucket, limit, at), limit, for_red=for_red) >= 1
    if at > now:
        assert free(at_now(bucket, limit, at - 1), limit, for_red=for_red) <= 0


@given(st.lists(limits, min_size=1, max_size=4), st.lists(st.integers(0, 600 * S), max_size=80))
@settings(max_examples=50)
def test_several_limits_at_once_hold_each(several, waits):
    named = {f"{n}": limit for n, limit in enumerate(several)}
    buckets: dict[str, Bucket] = {}
    now, went = T0, []
    for wait in waits:
        now += wait
        buckets, at, name = admitted(buckets, named, now, for_red=True)
        assert bool(name) == (at > now)
        went += [] if name else [now]
    for limit in several:
        span = round(limit.per_s * S)
        assert all(sum(at <= other < at + span for other in went) <= limit.count for at in went)
    assert all(len(bucket.spent) <= max(limit.count, GRAINS + 2) for limit, bucket in zip(several, buckets.values(), strict=False))


def test_a_day_of_large_traffic_is_remembered_in_a_small_row():
    limit, bucket = ChannelLimit(False, 100_000, 86_400.0, 0, "", ""), Bucket()
    for n in range(50_000):
        bucket = spend(at_now(bucket, limit, T0 + n * S), limit)
    assert len(bucket.spent) <= GRAINS + 1 and sum(n for _, n in bucket.spent) == 50_000


# grouping


def always(_channel):
    return POLICY


LIGHTS = (Light.RED, Light.ORANGE, Light.YELLOW)


@st.composite
def notices(draw):
    count = draw(st.integers(0, 30))
    rows = []
    for n in range(count):
        to = Recipient("sms", f"000-0000-000{draw(st.integers(1, 3))}", "li")
        why = draw(st.sampled_from([Why.OPENED, Why.WORSENED, Why.RESOLVED]))
        matter = matter_of(draw(st.integers(1, 20)), why, draw(st.sampled_from(LIGHTS)))
        made = Notice(to, f"o{draw(st.integers(1, 20))}", matter, T0)
        rows.append(NoticeRow(n + 1, n + 1, made, NoticeState.WAITING, T0 - draw(st.integers(0, 400)) * S))
    return rows


@st.composite
def pasts(draw):
    found = {}
    for n in range(1, 4):
        sent = tuple((T0 - draw(st.integers(-10, 4000)) * S, draw(st.integers(0, 3))) for _ in range(draw(st.sampled_from([0, 1, 11, 12, 13]))))
        last = {(f"o{draw(st.integers(1, 20))}", rank): at for at, rank in sent}
        unsent = frozenset(draw(st.lists(st.tuples(st.just("o1"), st.integers(0, 3)), max_size=2)))
        found[("sms", f"000-0000-000{n}")] = Past(sent, last, unsent)
    return found


@given(notices(), pasts())
@settings(max_examples=40)
def test_every_notice_is_in_exactly_one_message_or_waits_for_a_named_moment(rows, past):
    groups, later = plan(rows, past, always, T0)
    seen = Counter(row.id for group in groups for row in group.notices) + Counter(row.id for hold in later for row in hold.notices)
    assert seen == Counter(row.id for row in rows)
    assert all(hold.until > T0 and not hold.why for hold in later)
    assert all(len({(r.notice.to.channel, r.notice.to.address) for r in group.notices}) == 1 for group in groups)
    assert all(group.is_storm or len({r.notice.owner for r in group.notices}) == 1 for group in groups)


@given(notices(), pasts())
@settings(max_examples=40)
def test_an_address_gets_no_more_messages_an_hour_than_the_storm_allows_but_summaries(rows, past):
    groups, _ = plan(rows, past, always, T0)
    for address in {(g.key.channel, g.key.address) for g in groups}:
        before = [(at, rank) for at, rank in past.get(address, Past()).sent if T0 - 3600 * S < at <= T0]
        mine = [g for g in groups if (g.key.channel, g.key.address) == address]
        reds, others = [[g for g in mine if (g.rank == 0) is is_red and not g.is_storm] for is_red in (True, False)]
        red_before = [at for at, rank in before if rank == 0]
        assert len(reds) <= max(0, POLICY.storm_count - len(red_before)) and len(others) <= max(0, POLICY.storm_count - len(before))
        summaries = [g for g in mine if g.is_storm]
        assert len(summaries) <= 1
        for bounding in (red_before if g.rank == 0 else [at for at, _ in before] for g in summaries):
            assert len(bounding) < POLICY.storm_count or T0 - max(bounding) >= POLICY.storm_interval_s * S


@given(notices(), pasts())
@settings(max_examples=40)
def test_red_goes_first_and_at_once_where_nothing_went_before(rows, past):
    groups, _ = plan(rows, past, always, T0)
    ranks = [group.rank for group in groups]
    assert ranks == sorted(ranks)
    fresh = plan(rows, {}, always, T0)
    assert all(rank_of(row) > 0 for hold in fresh[1] for row in hold.notices)


@given(notices(), pasts())
@settings(max_examples=40)
def test_what_waits_goes_within_the_longest_interval_once_the_queue_is_free(rows, past):
    """Nothing is held for ever: asked again at the named moments, everything is told in the end."""
    left, now, told = list(rows), T0, 0
    past = {key: replace(each, unsent=frozenset()) for key, each in past.items()}
    for _ in range(40):
        groups, later = plan(left, past, always, now)
        told += sum(len(group.notices) for group in groups)
        for group in groups:
            key = (group.key.channel, group.key.address)
            old = past.get(key, Past())
            past[key] = Past((*old.sent, (now, group.rank)), {**old.last_at, (group.key.owner, group.rank): now})
        left = [row for hold in later for row in hold.notices]
        if not left:
            break
        now = min(hold.until for hold in later)
    assert told == len(rows) and now <= T0 + 9000 * S


def test_a_storm_names_everything_that_is_left_in_one_summary():
    rows = [
        NoticeRow(n, n, Notice(Recipient("sms", "000-0000-0001", "li"), f"o{n}", matter_of(n), T0), NoticeState.WAITING, T0) for n in range(1, 101)
    ]
    groups, later = plan(rows, {}, always, T0)
    assert sorted(g.is_storm for g in groups) == [*[False] * 11, True] and later == []
    [storm] = [g for g in groups if g.is_storm]
    assert storm.key.owner == STORM and len(storm.notices) == 89


@given(notices(), st.lists(st.tuples(st.integers(1, 20), st.booleans(), st.booleans(), st.integers(0, 60)), max_size=20))
def test_each_notice_is_told_or_has_a_named_end(rows, stands):
    known = {
        n: Stand(is_open, is_acked, {("sms", "000-0000-0001"): event} if event else {}) for n, is_open, is_acked, event in stands
    }  # fmt: skip
    told, ended = still_to_tell(rows, known)
    seen = Counter(row.id for row in told) + Counter(row.id for each in ended for row in each.notices)
    assert seen == Counter(row.id for row in rows) and all(each.why for each in ended)
    assert len({(r.notice.matter.alert_id, r.notice.to.address) for r in told}) == len(told)
    for row in told:
        stand = known.get(row.notice.matter.alert_id)
        if stand is not None and row.notice.matter.why is Why.RESOLVED:
            assert (row.notice.to.channel, row.notice.to.address) in stand.told
        assert fate_of(row, stand) is None


def test_what_ships_is_what_the_issue_asks_for():
    policy = grouping_policy()
    assert (policy.waits[0].wait_s, policy.waits[0].interval_s) == (0, 60) and (policy.waits[2].wait_s, policy.waits[2].interval_s) == (30, 300)
    assert policy.storm_count >= 1 and red_unsent_s() == 300


def test_yellow_messages_never_keep_a_red_waiting():
    sent = tuple((T0 - n * S, 2) for n in range(20))
    row = NoticeRow(1, 1, Notice(Recipient("sms", "000-0000-0001", "li"), "o1", matter_of(1), T0), NoticeState.WAITING, T0)
    groups, later = plan([row], {("sms", "000-0000-0001"): Past(sent)}, always, T0)
    assert [g.rank for g in groups] == [0] and later == []


def test_a_channel_that_lets_five_an_hour_through_shares_them_and_keeps_some():
    # five an hour: two for single groups (0.4 of 5), the other three for summaries, one in 3 600/3 = 1 200 s; one a minute allows 60 an hour
    limits = [ChannelLimit(True, 1, 60.0, 0, "", ""), ChannelLimit(True, 5, 3600.0, 2, "", ""), ChannelLimit(False, 1, 1.0, 0, "", "")]
    scarce = POLICY.within(limits)
    assert (scarce.storm_count, scarce.storm_interval_s, scarce.burst) == (2, 1200.0, 1)
    assert POLICY.within(limits[:1]) == POLICY and POLICY.within([]) == POLICY
