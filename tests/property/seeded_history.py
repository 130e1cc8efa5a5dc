"""A history of orders of all kinds from one seed, as a program: prints the SHA-256 of its journal's bytes."""

import hashlib
import random  # noqa: TID251 - seeded history
import sys
from decimal import Decimal

from core.domain import commands as cmd
from core.domain.journal import canonical
from core.domain.market import Sampling
from core.domain.order import Side, TimeInForce
from tests.builders import dec
from tests.property.pipeline_world import ACTOR, SOURCE, PipelineWorld


def play(seed: int, steps: int = 400) -> PipelineWorld:
    """The same world for the same seed."""
    chance, world = random.Random(seed), PipelineWorld()  # noqa: S311 - not cryptography
    for _ in range(steps):
        tape = [(chance.randrange(-3_000, 3_000), chance.randrange(1, 4_000)) for _ in range(chance.randrange(4))]
        sampling = chance.choice([Sampling.BOOK, Sampling.BOOK, Sampling.QUOTE])
        sizes = [chance.randrange(1, 40_000) for _ in range(3)]
        world.moves(chance.randrange(-60, 61), chance.randrange(300), tape, (chance.randrange(1, 30), sizes, sampling))
        world.fill_resting(dec(0))
        world.protective_exits()
        _order(chance, world)
        if chance.random() < 0.1:
            _go_on(world)
    return world


def _order(chance: random.Random, world: PipelineWorld) -> None:
    bot = chance.choice([world.living["one"], world.living["two"], world.manual()])
    limit = world.mid - chance.randrange(-200, 3_000) * dec("0.0101") if chance.random() < 0.6 else None
    rests = limit is not None and chance.random() < 0.8
    in_force = TimeInForce.GTC if rests else chance.choice([TimeInForce.IOC, TimeInForce.FOK])
    if chance.random() < 0.6:
        amount = Decimal(chance.randrange(10, 2_000))
        terms = {"notional": amount, "take_profit_bps": dec(300), "stop_loss_bps": dec(150), "limit_price": limit}
        world.run(world.order(bot, Side.BUY, world.market(), time_in_force=in_force, **terms))
    else:
        market = world.market() if chance.random() < 0.8 else None
        world.run(world.order(bot, Side.SELL, market, limit_price=limit, time_in_force=in_force))


def _go_on(world: PipelineWorld) -> None:
    for bot in list(world.state.bots.values()):
        world.run(cmd.ResetBreaker(bot.bot_id, ACTOR, "seen"))
        world.run(cmd.ResumeBot(bot.bot_id, SOURCE, ACTOR))
    world.run(cmd.ResetBreaker(None, ACTOR, "seen"))


def journal_hash(world: PipelineWorld) -> str:
    """Over the canonical bytes of all documents."""
    return hashlib.sha256(b"\n".join(canonical(document) for document in world.chain.documents)).hexdigest()


if __name__ == "__main__":
    sys.stdout.write(journal_hash(play(int(sys.argv[1]))))
