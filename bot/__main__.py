"""`python -m bot` is `mali-bot`."""

from bot.cli import main

main()
