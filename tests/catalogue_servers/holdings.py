"""What the stand-ins hold: invented datasets, in the shapes of their catalogues."""

from __future__ import annotations

from typing import Any


def _hub(name: str, license: str, day: str, downloads: int, *tags: str) -> dict[str, Any]:
    return {
        "_id": f"5f{downloads:022d}",
        "id": name,
        "author": name.partition("/")[0],
        "lastModified": f"{day}T08:00:00.000Z",
        "downloads": downloads,
        "gated": False,
        "tags": [*tags, *([f"license:{license}"] if license else [])],
        "cardData": {"license": license, "pretty_name": name.partition("/")[2].replace("-", " ")},
        "description": f"Slices and findings of {name.partition('/')[2]}.",
    }


HUGGINGFACE = [
    _hub(
        *("imaging-lab/covid-19-chest-ct", "cc-by-nc-4.0", "2023-05-17", 4120),
        *("format:parquet", "arxiv:2003.09999", "task_categories:image-classification", "medical"),
    ),
    _hub("clinic-zero/chest-ct-reports", "cc-by-4.0", "2024-02-01", 310, "format:csv", "medical"),
    _hub("hobby/ct-scan-toys", "", "2020-01-01", 5, "format:json"),
    _hub("legal-zh/法律问答", "apache-2.0", "2024-08-09", 900, "format:json", "legal"),
]


def _kaggle(ref: str, title: str, license: str, day: str, *types: str) -> dict[str, Any]:
    return {
        "id": len(ref),
        "ref": ref,
        "title": title,
        "subtitle": f"{title}, as CSV",
        "licenseName": license,
        "totalBytes": 48_500_000,
        "lastUpdated": f"{day}T10:11:12.133Z",
        "downloadCount": 15_321,
        "tags": [{"name": "health"}, {"name": "covid19"}],
        "_types": types,
    }


KAGGLE = [
    _kaggle(
        "nurse/covid-19-chest-ct-tables",
        "COVID-19 chest CT tables",
        "cc-by-4.0",
        "2023-11-30",
        "csv",
    ),
    _kaggle("anyone/covid-19-ct", "COVID-19 chest CT pictures", "Other", "2021-03-03", "json"),
]

MODELSCOPE = [
    {
        "id": "imaging-lab/covid-19-chest-ct",
        "display_name": "新冠肺炎胸部CT影像 COVID-19 chest CT",
        "description": "胸部 CT 影像与诊断报告。",
        "downloads": 77,
        "likes": 3,
        "license": "apache-2.0",
        "tasks": ["image-classification"],
        "tags": ["医学"],
        "created_at": "2023-06-01T00:00:00Z",
        "last_modified": "2023-06-02T00:00:00Z",
        "private": False,
        "gated": False,
    },
    {
        "id": "hospital/chest-ct-qa-zh",
        "display_name": "胸部CT影像问答",
        "description": "关于胸部 CT 的中文问答。",
        "downloads": 1200,
        "license": "cc-by-4.0",
        "tasks": ["question-answering"],
        "tags": ["医疗"],
        "last_modified": "2025-01-20T00:00:00Z",
    },
]

OPENDATALAB = [
    {
        "id": 7,
        "name": "OpenDataLab/Chest_CT_COVID-19",
        "displayName": "Chest CT COVID-19 segmentation",
        "fileSize": 2_310_000_000,
        "downloadCount": 64,
        "attrs": {
            "license": [{"name": {"en": "Academic use only", "zh": "仅限学术使用"}}],
            "mediaTypes": [{"name": {"en": "Image", "zh": "图像"}}],
            "publishDate": "2020-04-01",
            "paperUrl": "https://arxiv.org/abs/2003.11111",
        },
    }
]


def _zenodo(
    number: int, title: str, license: Any, day: str, files: dict[str, int]
) -> dict[str, Any]:
    return {
        "id": number,
        "doi": f"10.5281/zenodo.{number}",
        "metadata": {
            "title": title,
            "description": f"<p>{title} &amp; labels of <b>radiologists</b>.</p>",
            "publication_date": day,
            "access_right": "open",
            "license": {"id": license} if license else None,
            "keywords": ["radiology", "COVID-19"],
            "related_identifiers": [
                {
                    "identifier": "10.1000/radiology.77",
                    "relation": "isSupplementTo",
                    "scheme": "doi",
                },
                {"identifier": "10.5281/zenodo.1", "relation": "isVersionOf", "scheme": "doi"},
            ],
        },
        "files": [
            {"key": name, "size": size, "checksum": "md5:0", "links": {"self": f"/files/{name}"}}
            for name, size in files.items()
        ],
        "links": {"self_html": f"https://zenodo.org/records/{number}"},
        "stats": {"downloads": 812},
    }


