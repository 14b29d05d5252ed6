"""An `Answer` in a form: terminal text, Telegram HTML, JSON. Form only; nothing is decided here."""
