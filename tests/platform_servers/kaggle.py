"""Kaggle's `DatasetApiService`, as kagglesdk speaks it."""

from __future__ import annotations

import io
import zipfile


def answer(request, state):
    """Answer one call."""
    asked, method = request.json, request.url.path.rpartition("/")[2]
    name = f"{asked['ownerSlug']}/{asked['datasetSlug']}"
    dataset = state.datasets.get(name)
    if dataset is None:
        request.send_json(404, {"code": 404, "message": "Dataset not found"})
        return
    METHODS[method](request, state, dataset, asked)


def _get(request, state, dataset, asked):
    facts = {
        "id": 7,
        "ref": f"{asked['ownerSlug']}/{asked['datasetSlug']}",
        "title": "A dataset",
        "licenseName": dataset.facts.get("display", ""),
        "currentVersionNumber": len(dataset.versions),
        "totalBytes": sum(map(len, dataset.files.values())),
    }
    request.send_json(200, facts)


def _metadata(request, state, dataset, asked):
    if state.faults.no_metadata:
        request.send_json(403, {"code": 403, "message": "Permission 'datasets.get' was denied"})
        return
    licenses = [{"name": dataset.facts["license"]}] if dataset.facts.get("license") else []
    request.send_json(200, {"info": {"datasetSlug": asked["datasetSlug"], "licenses": licenses}})


def _tree(request, state, dataset, asked):
    folder = asked.get("path", "")
    prefix = f"{folder}/" if folder else ""
    files, folders = [], {}
    for path, data in _version(dataset, asked).items():
        if not path.startswith(prefix):
            continue
        head, slash, _ = path[len(prefix) :].partition("/")
        if slash:
            folders[head] = {"name": head, "relativeUrl": prefix + head, "totalFiles": 1}
        else:
            files.append(
                {
                    "name": head,
                    "relativeUrl": path,
                    "totalBytes": len(data),
                    "creationDate": "2026-08-21T00:00:00Z",
                }
            )
    files += [
        {"name": path, "relativeUrl": path, "totalBytes": 1} for path in state.faults.extra_paths
    ]
    size = state.faults.page_size or asked["pageSize"]
    start = int(asked.get("pageToken") or 0)
    more = str(start + size) if start + size < len(files) else ""
    found = {"files": files[start : start + size], "nextPageToken": more}
    request.send_json(200, found | ({} if start else {"directories": list(folders.values())}))


def _download(request, state, dataset, asked):
    files = _version(dataset, asked)
    name = asked.get("fileName")
    if not name:
        request.redirect(state.sign(_zip(files), "archive.zip"))
    elif name not in files:
        request.send_json(404, {"code": 404, "message": f"{name}: not found"})
    elif state.faults.zipped:
        base = name.rpartition("/")[2]
        request.redirect(state.sign(_zip({base: files[name]}), base + ".zip"))
    else:
        request.redirect(state.sign(files[name], name.rpartition("/")[2]))


def _version(dataset, asked):
    number = asked.get("datasetVersionNumber") or len(dataset.versions)
    return dataset.versions[number - 1]


def _zip(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return packed.getvalue()


METHODS = {
    "GetDataset": _get,
    "GetDatasetMetadata": _metadata,
    "ListTreeDatasetFiles": _tree,
    "DownloadDataset": _download,
}