ZENODO = [
    _zenodo(
        9000001, "COVID-19 chest CT findings", "cc-by-4.0", "2022-09-09", {"findings.csv": 90_210}
    ),
    _zenodo(
        *(9000002, "COVID-19 chest CT volumes", "cc-by-sa-4.0", "2021-12-24"),
        {"part 1.zip": 4_000_000_000, "part 2.zip": 3_000_000_000, "labels.csv": 12_000},
    ),
]

FIGSHARE = [
    {
        "id": 14800001,
        "title": "Chest CT scores in COVID-19",
        "doi": "10.6084/m9.figshare.14800001.v2",
        "url_public_html": "https://figshare.com/articles/dataset/chest_ct/14800001",
        "published_date": "2021-06-10T14:45:37Z",
        "modified_date": "2021-07-01T00:00:00Z",
        "resource_doi": "10.1000/scores.5",
        "description": "<p>Scores of two readers.</p>",
        "license": {
            "value": 1,
            "name": "CC BY 4.0",
            "url": "https://creativecommons.org/licenses/by/4.0/",
        },
        "files": [
            {
                "id": 1,
                "name": "scores.csv",
                "size": 5120,
                "download_url": "https://ndownloader.figshare.com/files/1",
            }
        ],
        "categories": [{"id": 2, "title": "Radiology"}],
        "tags": ["CT"],
        "references": [],
    }
]


def _datacite(doi: str, title: str, url: str, rights: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "id": doi,
        "type": "dois",
        "attributes": {
            "doi": doi,
            "titles": [{"title": title}],
            "descriptions": [{"description": "COVID-19 patients", "descriptionType": "Abstract"}],
            "publicationYear": 2022,
            "updated": "2024-03-02T01:02:03.000Z",
            "url": url,
            "contentUrl": None,
            "formats": ["text/csv"],
            "sizes": ["12 pages", "3.5 MB"],
            "rightsList": rights,
            "subjects": [{"subject": "Radiology"}],
            "relatedIdentifiers": [
                {
                    "relationType": "IsSupplementTo",
                    "relatedIdentifier": "10.1000/radiology.77",
                    "relatedIdentifierType": "DOI",
                },
                {
                    "relationType": "HasVersion",
                    "relatedIdentifier": "10.5281/zenodo.1",
                    "relatedIdentifierType": "DOI",
                },
            ],
            "downloadCount": 0,
        },
    }


_BY = {
    "rights": "Creative Commons Attribution 4.0 International",
    "rightsUri": "https://creativecommons.org/licenses/by/4.0/legalcode",
    "rightsIdentifier": "cc-by-4.0",
    "rightsIdentifierScheme": "SPDX",
}
_OPEN = {"rights": "Open Access", "rightsUri": "info:eu-repo/semantics/openAccess"}

DATACITE = [
    _datacite(
        "10.5281/zenodo.9000001",
        "COVID-19 chest CT findings",
        "https://zenodo.org/record/9000001",
        [_BY, _OPEN],
    ),
    _datacite(
        "10.7000/UNI.42",
        "Chest CT of a university hospital",
        "https://data.uni.example/dataset/42",
        [_BY],
    ),
]

OPENML = [
    {
        "listed": {
            "did": 40001,
            "name": "covid19-chest-ct-features",
            "version": 1,
            "status": "active",
        },
        "about": {
            "id": "40001",
            "name": "covid19-chest-ct-features",
            "description": "Radiomic features of chest CT in COVID-19.",
            "format": "ARFF",
            "licence": "Public",
            "upload_date": "2020-10-01T20:47:23",
            "url": "https://openml.example/data/v1/download/1/x.arff",
            "parquet_url": "https://openml.example/datasets/0004/40001/dataset_40001.pq",
            "tag": ["Medicine"],
        },
    },
    {
        "listed": {"did": 61, "name": "iris", "version": 1, "status": "active"},
        "about": {"id": "61", "name": "iris", "format": "ARFF", "licence": "Public"},
    },
]

AWESOME = {
    "Healthcare/covid-ct": """
title: COVID-19 chest CT collection
homepage: https://huggingface.co/datasets/imaging-lab/covid-19-chest-ct
category: Healthcare
description: A collection of chest CT
keywords: covid,ct
license: cc-by-nc-4.0
issued_time: 2020
""",
    "Healthcare/hospital": """
title: Hospital chest CT statistics, COVID-19
homepage: https://stats.example.org/ct
category: Healthcare
description: null
license:
- name: CC BY
  url: null
issued_time: 2021-02-03
sources:
- name: file
  access_url: https://stats.example.org/ct.csv
references: [https://arxiv.org/abs/2003.22222, https://stats.example.org/handbook]
""",
    "Broken/no-yaml": "title: [unclosed",
    "Broken/no-title": "homepage: https://example.org",
}
