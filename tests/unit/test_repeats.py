"""A key that was used before stands for the same request only (spec/pipeline.md, idempotency)."""

from dataclasses import replace

import pytest

from core.domain import commands as cmd
from core.domain import events as ev
from core.domain.instrument import Exchange
from core.domain.market import Timeframe
from core.services.repeats import is_result_of
from tests.builders import BOT, Chain, bot_created, dec, funded

CREATE = cmd.CreateBot(
    "another id",
    "A",
    Exchange.BINANCE,
    "BTC/USDT",
    "ema_cross",
    {"fast": 9, "slow": 21},
    Timeframe.M1,
    "balanced",
    dec(1000),
    "ann",
)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (cmd.Fund(dec(100), "USDT", "ann"), funded("100")),
        (cmd.Allocate(BOT, dec(5), "ann"), ev.Allocated(BOT, dec(5), dec("4.9"), {}, "ann")),
        (
            cmd.Convert(dec(5), "USDT", "BTC", dec(10), "ann"),
            ev.Converted(dec(5), "USDT", dec("0.0001"), "BTC", dec(0), dec("0.00002"), {}, "ann"),
        ),
        (CREATE, bot_created("1000")),
        (cmd.PauseBot(BOT, "ann", "x"), ev.BotPaused(BOT, "ann", "y")),
    ],
)
def test_a_repeated_request_gets_its_recorded_result(command: cmd.Command, payload: ev.Payload):
    assert is_result_of(command, payload)


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        (cmd.Fund(dec(999), "USDT", "ann"), funded("100")),
        (cmd.Fund(dec(100), "EUR", "ann"), funded("100")),
        (cmd.Withdraw(dec(100), "USDT", "ann"), funded("100")),
        (cmd.Allocate("b", dec(5), "ann"), ev.Allocated(BOT, dec(5), dec(5), {}, "ann")),
        (replace(CREATE, capital=dec(999)), bot_created("1000")),
        (cmd.PauseBot("b", "ann", "x"), ev.BotPaused(BOT, "ann", "x")),
    ],
)
def test_another_request_is_not_answered_with_an_old_result(command: cmd.Command, payload: ev.Payload):
    assert not is_result_of(command, payload)


def test_a_reversal_is_known_by_what_it_reverses():
    chain = Chain()
    first, second = chain.add(funded("100")), chain.add(funded("50"))
    chain.run(cmd.Reverse(second, "ann", "typo"))
    recorded = chain.events()[-1].payload
    assert is_result_of(cmd.Reverse(second, "ann", "typo"), recorded)
    assert not is_result_of(cmd.Reverse(first, "ann", "typo"), recorded)
