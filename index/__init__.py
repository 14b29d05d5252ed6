"""Turns articles into a searchable index and answers a question with cited passages.

The way of an answer, in this package: article file → `Article` → `Chunk`s → vectors and words →
`Generation` on disk; question → `Retriever` → `Hit`s. It ends there: what is said to people, and
where, is `bot`'s business. This package knows nothing of Telegram and imports nothing from `bot`.
"""

import os

# Threads of torch and FAISS that wait for each other turn in a loop first, by default for so long
# that a question takes half a second where another program wants the cores. Read when they load.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
