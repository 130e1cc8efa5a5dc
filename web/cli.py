"""The command line: `amarktai run` and `user add`; the other commands have files of their own."""

import argparse
import asyncio
import contextlib
import getpass
import os
import sys
from pathlib import Path

from core.bootstrap import App, build_app
from core.domain.errors import ProductError
from core.domain.user import Role
from core.settings import Settings, load_settings, process_environment
from web import cli_backtest, cli_figures, cli_ledger, cli_sweep
from web.chat_session import MAX_SOCKET_BYTES
from web.listener import listen
from web.logs import configure_logging

_GRACE_SECS = 3
_READER_GONE = 141  # as a shell says of a program that SIGPIPE ended


def main() -> None:
    """Entry point; exits with 1 and one plain line when something cannot be done."""
    arguments = _parser().parse_args()
    try:
        status = _carry_out(arguments)
        sys.stdout.flush()
    except ProductError as error:
        print(f"amarktai: {error.message}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read this has read enough; the interpreter must not stumble over it once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = _READER_GONE
    sys.exit(status)


def _carry_out(arguments: argparse.Namespace) -> int:
    # What needs no installation must not be kept from working by one.
    status: int | None = arguments.offline(arguments) if "offline" in arguments else None
    if status is not None:
        return status
    settings = load_settings(process_environment(), Path(".env"))
    configure_logging(settings.web)
    return asyncio.run(arguments.work(settings, arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="amarktai", description="A conversational paper-trading assistant.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="start everything: chat, API, engine")
    run.set_defaults(work=_run)
    user = commands.add_parser("user", help="manage people").add_subparsers(required=True, metavar="ACTION")
    add = user.add_parser("add", help="create an account; the password is asked for, or read from standard input")
    add.add_argument("email")
    add.add_argument("--admin", action="store_true", help="may also see the system's health")
    add.set_defaults(work=_add_user)
    cli_ledger.add_commands(commands)
    cli_figures.add_command(commands)
    cli_backtest.add_command(commands)
    cli_sweep.add_command(commands)
    return parser


async def _run(settings: Settings, _: argparse.Namespace) -> int:
    # The store holds password hashes and conversations: what this process writes is for its owner alone.
    os.umask(0o077)
    print("Amarktai starts …", flush=True)
    listener = listen(settings.web.host, settings.web.port)
    app = await build_app(settings)
    first = await app.first_admin()
    from web.app import make_web

    web = make_web(app)
    port = listener.getsockname()[1]
    _say_hello(app, port, first.user.email, first.password)
    import uvicorn

    config = uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=MAX_SOCKET_BYTES,
        proxy_headers=True,
        forwarded_allow_ips=settings.web.forwarded_allow_ips,
        timeout_graceful_shutdown=_GRACE_SECS,
    )
    with contextlib.closing(listener):
        await uvicorn.Server(config).serve(sockets=[listener])
    return 0


def _say_hello(app: App, port: int, email: str, password: str | None) -> None:
    host = "localhost" if app.settings.web.host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else app.settings.web.host  # noqa: S104 - compared, not bound
    router = "a language model" if app.settings.model.openai_api_key.get_secret_value() else "the offline router"
    print(f"\n  Open     http://{host}:{port}")
    print(f"  Log in   {email}" + (f"  password {password}  (shown only this once)" if password else ""))
    print(f"  Prices   {app.services.hub.feed.source}   Answers   {router}   Paper trading only\n", flush=True)


async def _add_user(settings: Settings, arguments: argparse.Namespace) -> int:
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    app = await build_app(settings.without_live_prices())
    try:
        role = Role.ADMIN if arguments.admin else Role.USER
        user = await app.services.accounts.create(arguments.email, password, role)
        await app.funding.open_account(user.user_id)
        print(f"{user.email} can log in ({role}).")
    finally:
        await app.close()
    return 0


if __name__ == "__main__":
    main()
