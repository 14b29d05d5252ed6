"""This project beside txtai, Haystack and LlamaIndex: `python -m tests.bench.peers`.

All four are given the same articles, embedding model and questions, each set up as its own
documentation has it, in a process of its own that may use two cores. `task.py` says what is asked
and what counts as found, `measure.py` what is measured.
"""
