"""Media travel with the rows, in them or beside them, and `load_dataset` gives them back."""

from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.formats import FORMATS

pictures = pytest.importorskip("PIL.Image", reason="pillow is not installed")

WAV = (
    b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0"
    b"data\x08\0\0\0\0\0\1\0\2\0\3\0"
)


@pytest.fixture
def photos(tmp_path):
    """Three pictures in a folder whose name nobody should see."""
    place = tmp_path / "private"
    place.mkdir()
    for n, name in enumerate(("塔.png", "b.png", "c.png")):
        pictures.new("RGB", (4, 3), (200, 10 * n, 10)).save(place / name)
    return [str(place / name) for name in ("塔.png", "b.png", "c.png")]


def raw(ds, column):
    """Give the bytes of a column's media, decoding nothing."""
    plain = ds.cast_column(column, undecoded(ds.features[column]))
    cells = [value if isinstance(value, list) else [value] for value in plain[column]]
    return [[content(cell) for cell in row] for row in cells]


def undecoded(feature):
    """Give the feature, or the list of it, that does not decode."""
    inner = getattr(feature, "feature", feature[0] if isinstance(feature, list) else feature)
    plain = type(inner)(decode=False)
    return plain if inner is feature else [plain]


def content(cell):
    """Give a medium's bytes."""
    if cell["bytes"] is not None:
        return cell["bytes"]
    return Path(cell["path"]).read_bytes()


def nothing_local(folder, tmp_path):
    """Whether no file of a published folder names the machine's folders."""
    told = str(tmp_path).encode()
    return not [p for p in folder.rglob("*") if p.is_file() and told in p.read_bytes()]


@pytest.mark.parametrize("media", ["embedded", "files"])
def test_pictures_come_back_equal(media, photos, read, tmp_path):
    """Features, order, other columns and every byte; the folder names no folder of this machine."""
    columns = {"id": ["x", "y", "z"], "image": photos, "label": [0, 1, 0]}
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["tower", "bridge"]),
        }
    )
    ds = datasets.Dataset.from_dict(columns, features)
    both = datasets.DatasetDict(train=ds, test=ds.select([2]))
    folder = sft.publish(both, tmp_path / "out", license="mit", media=media)
    again = read(folder)
    assert {"train": ds.features, "test": ds.features} == {k: v.features for k, v in again.items()}
    assert raw(ds, "image") == raw(again["train"], "image")
    assert raw(ds.select([2]), "image") == raw(again["test"], "image")
    assert [200, 10, 10] == list(again["train"][1]["image"].getpixel((0, 0)))
    assert [0, 1, 0] == again["train"]["label"][:]
    assert nothing_local(folder, tmp_path)


def test_the_layout_of_files(photos, tmp_path):
    """Each picture once, named by its content, beside a table that names it."""
    ds = datasets.Dataset.from_dict({"image": [*photos, photos[0]]})
    ds = ds.cast_column("image", datasets.Image())
    folder = sft.publish(ds, tmp_path / "out", license="mit", media="files")
    files = sorted(p.name for p in (folder / "data" / "train" / "media").iterdir())
    assert 3 == len(files)
    names = pq.read_table(folder / "data" / "train" / "metadata.parquet")["image_file_name"]
    assert {f"media/{name}" for name in files} == set(names.to_pylist())
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "path: data/train/**" in card
    assert "| `train` | 4 | 4 |" in card
    assert '"path": "media/' in card


def test_lists_of_pictures_come_back_equal(photos, read, tmp_path):
    """Several pictures in a row, and none."""
    ds = datasets.Dataset.from_dict({"images": [photos[:2], [], photos[2:]], "n": [1, 2, 3]})
    ds = ds.cast_column("images", [datasets.Image()])
    again = read(sft.publish(ds, tmp_path / "out", license="mit", media="files"), split="train")
    assert ds.features == again.features
    assert [2, 0, 1] == [len(row) for row in raw(again, "images")]
    assert raw(ds, "images") == raw(again, "images")


CODEC = "torchcodec" if int(datasets.__version__.split(".")[0]) > 3 else "soundfile"


def test_pictures_inside_structs_are_put_into_the_rows(photos, read, tmp_path):
    """Deeper down than a column or a list."""
    turns = [[{"said": "a", "picture": photos[0]}], [{"said": "b", "picture": photos[1]}]]
    features = {"turns": [{"said": datasets.Value("string"), "picture": datasets.Image()}]}
    ds = datasets.Dataset.from_dict({"turns": turns}, datasets.Features(features))
    folder = sft.publish(ds, tmp_path / "out", license="mit")
    again = read(folder, split="train")
    assert ds.features == again.features
    assert [4, 3] == list(again[1]["turns"][0]["picture"].size)
    assert nothing_local(folder, tmp_path)


