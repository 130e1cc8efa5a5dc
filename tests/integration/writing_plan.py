"""What the fifty writers of the concurrency tests ask for.

Everything follows from the plan, so that the parent can decide each command again, and a process that was
killed asks for the same things with the same keys.
"""

import random  # noqa: TID251 - seeded commands
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Literal, TypeAlias

from core.domain import commands as cmd
from core.domain.instrument import Exchange
from core.domain.market import Level, MarketState, Timeframe
from core.domain.order import TimeInForce
from core.domain.rules import TradingRules
from tests.builders import BTC, entry, leave, market

Kind: TypeAlias = Literal["create", "withdraw", "everything"]

WRITERS = 50
SHARED_BOTS = 6
SHARED_CAPITAL = Decimal(1_000)
CAPITAL = Decimal(400)
QUANTITY = "6"  # two entries of it are more than a shared bot has, one is well below
SOURCE = "scripted"

#: Only cash, positions and halts may stand in the way.
RULES = TradingRules(
    max_trades_per_bot_daily=1_000_000,
    max_trades_per_user_daily=1_000_000,
    burst_limit_orders=1_000_000,
    burst_window_secs=1,
    max_drawdown=Decimal("0.99"),
    max_daily_loss=Decimal("0.99"),
    max_consecutive_losses=1_000_000,
)

_RECENT = 5  # of everyone's commands, those whose orders are filled or taken back
_CROWD = 5  # writers on the same user of many at about the same time


@dataclass(frozen=True, slots=True)
class Plan:
    """What all writers of a run do.

    `create` and `withdraw` take the same sum of free cash with every command; `everything` mixes all commands.
    """

    seed: int
    users: int
    commands: int
    kind: Kind

    def user_ids(self) -> list[str]:
        """Whose journals are written to."""
        return [_uuid(f"{self.seed}:user:{number}") for number in range(self.users)]

    def ask(self, writer: int, number: int) -> "Ask":
        """The command a writer gives as its `number`th, always the same."""
        user, key = self._user(writer, number), f"w{writer}:{number}"
        label = _label_of(self.seed, self.kind, key)
        if label in _AFTER:
            earlier = self._earlier(writer, number, user, _AFTER[label])
            if earlier is not None:
                return Ask(user, key, self._follow_up(label, earlier))
            label = _AFTER[label]
        if label == "create":
            return Ask(user, key, new_bot(self._own_bot(key), f"Own {key}", CAPITAL))
        chance = self._chance(key)
        return Ask(user, key, _COMMANDS[label](chance, shared_bot(user, chance.randrange(SHARED_BOTS)), key))

    def _earlier(self, writer: int, number: int, user: str, label: str) -> str | None:
        """Key of a command of that kind for that user: the writer's last one, or what anyone may have rested lately."""
        if label == "rest":
            recent = [(w, n) for n in range(max(0, number - _RECENT), number) for w in range(WRITERS)]
        else:
            recent = [(writer, n) for n in range(number)]
        known = [f"w{w}:{n}" for w, n in recent if self._user(w, n) == user and self._is(label, f"w{w}:{n}")]
        if not known:
            return None
        return known[-1] if label == "create" else self._chance(f"w{writer}:{number}:of").choice(known)

    def _is(self, label: str, key: str) -> bool:
        return _label_of(self.seed, self.kind, key) == label

    def _follow_up(self, label: str, earlier: str) -> cmd.Command:
        """What is done to a bot or an order that an earlier command made, if it did."""
        if label == "stop":
            return cmd.StopBot(self._own_bot(earlier), "test", "done")
        if label == "take back":
            return cmd.CancelOrder(f"order-{earlier}", "test", "changed mind")
        writer, number = earlier.removeprefix("w").split(":")
        rested = self.ask(int(writer), int(number)).command
        assert isinstance(rested, cmd.SubmitOrder)
        traded = Level(Decimal(89), Decimal(self._chance(earlier).choice((2, 4, 1_000))))
        through = replace(market("89", "90"), trades=(traded,))
        return cmd.FillResting(rested.request.bot_id, rested.order_id, through, BTC, None, 0)

    def _user(self, writer: int, number: int) -> str:
        return _uuid(f"{self.seed}:user:{(writer // _CROWD + WRITERS // _CROWD * number) % self.users}")

    def _own_bot(self, key: str) -> str:
        return _uuid(f"{self.seed}:{key}")

    def _chance(self, key: str) -> random.Random:
        return random.Random(f"{self.seed}:{key}")  # noqa: S311 - not cryptography


