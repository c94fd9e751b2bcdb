"""`lemmy-lite export-static`: the public part of the site as files."""

import asyncio
from pathlib import Path

import click

from lemmy_lite.app.exporting import export
from lemmy_lite.cli.failures import told
from lemmy_lite.cli.loading import load
from lemmy_lite.cli.progress import Progress
from lemmy_lite.http.web.template_language import DOMAIN
from lemmy_lite.text import translations


@click.command("export-static")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--language", default="en", metavar="CODE", help="The language of the site's own words, such as de.")
@click.pass_context
def export_static(ctx: click.Context, /, folder: Path, language: str) -> None:
    """Write what strangers can read here to FOLDER, as pages that any web server shows, and a browser without one.

    Works beside a running server, and takes everything of one moment. FOLDER is new, empty, or an earlier export, which is replaced.
    """
    code = translations.best(DOMAIN, language)
    if code == translations.SOURCE and not language.lower().startswith(translations.SOURCE):
        raise click.UsageError(f"{language} is none of the site's languages: {', '.join(sorted(translations.languages(DOMAIN)))}")
    with told():
        loaded = load(ctx)
        with Progress() as progress:
            made = asyncio.run(export(loaded, folder, progress, language=code))
        click.echo(f"Wrote {made.pages} pages and {made.pictures} pictures to {folder}: open {folder / 'index.html'}.")
