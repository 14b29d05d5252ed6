"""Every setting of the bot, with its environment variable and its default, read once at start."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from index.settings import IndexSettings


class BotSettings(IndexSettings):
    """The index's settings, and those of the conversation; the token alone has no prefix."""

    model_config = SettingsConfigDict(populate_by_name=True)

    telegram_bot_token: SecretStr | None = Field(
        None, validation_alias="TELEGRAM_BOT_TOKEN", description="from @BotFather; never logged"
    )
    telegram_api: str = Field(
        "https://api.telegram.org", description="Bot API server, for those who run their own"
    )
    sure: float | None = Field(
        None, ge=0, le=1, description="least confidence to answer; None: as calibrated"
    )
