"""Every setting of the bot, with its environment variable and its default, read once at start."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict

from index.settings import IndexSettings


def _numbers(value: object) -> object:
    """`"12, 34"` as numbers."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


class BotSettings(IndexSettings):
    """The index's settings, and those of the conversation; the token alone has no prefix."""

    model_config = SettingsConfigDict(populate_by_name=True)

    telegram_bot_token: SecretStr | None = Field(
        None, validation_alias="TELEGRAM_BOT_TOKEN", description="from @BotFather; never logged"
    )
    telegram_api: str = Field(
        "https://api.telegram.org", description="Bot API server, for those who run their own"
    )
    webhook_secret: SecretStr | None = Field(
        None, description="what Telegram proves itself with; None: made from the token"
    )
    sure: float | None = Field(
        None, ge=0, le=1, description="least confidence to answer; None: as calibrated"
    )
    likely: float | None = Field(
        None, ge=0, le=1, description="least confidence to answer plainly; None: as calibrated"
    )
    per_minute: int = Field(30, ge=1, description="questions a person may ask in a minute")
    redis: str | None = Field(
        None,
        pattern=r"^(rediss?|unix)://",
        repr=False,  # it may hold a password
        description="Redis that copies of the bot share; None: this process remembers alone",
    )
    admins: Annotated[frozenset[int], NoDecode, BeforeValidator(_numbers)] = Field(
        frozenset(), description="Telegram ids of those who may re-index, add articles, see counts"
    )
    feedback: Path | None = Field(
        None, description="file that votes are written to, with the question; None: nowhere"
    )
