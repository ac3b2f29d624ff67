"""`cbs migrate`, `cbs demo load`, `cbs check`: what one does to a database by hand.

All three work on CBS_DATABASE_URL or else on the embedded server, which may be running already.
"""

from __future__ import annotations

import typer

from cbs._native import TokenKey
from cbs.cli import EXIT_FAILED
from cbs.database.check import find_problems
from cbs.database.embedded import reach_database
from cbs.database.migrate import migrate as migrate_database
from cbs.database.portfolio import load_demo
from cbs.settings import Settings

app = typer.Typer()
demo = typer.Typer(
    no_args_is_help=True,
    help="The demo portfolio: accounts and cards to try things on.",
    epilog="Example: cbs demo load",
)
app.add_typer(demo, name="demo")


@app.command(epilog="Example: CBS_DATABASE_URL=postgresql://owner@db.internal/cbs cbs migrate")
def migrate() -> None:
    """Bring a database to this version. Doing it twice changes nothing."""
    settings = Settings.from_environment()
    with reach_database(settings) as url:
        report = migrate_database(url, progress=typer.echo)
    typer.echo(report.summary)
    for note in report.notes:
        typer.echo(note)


@demo.command(epilog="Example: cbs demo load")
def load() -> None:
    """Load 1,000 accounts and 2,000 cards with test numbers, unless they are there."""
    settings = Settings.from_environment()
    with reach_database(settings) as url:
        report = load_demo(url, TokenKey(settings.token_key()), typer.echo)
    if report.card_count:
        typer.echo(f"loaded {report.account_count:,} accounts and {report.card_count:,} cards")
    else:
        typer.echo("the demo portfolio is there already")


@app.command(epilog="Example: cbs check && echo the books agree")
def check() -> None:
    """Prove that balances equal the sums over operations. Exit code 1 when they do not."""
    settings = Settings.from_environment()
    with reach_database(settings) as url:
        problems = find_problems(url)
    for problem in problems:
        typer.echo(f"account {problem.account_id}: {problem.text}")
    if problems:
        typer.echo(f"{len(problems)} problems", err=True)
        raise typer.Exit(EXIT_FAILED)
    typer.echo("the books agree")
