"""`MinerU`: pages read by a MinerU server of one's own (`mineru-api`, `POST /file_parse`).

Each page is sent as a picture and its Markdown kept, so the page of every character stays known,
and an interrupted file goes on where it was. Waiting is bounded: `timeout` seconds for a page.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from hf_sft_builders.documents.pages import PageImage, PageText
from hf_sft_builders.errors import ConfigurationError, ModelError

_TRIES = 3
_LANGUAGES = {"zh": "ch", "en": "en", "ja": "japan", "ko": "korean"}


@dataclass(frozen=True)
class MinerU:
    """Reads pages with a MinerU server.

    Args:
        url: Address of `mineru-api`, such as `http://localhost:8000`.
        backend: As MinerU knows it: `pipeline`, `vlm-http-client`, …
        timeout: Seconds that one page may take; it is tried three times.

    Raises:
        ConfigurationError: An address that is no URL, a timeout that is not above 0.

    Example:
        >>> load_dataset("hf_sft_builders/documents", data_dir="scans", pages="auto",
        ...              vision_model=sft.MinerU("http://localhost:8000"))
    """

    url: str
    backend: str = "pipeline"
    timeout: float = 300.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigurationError(
                f"MinerU: {self.url!r} is no address. Expected one such as http://localhost:8000."
            )
        if self.timeout <= 0:
            raise ConfigurationError(f"MinerU: timeout={self.timeout}; expected more than 0.")

    @property
    def name(self) -> str:
        """The backend, behind a word that tells it from models."""
        return f"mineru:{self.backend}"

    def read(self, images: Iterable[PageImage], language: str) -> Iterator[PageText]:
        """Have each page parsed, in order. See `PageReader`."""
        for image in images:
            yield PageText(self._page(image, _LANGUAGES.get(language, "ch")), {"calls": 1})

    def _page(self, image: PageImage, language: str) -> str:
        from hf_sft_builders.llm.endpoint import Endpoint
        from hf_sft_builders.llm.posting import posted
        from hf_sft_builders.llm.reply_keys import reply_key

        fields = {
            "backend": self.backend,
            "lang_list": language,
            "return_md": "true",
            "return_images": "false",
            "return_middle_json": "false",
            "return_content_list": "false",
        }
        file_name = f"page-{image.number:04d}.png"
        body, kind = _multipart(fields, file_name, image.png)
        headers = {"content-type": kind, "accept": "application/json"}
        address = self.url.rstrip("/") + "/file_parse"
        picture = [{"role": "page", "content": hashlib.sha256(image.png).hexdigest()}]
        key = reply_key(picture, model=self.name, endpoint=address, parameters=fields)
        endpoint = Endpoint(address, headers)
        raw = posted(key, body, endpoint, self.name, timeout=self.timeout, tries=_TRIES)
        return _markdown(raw)


def _markdown(raw: str) -> str:
    """Give the Markdown of the only file of a reply."""
    try:
        results = json.loads(raw)["results"]
        [parsed] = results.values()
        return str(parsed["md_content"] or "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"MinerU's reply holds no Markdown ({error!r}): {raw[:200]}. Expected that of "
            "mineru-api 2: results.<file>.md_content."
        ) from error


def _multipart(fields: dict[str, str], file_name: str, png: bytes) -> tuple[bytes, str]:
    """Write a form with one file; the boundary is the file's own, so a body is always the same."""
    boundary = uuid.UUID(bytes=hashlib.sha256(png).digest()[:16]).hex
    lines = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="files"; filename="{file_name}"\r\n'
        "content-type: image/png\r\n\r\n"
    )
    body = "".join([*lines, head]).encode() + png + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
