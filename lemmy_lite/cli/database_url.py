"""The address of a database, which may hold a password: a command line shows it to everybody on the machine."""

import sys

import click

from lemmy_lite.config import without_password

SHOWN = "Warning: others on this machine can read the password in the list of processes; give - instead, and the address on standard input."


def given(argument: str) -> str:
    """The address of an argument; `-` is the first line of standard input. Warns of a password that stood on the command line."""
    if argument == "-":
        return sys.stdin.readline().strip()
    if without_password(argument) != argument:
        click.echo(SHOWN, err=True)
    return argument
