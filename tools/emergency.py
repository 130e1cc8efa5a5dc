"""The emergency stop and its lifting, of a person and of everybody."""

from core.domain.errors import Conflict
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import EmergencyStop, GlobalStop, NoArguments
from tools.context import Caller
from tools.results import GloballyResumed, GloballyStopped, Resumed, Stopped

PHRASE = "CONFIRM EMERGENCY STOP"
GLOBAL_PHRASE = "CONFIRM GLOBAL STOP"


async def propose_stop(services: Services, caller: Caller, args: EmergencyStop) -> Proposal:
    """Say what halts, and what is sold."""
    state = await services.writer.account(caller.principal.user_id)
    running = sum(1 for bot in state.bots.values() if bot.status.value == "running" and not bot.manual)
    held = sum(1 for bot in state.bots.values() if not bot.flat)
    working = f"Working orders taken back: {len(state.working)}."
    sells = f"Open positions sold at market: {held}." if args.flatten else "Open positions keep their stops."
    return Proposal(
        tool="emergency_stop",
        arguments=args.model_dump(mode="json"),
        title="Emergency stop",
        effect=(
            f"Halts all trading at once; bots running now: {running}.",
            working,
            sells,
            "“Resume trading” lifts it later.",
        ),
        basis={},
        phrase=PHRASE,
    )


async def stop(services: Services, caller: Caller, args: EmergencyStop, key: str) -> Stopped:
    """Halt, and flatten if asked."""
    principal = caller.principal
    report = await services.emergency.stop(principal.user_id, actor=principal.email, flatten=args.flatten, key=key)
    return Stopped(report)


async def propose_resume(services: Services, caller: Caller, _: NoArguments) -> Proposal:
    """Say what lifting the halt does not do.

    Raises:
        Conflict: the person has not halted their trading.
    """
    state = await services.writer.account(caller.principal.user_id)
    if not state.user_halted:
        if state.system_halted or services.modes.halted:
            raise Conflict("An admin has halted the trading of everybody; only an admin can lift that.")
        raise Conflict("Your trading is not halted, so there is nothing to lift.")
    effect = ["Lifts your emergency stop.", "Bots stay paused until you resume them."]
    if state.system_halted or services.modes.halted:
        effect.append("An admin has halted the trading of everybody; that stays.")
    return Proposal("resume_trading", {}, "Resume trading", tuple(effect), {"halted": "yes"}, None)


async def resume(services: Services, caller: Caller, _: NoArguments, key: str) -> Resumed:
    """Lift the halt."""
    principal = caller.principal
    return Resumed(await services.emergency.resume(principal.user_id, actor=principal.email, key=key))


async def propose_stop_everybody(services: Services, caller: Caller, args: GlobalStop) -> Proposal:
    """Say whom it halts."""
    del caller
    people = len(await services.accounts.all_ids())
    return Proposal(
        tool="global_emergency_stop",
        arguments=args.model_dump(mode="json"),
        title="Stop the trading of everybody",
        effect=(
            f"Halts all trading at once, of all {people} people; no order to buy passes anywhere.",
            "Open positions keep their stops; everybody can still sell.",
            f"Reason, which everybody's ledger records: {args.reason}",
            "“Resume the trading of everybody” lifts it later.",
        ),
        basis={},
        phrase=GLOBAL_PHRASE,
    )


async def stop_everybody(services: Services, caller: Caller, args: GlobalStop, key: str) -> GloballyStopped:
    """Halt everybody."""
    return GloballyStopped(await services.global_stop.stop(caller.principal.email, args.reason, key))


async def propose_resume_everybody(services: Services, caller: Caller, _: NoArguments) -> Proposal:
    """Say what lifting the halt of everybody does not do.

    Raises:
        Conflict: nobody halted everybody.
    """
    del caller
    mode = await services.global_stop.mode()
    if not mode.halted:
        raise Conflict("Trading is not halted for everybody, so there is nothing to lift.")
    effect = (
        f"Lifts the stop that {mode.actor} made: {mode.reason}",
        "Who stopped their own trading stays stopped; bots stay paused until their owners resume them.",
    )
    return Proposal("global_resume", {}, "Resume the trading of everybody", effect, {"halted": "yes"}, None)


async def resume_everybody(services: Services, caller: Caller, _: NoArguments, key: str) -> GloballyResumed:
    """Lift the halt of everybody."""
    return GloballyResumed(await services.global_stop.resume(caller.principal.email, key))
