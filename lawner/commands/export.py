"""``lawner export``: a trained tagger as an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SUFFIX = ".txt"


def export(
    model: Annotated[Path, typer.Argument(help="Model folder, as training or Hugging Face saves it.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; in the model folder by default.")
    ] = None,
    precision: Annotated[str, typer.Option(help="fp32, int8, or auto: int8 if it finds what fp32 finds.")] = "auto",
    texts: Annotated[
        Path | None, typer.Option(help="Folder of .txt reports for int8's scales and for the check; some by default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a file that is there.")] = False,
) -> None:
    """Write a tagger as an ONNX file, which the default engine runs, and check it against the original."""
    from lawner.errors import ModelError
    from lawner.export import export_onnx
    from lawner.files import read_utf8

    samples = [read_utf8(path) for path in sorted(texts.rglob(f"*{SUFFIX}"))] if texts else []
    if texts and not samples:
        raise ModelError(f"{texts}: there are no {SUFFIX} files in it to check the export with")
    report = export_onnx(model, out, precision=precision, samples=samples, force=force)
    size = report.path.stat().st_size / 1e6
    typer.echo(
        f"{report.path}: {size:.1f} MB; {report.agreement:.2%} of {report.n_spans:,} spans as the original finds them, "
        f"scores up to {report.difference:.2g} apart"
    )
