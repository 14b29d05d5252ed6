"""`python -m index` is `mali-index`."""

from index.cli import main

main()
