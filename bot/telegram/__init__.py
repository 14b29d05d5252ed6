"""The Telegram side: the only package that imports `telegram`."""
