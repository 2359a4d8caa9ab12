"""From a dataset's page to what can load it.

https://huggingface.co/datasets/o/d        hf://datasets/o/d
https://www.kaggle.com/datasets/o/d        kaggle://o/d
https://modelscope.cn/datasets/o/d         modelscope://o/d
https://opendatalab.com/O/D                opendatalab://O/D
https://example.org/data.csv               itself
any other page                             a person must look at it
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from hf_sft_builders.sources.catalogues.base import host_of

_DATA_FILES = {
    *("csv", "tsv", "json", "jsonl", "parquet", "arrow", "txt", "md", "pdf", "docx", "xlsx", "xml"),
    *("zip", "gz", "tar", "tgz"),
}
_PAGES = (
    (r"(?:huggingface\.co|hf\.co)/datasets/([^/?#]+/[^/?#]+)", "hf://datasets/"),
    (r"kaggle\.com/(?:datasets/)?([^/?#]+/[^/?#]+)", "kaggle://"),
    (r"modelscope\.(?:cn|ai)/datasets/([^/?#]+/[^/?#]+)", "modelscope://"),
    (r"opendatalab\.(?:com|org\.cn)/([^/?#]+/[^/?#]+)", "opendatalab://"),
)
# kaggle.com/<one of these>/… is no dataset.
_KAGGLE_PAGES = {"c", "competitions", "code", "learn", "models", "docs", "discussions", "datasets"}


def loadable_uri(url: str) -> tuple[str, bool]:
    """Give what `data_files=` takes for a page or file, and whether it can take it at all.

    Example:
        >>> loadable_uri("https://www.kaggle.com/datasets/uciml/iris")
        ('kaggle://uciml/iris', True)
    """
    address = f"{host_of(url)}{urlsplit(url).path}" if host_of(url) else ""
    for pattern, scheme in _PAGES:
        match = re.match(pattern, address)
        if match and not (scheme == "kaggle://" and match[1].split("/")[0] in _KAGGLE_PAGES):
            return scheme + match[1], True
    return url, is_file(url)


def is_file(url: str) -> bool:
    """Say whether a URL names a data file rather than a page."""
    if not url.startswith(("https://", "http://", "ftp://")):
        return False
    name = unquote(urlsplit(url).path).rpartition("/")[2].lower()
    stem, dot, suffix = name.rpartition(".")
    return bool(stem and dot) and suffix in _DATA_FILES