@pytest.mark.parametrize(
    ("kind", "suffix", "data"),
    [("Audio", ".wav", WAV), ("Video", ".mp4", b"v")],
    ids=["Audio", "Video"],
)
@pytest.mark.parametrize("media", ["embedded", "files"])
def test_sounds_and_videos_come_back_equal(kind, suffix, data, media, read, tmp_path):
    """Nothing has to be decoded for that, so no codec is needed."""
    for n in range(2):
        (tmp_path / f"{n}{suffix}").write_bytes(data + bytes([n, 0]))
    column, feature = kind.lower(), getattr(datasets, kind)()
    paths = [str(tmp_path / f"{n}{suffix}") for n in range(2)]
    ds = datasets.Dataset.from_dict({column: paths}).cast_column(column, feature)
    folder = sft.publish(ds, tmp_path / "out", license="mit", media=media)
    assert nothing_local(folder, tmp_path)
    if (media, kind) == ("files", "Audio"):
        pytest.importorskip(CODEC, reason=f"AudioFolder needs {CODEC}")
    again = read(folder, split="train")
    assert ds.features == again.features
    assert [[data + b"\0\0"], [data + b"\1\0"]] == raw(again, column)
    assert nothing_local(folder, tmp_path)


FORMATS_WITH_MEDIA = [name for name in FORMATS if "images" in FORMATS[name].features]


def with_photos(rows, name, photos):
    """Make rows of a format that name pictures of this machine."""
    ds = rows(3, format_name=name)
    cells = [[{"bytes": None, "path": path}] for path in photos]
    table = ds.data.table
    at = table.column_names.index("images")
    held = pa.array(cells, table.schema.field(at).type)
    return datasets.Dataset(pa.table(table.set_column(at, table.schema.field(at), held)))


@pytest.mark.parametrize("name", FORMATS_WITH_MEDIA)
@pytest.mark.parametrize("media", ["embedded", "files"])
def test_media_of_our_formats_travel_too(media, name, rows, photos, read, tmp_path):
    """{bytes, path} that name files of this machine: into the rows, or beside them."""
    ds = with_photos(rows, name, photos)
    expected = [Path(path).read_bytes() for path in photos]
    folder = sft.publish(ds, tmp_path / "out", media=media)
    again = read(folder, split="train")
    assert ds.features == again.features
    cells = [row[0] for row in again["images"]]
    if media == "embedded":
        assert expected == [cell["bytes"] for cell in cells]
        assert ["塔.png", "b.png", "c.png"] == [cell["path"] for cell in cells]
    else:
        assert [None] * 3 == [cell["bytes"] for cell in cells]
        assert expected == [(folder / cell["path"]).read_bytes() for cell in cells]
        assert "Files of `images` lie beside the rows" in (folder / "README.md").read_text("utf-8")
    assert nothing_local(folder, tmp_path)


def test_columns_of_paths_become_relative(photos, read, tmp_path):
    """What LLaMA-Factory reads: names relative to the folder; addresses stay."""
    address = "https://example.org/tower.jpg"
    ds = datasets.Dataset.from_dict({"images": [photos[:1], [address]], "text": ["a", "b"]})
    folder = sft.publish(ds, tmp_path / "out", license="mit", media="files")
    again = read(folder, split="train")
    (name,), (kept,) = again["images"]
    assert address == kept
    assert Path(photos[0]).read_bytes() == (folder / name).read_bytes()
    with pytest.raises(ConfigurationError, match=r"Column 'images'.*media='files'"):
        sft.publish(ds, tmp_path / "embedded", license="mit")
    assert not (tmp_path / "embedded").exists()


@pytest.mark.parametrize(
    ("columns", "kinds", "told"),
    [
        ({"image": "p", "audio": "p"}, {"image": "Image", "audio": "Audio"}, "Audio and Image"),
        ({"image": None}, {"image": "Image"}, "rows without a file"),
        ({"image": "p", "video": "x.mp4"}, {"image": "Image"}, "one form"),
    ],
)
def test_what_folders_of_media_cannot_hold_is_refused(columns, kinds, told, photos, tmp_path):
    """One clear error, before anything is written; embedded, the same rows are published."""
    held = {name: [photos[0] if value == "p" else value] for name, value in columns.items()}
    ds = datasets.Dataset.from_dict(held)
    for name, kind in kinds.items():
        ds = ds.cast_column(name, getattr(datasets, kind)())
    with pytest.raises(ConfigurationError, match=told):
        sft.publish(ds, tmp_path / "out", license="mit", media="files")
    assert not (tmp_path / "out").exists()
    sft.publish(ds, tmp_path / "out", license="mit")


