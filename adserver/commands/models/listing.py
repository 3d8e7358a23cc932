"""`models list` and `models show`."""

import argparse
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from adserver import bootstrap
from adserver.commands.models.naming import add_kind, add_name, named
from adserver.commands.terminal import FAILED, OK, command, out, print_json, print_table
from adserver.config import load_settings
from adserver.errors import InvalidConfig
from models.registry import artifacts, signing, state
from models.registry.corrections import read_corrections
from models.registry.manifest import KINDS, Kind, Manifest
from models.registry.roles import Roles
from models.registry.rounds import read_round


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add these commands."""
    command(
        commands,
        "list",
        list_models,
        "List the versions of every kind, with their roles and figures.",
    )
    parser = command(
        commands, "show", show, "Show one version: what it learned from, by what it is signed, how it is corrected."
    )  # fmt: skip
    add_name(parser, "which")
    add_kind(parser)


def list_models(options: argparse.Namespace) -> int:
    """List all versions; fails if one that has a role cannot serve."""
    root = bootstrap.places(load_settings(options.config)).models
    found = {kind: _rows(root, kind) for kind in KINDS}
    held = state.read_state(root)
    broken = [row for rows in found.values() for row in rows if row["role"] and row["problem"]]
    if options.json:
        history = {kind: held.roles(kind).history for kind in KINDS}
        last = read_round(root)
        print_json({"ok": not broken, "kinds": found, "history": history, "round": last})
        return FAILED if broken else OK
    for kind, rows in found.items():
        if not rows:
            out.print(f"No {kind} model yet.", highlight=False)
            continue
        print_table(_table(kind, rows))
        for row in rows:
            if row["problem"]:
                out.print(f"  {row['problem']}", markup=False, highlight=False)
        _print_history(held.roles(kind))
    return FAILED if broken else OK


def show(options: argparse.Namespace) -> int:
    """Show one version. Raises `InvalidConfig` if it is damaged."""
    root = bootstrap.places(load_settings(options.config)).models
    name = named(root, options.kind, options.name)
    artifact = artifacts.read(root, options.kind, name)
    held = state.read_state(root).roles(options.kind)
    told = _told(artifact.manifest)
    corrected = {
        model: exchanges
        for model, exchanges in read_corrections(root).models.items()
        if model.rpartition("/")[2] == name
    }
    signer = signing.trusted(root).get(artifact.manifest.key, "")
    served = [each for each in held.history if each.model == name]
    if options.json:
        print_json({"ok": True, "name": name, "role": held.named().get(name, ""), "served": served, "signed_by": signer,
                    "manifest": artifact.manifest, "corrections": corrected})  # fmt: skip
        return OK
    out.print(f"{options.kind} model {name}", highlight=False)
    for key, value in {
        "role": held.named().get(name, "none"),
        **told,
        "signed by": signer or "?",
    }.items():
        out.print(f"  {key:<14} {value}", markup=False, highlight=False)
    for each in served:
        out.print(f"  served from    {each.at}: {each.why}", markup=False, highlight=False)
    for exchanges in corrected.values():
        for exchange, medias in exchanges.items():
            for media, evidence in medias.items():
                out.print(
                    f"  corrected      {exchange}, {media}: odds x {evidence.factor:.3f}; {evidence.predicted:.1f} clicks "
                    f"predicted, {evidence.clicks:.1f} came, {evidence.impressions:.0f} impressions; older ones count for less",
                    markup=False, highlight=False,
                )  # fmt: skip
    return OK


def _rows(root: Path, kind: Kind) -> list[dict[str, Any]]:
    roles = state.read_state(root).roles(kind)
    shares = {each.model: each.percent for each in (roles.shadow, roles.canary) if each is not None}
    rows: list[dict[str, Any]] = []
    for name in sorted({*artifacts.names(root, kind), *roles.named()}, reverse=True):
        row: dict[str, Any] = {"name": name, "role": roles.named().get(name, ""), "percent": shares.get(name), "problem": ""}  # fmt: skip
        try:
            manifest = artifacts.read(root, kind, name).manifest
        except InvalidConfig as error:
            row["problem"] = str(error)
        else:
            row |= {"created": manifest.created, "rows": manifest.rows, "positives": manifest.positives, "metrics": manifest.metrics}  # fmt: skip
        rows.append(row)
    return rows


def _table(kind: Kind, rows: list[dict[str, Any]]) -> Table:
    table = Table(
        title=f"{kind} models", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title_justify="left"
    )
    figures = [name for name in _FIGURES if any(name in row.get("metrics", {}) for row in rows)]
    for head in ("name", "role"):
        table.add_column(head, no_wrap=True)
    for head in ("rows", "positive", *(_FIGURES[figure] for figure in figures)):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        share = f" {row['percent']:g} %" if row["percent"] is not None else ""
        counts = [f"{row[key]:,}" if key in row else "-" for key in ("rows", "positives")]
        values = (row.get("metrics", {}).get(figure) for figure in figures)
        told = ("-" if value is None else f"{value:.4f}" for value in values)
        table.add_row(row["name"], row["role"] + share, *counts, *told)
    return table


_FIGURES = {"auc": "AUC", "log_loss": "log loss", "calibration": "calibr."}
_SHOWN_HISTORY = 5


def _print_history(roles: Roles) -> None:
    for each in roles.history[-_SHOWN_HISTORY:]:
        out.print(f"  {each.at} {each.model}: {each.why}", markup=False, highlight=False)


def _told(manifest: Manifest) -> dict[str, str]:
    figures = ", ".join(f"{name} {value:.5g}" for name, value in manifest.metrics.items())
    parameters = ", ".join(f"{name} {value}" for name, value in manifest.parameters.items())
    files = ", ".join(f"{name} ({each.bytes:,} bytes)" for name, each in manifest.files.items())
    return {
        "created": manifest.created,
        "learned from": f"{manifest.rows:,} rows with {manifest.positives:,} positive ones, "
        f"{manifest.learned_from} to {manifest.learned_until}",
        "columns": ", ".join(manifest.columns),
        "figures": figures or "none",
        "parameters": parameters or "none",
        "files": files,
        "key": manifest.key,
    }
