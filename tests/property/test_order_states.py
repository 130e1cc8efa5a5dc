"""No sequence of triggers leads out of a final order state, nor of a stopped bot (spec/pipeline.md, spec/bots.md)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import bot as life
from core.domain.errors import Conflict, IntegrityError
from core.domain.order_status import FINAL, OrderStatus, Trigger, after


@settings(max_examples=1_000, derandomize=True)
@given(st.lists(st.sampled_from(Trigger), max_size=12))
def test_an_order_ends_once_and_stays_ended(triggers: list[Trigger]):
    status, filled = OrderStatus.INITIALIZED, False
    for trigger in triggers:
        try:
            moved = after(status, trigger)
        except IntegrityError:
            continue
        assert status not in FINAL
        assert moved is not OrderStatus.INITIALIZED
        filled = filled or trigger in {Trigger.FILL, Trigger.FILL_PART}
        status = moved
    assert not (filled and status in {OrderStatus.DENIED, OrderStatus.REJECTED})


@settings(max_examples=1_000, derandomize=True)
@given(st.lists(st.sampled_from(life.Move), max_size=12))
def test_a_bot_stays_stopped_and_runs_only_by_start_or_resume(moves: list[life.Move]):
    status = life.BotStatus.CREATED
    for move in moves:
        try:
            moved = life.after(status, move, "Alpha")
        except Conflict:
            continue
        assert status is not life.BotStatus.STOPPED
        if moved is life.BotStatus.RUNNING:
            assert move in {life.Move.START, life.Move.RESUME}
        status = moved
