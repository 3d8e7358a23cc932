"""`serve`, `reload`, `stop`, `resume`: running the server and holding it back."""

import argparse
import os
import signal
from typing import Literal

from adserver import bootstrap
from adserver.background.stops import read_stops, write_stops
from adserver.commands.terminal import FAILED, OK, command, err, out, print_json
from adserver.config import Loaded, load_settings
from adserver.errors import Fault, InvalidConfig
from adserver.processes import logs
from adserver.processes.builder import check, check_lists, supervising
from adserver.processes.supervisor import Supervisor

Target = Literal["all", "exchange", "advertiser"]


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    parser = command(
        commands, "serve", serve, "Run the server until Ctrl-C or SIGTERM.", json=False
    )
    parser.add_argument(
        "--as-compiled", action="store_true",
        help="start from the snapshot that `check` wrote, without compiling the campaigns again",
    )  # fmt: skip
    command(commands, "reload", reload, "Compile the campaigns again and replace the workers.")
    for name, action, summary in (
        ("stop", stop, "Stop bidding, at once and until `resume`: for all, or one name."),
        ("resume", resume, "Lift a stop."),
    ):
        parser = command(commands, name, action, summary)
        parser.add_argument("target", choices=("all", "exchange", "advertiser"))
        parser.add_argument("name", nargs="?", default="", help="which exchange or advertiser")


def serve(options: argparse.Namespace) -> int:
    """Run supervisor, owner and workers."""
    logs.configure("supervisor")
    return Supervisor(load_settings(options.config), as_compiled=options.as_compiled).run()


def reload(options: argparse.Namespace) -> int:
    """Ask the running supervisor to rebuild; what is wrong is checked here first, and told."""
    loaded = load_settings(options.config)
    check(loaded)
    # What has a good copy from before keeps nobody from changing budgets: that one goes on.
    lists = {name: str(error) for name, error in check_lists(loaded).items()}
    told: dict[str, object] = {"network_lists": lists} if lists else {}
    said = [
        f"network list {name} is refused, and stood in for: {why}" for name, why in lists.items()
    ]
    for kind, why in bootstrap.check_models(bootstrap.places(loaded).models).items():
        told[f"{kind}_model"] = why
        said.append(f"{kind} model is refused, and stood in for: {why}")
    os.kill(running_supervisor(loaded), signal.SIGHUP)
    if not options.json:
        out.print("The campaigns are good; the workers are being replaced one by one.")
        for each in said:
            err.print(f"The {each}", markup=False, soft_wrap=True)
    else:
        print_json({"ok": not told, **told})
    return FAILED if told else OK


def stop(options: argparse.Namespace) -> int:
    """Stop bidding for everything, an exchange or an advertiser."""
    return _switch(options, stopped=True)


def resume(options: argparse.Namespace) -> int:
    """Lift a stop."""
    return _switch(options, stopped=False)


def _switch(options: argparse.Namespace, *, stopped: bool) -> int:
    loaded = load_settings(options.config)
    _check_name(loaded, options.target, options.name)
    loaded.state.mkdir(parents=True, exist_ok=True)
    stops = read_stops(loaded.state).changed(options.target, options.name, stopped=stopped)
    try:
        write_stops(loaded.state, stops)
    except OSError as error:
        err.print(f"The stop was not written: {error}", markup=False)
        return FAILED
    if options.json:
        print_json(stops)
        return OK
    what = "everything" if options.target == "all" else f"{options.target} {options.name}"
    out.print(f"{'Stopped' if stopped else 'Resumed'}: {what}. Workers follow within a second.")
    left = [*(["everything"] if stops.all else []), *sorted(stops.exchanges | stops.advertisers)]
    out.print(f"Stopped now: {', '.join(left) or 'nothing'}.")
    return OK


def _check_name(loaded: Loaded, target: Target, name: str) -> None:
    """Refuse a name that nobody has: a stop that stops nothing would be believed."""
    if target != "all" and not name:
        message = f"say which {target}: `stop {target} NAME`"
        raise InvalidConfig([Fault("command line", target, message)])
    if target == "all":
        known: set[str] = {""}
    elif target == "exchange":
        known = set(loaded.terms)
    else:
        snapshot = bootstrap.SnapshotSource(bootstrap.places(loaded).snapshot)
        known = {advertiser.id for advertiser in snapshot.load().advertisers}
    if name not in known:
        message = (
            "`all` takes no name"
            if target == "all"
            else f"no {target} is called '{name}'; there are: {', '.join(sorted(known)) or 'none'}"
        )
        raise InvalidConfig([Fault("command line", target, message)])


def running_supervisor(loaded: Loaded) -> int:
    """Return the process id of the server on this state. Raises `InvalidConfig` if there is none."""
    pid = supervising(loaded)
    if pid is None:
        message = "no server runs on this state; start one with `serve`"
        raise InvalidConfig([Fault(str(loaded.file), "$.state_folder", message)])
    return pid