@dataclass(frozen=True, slots=True)
class Ask:
    """A command for one user's journal under its key."""

    user_id: str
    key: str
    command: cmd.Command


def shared_bot(user_id: str, number: int) -> str:
    """Id of a bot that all writers trade with."""
    return _uuid(f"{user_id}:shared:{number}")


def new_bot(bot_id: str, name: str, capital: Decimal) -> cmd.CreateBot:
    """A bot on BTC."""
    return cmd.CreateBot(
        bot_id=bot_id,
        name=name,
        exchange=Exchange.BINANCE,
        symbol=BTC.symbol,
        strategy="ema_cross",
        parameters={"fast": 9, "slow": 21},
        timeframe=Timeframe.M1,
        risk_mode="balanced",
        capital=capital,
        actor="test",
    )


def _book(chance: random.Random) -> MarketState:
    mid = Decimal(chance.randint(9_500, 10_500)) / 100
    return market(str(mid - Decimal("0.01")), str(mid + Decimal("0.01")), size="1000")


def _rest(bot: str, key: str) -> cmd.Command:
    order = entry(market("99.99", "100.01", size="1000"), QUANTITY, bot_id=bot, key=key)
    limit = replace(order.request, limit_price=Decimal(90), time_in_force=TimeInForce.GTC)
    return replace(order, request=limit)


#: A command that needs an earlier one of the same writer: without one, that one is given.
_AFTER = {"stop": "create", "fill": "rest", "take back": "rest"}

_WEIGHTS = {
    "enter": 24,
    "rest": 16,
    "fill": 10,
    "take back": 6,
    "cool down": 2,
    "leave": 18,
    "create": 16,
    "stop": 10,
    "allocate": 6,
    "release": 6,
    "withdraw": 5,
    "fund": 9,
    "resume": 4,
    "pause": 3,
    "lift": 2,
    "halt": 1,
}
_COMMANDS: dict[str, Callable[[random.Random, str, str], cmd.Command]] = {
    "enter": lambda chance, bot, key: entry(_book(chance), QUANTITY, bot_id=bot, key=key),
    "rest": lambda _, bot, key: _rest(bot, key),
    "cool down": lambda chance, bot, _: cmd.SetCooldown(bot, chance.choice((0, 0, 5)), "test"),
    "leave": lambda chance, bot, key: leave(_book(chance), bot_id=bot, key=key),
    "allocate": lambda chance, bot, _: cmd.Allocate(bot, Decimal(chance.randint(1, 200)), "test"),
    "release": lambda _, bot, __: cmd.Release(bot, SHARED_CAPITAL / 2, "test"),
    "withdraw": lambda _, __, ___: cmd.Withdraw(CAPITAL, "USDT", "test"),
    "fund": lambda chance, _, __: cmd.Fund(Decimal(chance.randint(1, 400)), "USDT"),
    "resume": lambda _, bot, __: cmd.ResumeBot(bot, SOURCE, "test"),
    "pause": lambda _, bot, __: cmd.PauseBot(bot, "test", "rest"),
    "lift": lambda _, __, ___: cmd.ResumeTrading("test"),
    "halt": lambda _, __, ___: cmd.HaltTrading("test", "stop"),
}


@cache
def _label_of(seed: int, kind: Kind, key: str) -> str:
    """What kind of command has this key."""
    chance = random.Random(f"{seed}:{key}:kind")  # noqa: S311 - not cryptography
    return kind if kind != "everything" else chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]


@cache
def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=random.Random(text).randbytes(16), version=4))  # noqa: S311 - not cryptography
