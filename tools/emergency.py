"""The emergency stop and its lifting."""

from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import EmergencyStop, NoArguments
from tools.context import Caller
from tools.results import Resumed, Stopped

PHRASE = "CONFIRM EMERGENCY STOP"


async def propose_stop(services: Services, caller: Caller, args: EmergencyStop) -> Proposal:
    """Say what halts, and what is sold."""
    state = await services.writer.account(caller.principal.user_id)
    running = sum(1 for bot in state.bots.values() if bot.status.value == "running")
    held = sum(1 for bot in state.bots.values() if not bot.flat)
    sells = f"Open positions sold at market: {held}." if args.flatten else "Open positions keep their stops."
    return Proposal(
        tool="emergency_stop",
        arguments=args.model_dump(mode="json"),
        title="Emergency stop",
        effect=(f"Halts all trading at once; bots running now: {running}.", sells, "“Resume trading” lifts it later."),
        basis={},
        phrase=PHRASE,
    )


async def stop(services: Services, caller: Caller, args: EmergencyStop, key: str) -> Stopped:
    """Halt, and flatten if asked."""
    principal = caller.principal
    report = await services.emergency.stop(principal.user_id, actor=principal.email, flatten=args.flatten, key=key)
    return Stopped(report)


async def propose_resume(services: Services, caller: Caller, _: NoArguments) -> Proposal:
    """Say what lifting the halt does not do."""
    state = await services.writer.account(caller.principal.user_id)
    halted = "yes" if state.halted else "no"
    effect = ("Lifts the emergency stop.", "Bots stay paused until you resume them.")
    return Proposal("resume_trading", {}, "Resume trading", effect, {"halted": halted}, None)


async def resume(services: Services, caller: Caller, _: NoArguments, key: str) -> Resumed:
    """Lift the halt."""
    principal = caller.principal
    return Resumed(await services.emergency.resume(principal.user_id, actor=principal.email, key=key))
