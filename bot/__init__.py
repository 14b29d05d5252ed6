"""Turns hits into an answer and talks to people, in the terminal and on Telegram.

The way of an answer, in this package: question → `Question` → hits from `index` → `Answer` →
terminal text, Telegram HTML or JSON. `bot` imports `index`, never the reverse, and Telegram is
imported in `bot.telegram` alone.
"""
