"""The head of a card as ModelScope reads it, and the card that it writes by itself. Pure.

ModelScope reads the Hub's keys (`configs`, `dataset_info`, `tags`, `language`), names some licenses
in its own way, and sorts datasets by a tree of fields and tasks:

    license: Apache License 2.0
    text:
      text-generation:
        language:
        - zh
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LICENSES = {
    "apache-2.0": "Apache License 2.0",
    "mit": "MIT License",
    **{
        name.lower(): name
        for name in (
            *("GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0", "AFL-3.0", "ECL-2.0", "Unlicense"),
            *(
                "BSD-2-Clause",
                "BSD-3-Clause",
                "CC-BY-4.0",
                "CC-BY-SA-4.0",
                "CC-BY-NC-4.0",
                "CC0-1.0",
            ),
        )
    },
}
"""Names that ModelScope shows; the others stand there as on the Hub."""

_TEMPLATE = (
    *("数据集文件元信息以及数据文件", "当前数据集卡片使用的是默认模版", ":modelscope-code[]"),
    *("#### 下载方法", "#### Clone with HTTP", "您可以通过如下git clone命令", "git clone http"),
)
_FRONT = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*\n?", re.DOTALL | re.MULTILINE)


def modelscope_license(license_id: str) -> str:
    """Name a license as ModelScope does.

    Example:
        >>> modelscope_license("apache-2.0")
        'Apache License 2.0'
    """
    return _LICENSES.get(license_id, license_id)


def modelscope_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Give the Hub's metadata of a card as ModelScope's."""
    licenses = metadata["license"]
    named = (
        [modelscope_license(each) for each in licenses]
        if isinstance(licenses, list)
        else modelscope_license(licenses)
    )
    told: dict[str, Any] = {**metadata, "license": named}
    tasks = [task for task in metadata.get("task_categories", ()) if task == "text-generation"]
    about = {"language": list(metadata["language"])} if metadata.get("language") else {}
    return told | ({"text": dict.fromkeys(tasks, about)} if tasks and about else {})


def is_template(text: str) -> bool:
    """Whether a card is what ModelScope writes for a new repository, without a person's word."""
    body = _FRONT.sub("", text.replace("\r\n", "\n"))
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    return bool(lines) and all(line.startswith(_TEMPLATE) for line in lines)
