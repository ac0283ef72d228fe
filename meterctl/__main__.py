"""`python -m meterctl`, and the console script."""

from meterctl import early

early.listen()  # before the rest, which takes a tenth of a second

from meterctl.cli.run import main  # noqa: E402 (as said)

if __name__ == "__main__":
    main()
