"""The console script, and ``python -m flock``. It imports nothing before it heeds Ctrl-C."""

import sys

EXIT_INTERRUPTED = 130  # as a shell reports a program ended by SIGINT


def main() -> None:
    """Run the command line; an interruption while it is loaded ends it without a stack trace."""
    try:
        from flock.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
