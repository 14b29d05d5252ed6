"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

CorpusOption = Annotated[
    list[Path] | None,
    typer.Option("--corpus", help="Folder of articles; repeatable. [MALI_CORPUS; default: corpus]"),
]
IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        help="Folder of the built index, or where it is in Milvus. [MALI_INDEX; default: .index]",
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="Embedding model: a folder or a name. [MALI_MODEL]"),
]
GateOption = Annotated[
    Path | None,
    typer.Option("--gate", help="Question file that the new index must not answer worse."),
]
MarginOption = Annotated[
    float, typer.Option("--margin", min=0, max=1, help="How far a measure may fall at the gate.")
]