def test_a_file_that_is_not_there_is_named(rows, tmp_path):
    """Column and path, and what to do; nothing is written."""
    missing = str(tmp_path / "gone.png")
    ds = with_photos(rows, "multimodal", [missing] * 3)
    with pytest.raises(ConfigurationError, match=r"'images' names '.*gone.png', which cannot"):
        sft.publish(ds, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(UnknownName, match="embedded, files"):
        sft.publish(ds, tmp_path / "out", media="zip")


def test_a_relative_name_of_a_file_elsewhere_stays(rows, read, tmp_path, caplog):
    """Embedded, it is told and kept, for readers may have the folder; as a file it is missed."""
    ds = with_photos(rows, "multimodal", ["photos/tower.png"] * 3)
    again = read(sft.publish(ds, tmp_path / "out"), split="train")
    assert [[{"bytes": None, "path": "photos/tower.png"}]] * 3 == again["images"][:]
    assert 1 == caplog.text.count("'photos/tower.png' and perhaps others that are not on this")
    with pytest.raises(ConfigurationError, match=r"'images' names 'photos/tower.png'"):
        sft.publish(ds, tmp_path / "files", media="files")


def test_from_rows_to_files_and_back(photos, read, tmp_path):
    """The same folder takes the other form; what the first left is gone."""
    ds = datasets.Dataset.from_dict({"image": photos}).cast_column("image", datasets.Image())
    for media in ("embedded", "files", "embedded"):
        folder = sft.publish(ds, tmp_path / "out", license="mit", media=media)
        assert (media == "files") == (folder / "data" / "train").exists()
        assert (media == "embedded") == bool(list(folder.glob("data/*.parquet")))
        assert raw(ds, "image") == raw(read(folder, split="train"), "image")


def test_from_a_shell(photos, read, tmp_path):
    """`hf-sft publish --media files`."""
    ds = datasets.Dataset.from_dict({"image": photos}).cast_column("image", datasets.Image())
    ds.save_to_disk(str(tmp_path / "saved"))
    told = ["publish", str(tmp_path / "saved"), str(tmp_path / "out"), "--license", "mit"]
    assert 0 == main([*told, "--media", "files"])
    assert raw(ds, "image") == raw(read(tmp_path / "out", split="train"), "image")


CODE = """
import io
from PIL import Image
def picture(n, word):
    data = io.BytesIO()
    Image.new('RGB', (8, 8), (n, len(word), 7)).save(data, 'PNG')
    return {'bytes': data.getvalue(), 'path': f'{n}.png'}

def album(word, count):
    ds = Dataset.from_dict({'image': [picture(n, word) for n in range(count)], 'word': [word] * count})
    return ds.cast_column('image', datasets.Image())

def look(**options):
    plain = load_dataset(repo, split='train', **options).cast_column('image', datasets.Image(decode=False))
    stream = load_dataset(repo, split='train', streaming=True, **options)
    pixels = [row['image'].getpixel((0, 0))[0] for row in stream]
    assert pixels == list(range(len(plain))), pixels
    assert load_dataset(repo, split='train', **options).features == album('x', 1).features
    tell(words=sorted(set(plain['word'])), rows=len(plain))
"""


def test_sixty_pictures_beside_the_rows_on_the_hub(hub):
    """They travel on a branch and become visible in one commit; a second publish sends nothing."""
    hub("put(rows('old', 4))")
    hub.server.heal()
    hub(CODE + "put(album('new', 60), media='files', tag='v2')")
    for options in ("", "revision='v2'"):
        assert {"words": ["new"], "rows": 60} == hub(CODE + f"look({options})")
    assert ["Publish 60 rows", "Publish 4 rows"] == hub.history
    assert ["main"] == list(hub.server.repository(hub.repo)["branches"])
    assert {"LICENSE", "README.md", "data/train/metadata.parquet"} <= set(hub.files)
    assert "data/train-00000-of-00001.parquet" not in hub.files
    assert not hub(CODE + "put(album('new', 60), media='files')")["changes"]
    hub.server.heal()
    hub(CODE + "put(album('new', 61), media='files')")
    assert 2 == hub.sent(), "the new picture and the table, not the sixty"


def test_pictures_beside_the_rows_are_never_half_there(hub):
    """The commit on `main` fails: readers see the old rows, with the old card."""
    hub("put(rows('old', 4))")
    hub.server.heal()
    hub.server.fault("commit", status=403, skip=2)
    hub.refused(CODE + "put(album('new', 60), media='files')")
    assert {"train": {"old": 4}} == hub("see()")
    hub.server.heal()
    hub(CODE + "put(album('new', 60), media='files')")
    assert 0 == hub.sent()
    assert {"words": ["new"], "rows": 60} == hub(CODE + "look()")


def test_a_split_of_files_that_would_go_is_named(hub, rows, photos, tmp_path):
    """As for Parquet: what would be lost is told first."""
    ds = rows(3).add_column("image", photos).cast_column("image", datasets.Image())
    datasets.DatasetDict(train=ds, test=ds).save_to_disk(str(tmp_path / "both"))
    code = "both = datasets.load_from_disk(place); options = {'license': 'mit', 'media': 'files'};"
    hub(code + "publish(both, repo, **options)", place=str(tmp_path / "both"))
    told = hub.refused(
        code + "publish(both['train'], repo, **options)", place=str(tmp_path / "both")
    )
    assert "the split test of config default, which would go" in told


def test_sounds_are_read_back_without_a_codec(hub, tmp_path):
    """Publish looks at a row without decoding it."""
    (tmp_path / "a.wav").write_bytes(WAV)
    code = (
        "put(Dataset.from_dict({'audio': [place]}).cast_column('audio', datasets.Audio()), media=m)"
    )
    for media in ("embedded", "files"):
        hub(code, place=str(tmp_path / "a.wav"), m=media)
    assert ["Publish 1 row", "Publish 1 row"] == hub.history
