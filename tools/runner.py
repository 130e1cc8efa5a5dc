"""Calling tools: permission fresh from the store, arguments validated, consequences confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog
from pydantic import ValidationError

from core.domain.confirmation import Answer, ConfirmationRecord, ConfirmationStatus, check_answer
from core.domain.errors import Conflict, Forbidden, InvalidInput, NotAuthenticated, NotFound, Unavailable
from core.ports import StoreUnavailable
from core.services.confirmations import Proposal
from core.services.services import Services
from tools.arguments import Arguments
from tools.catalog import CATALOG
from tools.context import Caller, Principal
from tools.definitions import ActTool, ReadTool, Tool
from tools.results import HelpText, Result, was_refused
from tools.spec import Level, ToolSpec

_log = structlog.get_logger(__name__)

#: Refusals that the same request would meet again: it must not be tried once more after a restart.
_FINAL = (Conflict, InvalidInput, Forbidden, NotFound, Unavailable)

#: How long after its card has expired an approved command is still run by a restart.
_RECOVERABLE = timedelta(minutes=10)

UNKNOWN = "That is not something I can do for you."


class ToolRunner:
    """The only door to the tools, for chat, model and API alike."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._running: set[str] = set()

    def offered(self, caller: Caller) -> Sequence[ToolSpec]:
        """Tools this person may use, by the role they had when the turn began."""
        return [tool.spec for tool in CATALOG.values() if _permits(caller.principal, tool)]

    async def call(self, caller: Caller, name: str, raw: Mapping[str, Any]) -> Result | ConfirmationRecord:
        """Run a tool that needs no confirmation, or store the proposal of one that does.

        Raises:
            Forbidden: unknown to this person, or not theirs to use.
            InvalidInput: the arguments are wrong; the message says which.
            ProductError: whatever the tool itself refuses.
        """
        caller, tool = await self._permitted(caller, name)
        arguments = parse_arguments(tool.spec, raw)
        if isinstance(tool, ReadTool):
            result = await tool.read(self._services, caller, arguments)
            if isinstance(result, HelpText) and result.topic is None:
                return replace(result, tools=tuple(self.offered(caller)))
            return result
        if tool.spec.level is Level.NONE:
            return await tool.run(self._services, caller, arguments, f"call:{self._services.ids.new()}")
        return await self._propose(caller, tool, arguments)

    async def _propose(self, caller: Caller, tool: ActTool, arguments: Arguments) -> Result | ConfirmationRecord:
        if tool.propose is None:
            raise Forbidden(UNKNOWN)
        proposal = await tool.propose(self._services, caller, arguments)
        if not isinstance(proposal, Proposal):
            return proposal
        principal = caller.principal
        return await self._services.confirmations.propose(principal.user_id, caller.conversation_id, proposal)

    async def confirm(self, caller: Caller, confirmation_id: str, phrase: str | None) -> Result | ConfirmationRecord:
        """A person's yes: consume the stored proposal once and run exactly what it holds.

        Gives a fresh proposal instead when the state it was made on has moved (never for stops).

        Raises:
            Conflict, InvalidInput, NotFound: nothing was done; the message says why.
        """
        record = await self._services.confirmations.get(confirmation_id)
        caller, tool = await self._permitted(caller, record.tool)
        if not isinstance(tool, ActTool):
            raise Conflict("That confirmation is for something that needs none. Nothing was done.")
        answer = Answer(caller.principal.user_id, caller.conversation_id, phrase)
        now = self._services.clock.now()
        if record.status is ConfirmationStatus.APPROVED and confirmation_id not in self._running:
            # Approved, but whether it ran is not known (the store was away): its key makes repeating it safe.
            check_answer(replace(record, status=ConfirmationStatus.PENDING), answer, now)
            return await self._run(caller, tool, record)
        # Before looking at the state again: what was answered already must say so, whatever became of it.
        check_answer(record, answer, now)
        if tool.propose is not None:
            arguments = parse_arguments(tool.spec, record.arguments)
            present = await tool.propose(self._services, caller, arguments)
            # What would come to nothing by now is run all the same: its answer says why.
            if isinstance(present, Proposal) and tool.moved(record.basis, present.basis):
                await self._services.confirmations.cancel(confirmation_id, answer)
                return await self._services.confirmations.propose(
                    answer.user_id, caller.conversation_id, replace(present, title=f"{present.title} (changed)")
                )
        # From before the approval is durable: whoever sees it approved meanwhile must not take it for left over.
        self._running.add(confirmation_id)
        try:
            approved = await self._services.confirmations.approve(confirmation_id, answer)
            return await self._run(caller, tool, approved)
        finally:
            self._running.discard(confirmation_id)

    async def cancel(self, caller: Caller, confirmation_id: str) -> ConfirmationRecord:
        """A person's no."""
        answer = Answer(caller.principal.user_id, caller.conversation_id, None)
        return await self._services.confirmations.cancel(confirmation_id, answer)

    async def recover(self) -> list[str]:
        """Run what was approved before a crash and may not have run; gives the tools that were run.

        What is refused now is put away for good and does not keep the others from running, and so is what was
        approved long ago: nobody expects it to happen any more.

        Raises:
            StoreUnavailable: the store is away.
        """
        ran: list[str] = []
        for record in await self._services.confirmations.unfinished():
            user = await self._services.accounts.current(record.user_id)
            tool = CATALOG.get(record.tool)
            principal = None if user is None or user.disabled else Principal(user.user_id, user.email, user.role)
            lapsed = self._services.clock.now() > record.expires_at + _RECOVERABLE
            if lapsed or principal is None or not isinstance(tool, ActTool) or not _permits(principal, tool):
                _log.warning("a confirmed command was not run any more", tool=record.tool, lapsed=lapsed)
                await self._services.confirmations.done(record, refused=True)
                continue
            try:
                await self._run(Caller(principal, record.conversation_id), tool, record)
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - one broken command must not keep the program from starting
                _log.warning("a confirmed command failed after a restart", tool=record.tool, problem=repr(error))
            else:
                ran.append(record.tool)
        return ran

    async def _run(self, caller: Caller, tool: ActTool, record: ConfirmationRecord) -> Result:
        key = f"confirmation:{record.confirmation_id}"
        self._running.add(record.confirmation_id)
        try:
            arguments = parse_arguments(tool.spec, record.arguments)
            result = await tool.run(self._services, caller, arguments, key)
        except _FINAL:
            await self._services.confirmations.done(record, refused=True)
            raise
        finally:
            self._running.discard(record.confirmation_id)
        await self._services.confirmations.done(record, refused=was_refused(result))
        return result

    async def _permitted(self, caller: Caller, name: str) -> tuple[Caller, Tool]:
        """The caller as the store knows them now, and the tool if it is theirs to use."""
        user = await self._services.accounts.current(caller.principal.user_id)
        if user is None or user.disabled:
            raise NotAuthenticated("This account cannot be used any more. Log in again.")
        fresh = replace(caller, principal=Principal(user.user_id, user.email, user.role))
        tool = CATALOG.get(name)
        if tool is None or not _permits(fresh.principal, tool):
            raise Forbidden(UNKNOWN)
        return fresh, tool


def _permits(principal: Principal, tool: Tool) -> bool:
    return principal.role is tool.spec.permission or principal.role.value == "admin"


def parse_arguments(spec: ToolSpec, raw: Mapping[str, Any]) -> Arguments:
    """Validated arguments.

    Raises:
        InvalidInput: one line that names each wrong field.
    """
    try:
        return spec.arguments.model_validate(raw)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in error.errors())
        raise InvalidInput(f"I cannot use that: {problems}") from error
