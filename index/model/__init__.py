"""The embedding model that ships with the project, and the program that trains it.

`mali-minilm-de-en-fr/` is the model, a sentence-transformers folder; `CARD.md` says what it was
made of and what it is worth. `pairs.py` reads sentence pairs, `vocabulary.py` extends the teacher's
word pieces to German and French, `distil.py` trains, `evaluate.py` measures.
"""
