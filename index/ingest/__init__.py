"""From a web page or a file to an article in the corpus folder."""
