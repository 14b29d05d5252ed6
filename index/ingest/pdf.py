"""A PDF to an article; needs the extra `pdf`."""

import io
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from index.errors import FetchError
from index.ingest.fetch import Page
from index.ingest.page import SHORTEST, Draft, printable
from index.language import detect

#: Pages read of a PDF; longer ones are books.
MAX_PAGES = 200


def read_pdf(page: Page) -> Draft:
    """The text of a PDF, a paragraph a page where it does not tell them apart.

    Its date stays unknown: what a PDF says of itself is when it was made, not what it reports on.
    Raises `FetchError` where there is no text, or the extra is not installed.
    """
    try:
        import pypdf
    except ImportError:
        way = "the extra that reads them: pip install 'mali-bot[pdf]'"
        raise FetchError(page.url, "a PDF", way) from None
    try:
        reader = pypdf.PdfReader(io.BytesIO(page.data))
        if len(reader.pages) > MAX_PAGES:
            raise FetchError(page.url, f"{len(reader.pages)} pages", f"at most {MAX_PAGES}")
        pages = [one.extract_text().strip() for one in reader.pages]
        said = reader.metadata
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        reason = type(error).__name__
        raise FetchError(page.url, f"not a readable PDF ({reason})", "a whole one") from None
    text = printable("\n\n".join(one for one in pages if one))
    if len(text) < SHORTEST:
        raise FetchError(page.url, f"only {len(text)} characters of text", "a PDF that is no scan")
    address = urlsplit(page.url)
    name = unquote(PurePosixPath(address.path).stem) or "PDF"
    title = printable((said.title if said else None) or "").strip() or name
    author = printable((said.author if said else None) or "").strip()
    return Draft(
        title=" ".join(title.split())[:500],
        outlet=(address.hostname or "").removeprefix("www.") or None,
        date=None,
        url=page.url if address.scheme in ("http", "https") else None,
        lang=detect(text),
        authors=(author[:500],) if author else (),
        text=text,
    )
