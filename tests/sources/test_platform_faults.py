"""What the platforms do on bad days, over real sockets."""

import io
import zipfile

import fsspec
import pytest

from hf_sft_builders import errors
from hf_sft_builders.sources.files import list_files
from hf_sft_builders.sources.platforms import Entry, tree

ROWS = b"x\n1\n2\n"
BIG = bytes(range(256)) * 4000


def read(platform, path="o/d/a.csv"):
    """Read one file in a fresh instance."""
    return fsspec.filesystem(platform).cat_file(path)


@pytest.mark.parametrize("fault", ["torn", "expired", "busy", "broken", "not_json"])
def test_what_heals_is_tried_again(server, platform, fault):
    """Torn transfers, expired signatures, 429, 500 and a stray page of HTML."""
    server.put("o/d", {"a.csv": BIG})
    server.faults(**{fault: 2})
    assert BIG == read(platform)


@pytest.mark.parametrize("fault", ["listing_403", "success_false"])
def test_modelscope_listing_refused_for_a_moment(server, fault):
    """A listing that is refused, or fails under HTTP 200, is asked for again."""
    server.put("o/d", {"a.csv": ROWS})
    server.faults(**{fault: 1})
    assert ROWS == read("modelscope")


def test_what_does_not_heal_is_one_error(server, platform):
    """After some tries the error names the request and the reason, without query or secret."""
    server.put("o/d", {"a.csv": ROWS})
    server.faults(broken=100)
    with pytest.raises(errors.SourceError, match="HTTP 500.*Tried 6 times"):
        read(platform)


def test_signatures_are_in_no_message(server, platform):
    """A signed address is told without its signature."""
    server.put("o/d", {"a.csv": ROWS})
    server.faults(expired=100)
    with pytest.raises(errors.SourceError, match="address expired") as caught:
        read(platform)
    assert "s3cr3t" not in str(caught.value)


def test_missing_is_told_from_refused(server, platform):
    """A dataset or file that is not there is FileNotFoundError; `exists` raises where refused."""
    server.put("o/d", {"a.csv": ROWS})
    fs = fsspec.filesystem(platform)
    with pytest.raises(FileNotFoundError, match="o/none"):
        fs.ls("o/none")
    with pytest.raises(FileNotFoundError, match=r"b\.csv"):
        fs.info("o/d/b.csv")
    with pytest.raises(errors.SourceError, match="owner/dataset"):
        fs.ls("o")
    server.faults(private=True)
    with pytest.raises(errors.SourceError, match="refused.*HTTP 401"):
        fs.exists("o/private")


def test_credentials_go_to_their_host_only(server, platform, monkeypatch):
    """The API gets them, the host that redirects lead to does not."""
    monkeypatch.setenv("KAGGLE_API_TOKEN", "good-token")
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "good-token")
    server.put("o/d", {"a.csv": BIG})
    server.faults(private=platform != "opendatalab", torn=1)
    assert BIG == read(platform)
    storage = server.requests(host="storage")
    assert storage
    for each in storage:
        assert not {"authorization", "cookie"} & {name.lower() for name in each["headers"]}
        assert "good" not in str(each)
    told = [str(each["headers"]) for each in server.requests(host="api")]
    assert any("good-" in each for each in told)


def test_servers_that_repeat_credentials_do_not_get_them_printed(server, monkeypatch):
    """A refusal's words are told without the token that was sent."""
    monkeypatch.setenv("MODELSCOPE_API_TOKEN", "bad-secret")
    server.put("o/d", {"a.csv": ROWS})
    server.faults(private=True, echo=True)
    with pytest.raises(errors.SourceError, match=r"denied Bearer \*\*\*|denied \*\*\*") as caught:
        read("modelscope")
    assert "bad-secret" not in str(caught.value)


@pytest.mark.parametrize("where", ["token", "token_file", "access_token", "user", "kaggle_json"])
def test_kaggle_credentials_come_from_its_own_places(server, monkeypatch, tmp_path, where):
    """Each of the places that kagglehub reads, in its form."""
    folder = tmp_path / "home" / ".kaggle"
    folder.mkdir(parents=True)
    expected = "Bearer good-token"
    if where == "token":
        monkeypatch.setenv("KAGGLE_API_TOKEN", "good-token")
    elif where == "token_file":
        (tmp_path / "t").write_text("good-token\n")
        monkeypatch.setenv("KAGGLE_API_TOKEN", str(tmp_path / "t"))
    elif where == "access_token":
        (folder / "access_token").write_text("good-token")
    elif where == "user":
        monkeypatch.setenv("KAGGLE_USERNAME", "me")
        monkeypatch.setenv("KAGGLE_KEY", "key")
        expected = "Basic bWU6a2V5"
    else:
        (folder / "kaggle.json").write_text('{"username": "me", "key": "key"}')
        expected = "Basic bWU6a2V5"
    server.put("o/d", {"a.csv": ROWS})
    assert ROWS == read("kaggle")
    found = {each["headers"].get("Authorization") for each in server.requests(host="api")}
    assert {expected} == found


def test_kaggle_sends_a_single_file_zipped(server, tmp_path):
    """`x.csv` that comes as `x.csv.zip` is the CSV, whole or in ranges; a real .zip stays one."""
    server.put("o/d", {"in/a.csv": ROWS * 1000})
    server.faults(zipped=True)
    fs = fsspec.filesystem("kaggle")
    with fs.open("o/d/in/a.csv", block_size=100) as stream:
        stream.seek(1000)
        assert (ROWS * 1000)[1000:1100] == stream.read(100)
    fs.get_file("o/d/in/a.csv", str(tmp_path / "a.csv"))
    assert ROWS * 1000 == (tmp_path / "a.csv").read_bytes()


def test_an_archive_stays_an_archive(server, platform, tmp_path):
    """A file that is itself a ZIP with one member of its own name is left as it is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model", ROWS)
    server.put("o/d", {"model": packed.getvalue()})
    fsspec.filesystem(platform).get_file("o/d/model", str(tmp_path / "model"))
    assert packed.getvalue() == (tmp_path / "model").read_bytes()


def test_an_answer_of_another_shape_is_one_error(server, platform):
    """A listing that is not what it was is told as that, not as a KeyError."""
    server.put("o/d", {"a.csv": ROWS})
    server.faults(other_shape=True)
    with pytest.raises(errors.SourceError, match="another shape|names no version"):
        fsspec.filesystem(platform).find("o/d")


@pytest.mark.parametrize("platform", ["modelscope", "opendatalab", "kaggle"])
def test_servers_without_ranges(server, platform):
    """A server that ignores `Range` is read whole once, and the right bytes come out."""
    server.put("o/d", {"a.bin": BIG}, large=False)
    server.faults(no_ranges=True)
    with fsspec.filesystem(platform).open("o/d/a.bin", block_size=1000) as stream:
        stream.seek(300_000)
        assert BIG[300_000:300_100] == stream.read(100)
        assert BIG[-5:] == (stream.seek(-5, 2), stream.read())[1]


def test_missing_checksums(server, platform, tmp_path):
    """Without checksums the size is what is verified, and unfinished files are begun anew."""
    server.put("o/d", {"a.bin": BIG})
    server.faults(no_checksums=True, torn=1)
    fsspec.filesystem(platform).get_file("o/d/a.bin", str(tmp_path / "a"))
    assert BIG == (tmp_path / "a").read_bytes()


def test_other_bytes_than_the_checksum_says(server, platform, tmp_path):
    """One corrupt transfer is fetched again; two are an error, and nothing is left."""
    server.put("o/d", {"a.bin": BIG})
    server.faults(corrupt=1)
    fs = fsspec.filesystem(platform)
    fs.get_file("o/d/a.bin", str(tmp_path / "a"))
    assert BIG == (tmp_path / "a").read_bytes()
    server.faults(corrupt=9)
    with pytest.raises(errors.SourceError, match="checksum, twice"):
        fs.get_file("o/d/a.bin", str(tmp_path / "b"))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("path", ["../../etc/passwd", "a/../../b", "in//a", "a.csv"])
def test_unsafe_or_doubled_paths_in_a_listing(server, platform, path):
    """A listing that leads out of the dataset, or names a file twice, is refused."""
    server.put("o/d", {"a.csv": ROWS})
    server.faults(extra_paths=[path])
    with pytest.raises(errors.SourceError, match="unsafe path|twice|in folder"):
        fsspec.filesystem(platform).find("o/d")


def test_opendatalab_asks_for_a_form(server):
    """601 and 602, as status or in the body, give the page of the form."""
    server.put("O/D", {"raw/a.csv": ROWS})
    for fault in ({"form": 601}, {"form": 602, "form_in_body": True}):
        server.faults(**fault)
        with pytest.raises(errors.SourceError, match=r"https://opendatalab\.com/O/D"):
            read("opendatalab", "O/D/raw/a.csv")


def test_opendatalab_keys(server, monkeypatch):
    """Without keys listing works, reading says what to make; refused keys are not told."""
    server.put("o/d", {"a.csv": ROWS})
    monkeypatch.delenv("OPENXLAB_SK")
    assert 1 == len(fsspec.filesystem("opendatalab").ls("o/d"))
    with pytest.raises(errors.SourceError, match="OPENXLAB_AK and OPENXLAB_SK"):
        read("opendatalab")
    monkeypatch.setenv("OPENXLAB_AK", "wrong-secret")
    monkeypatch.setenv("OPENXLAB_SK", "wrong-key")
    with pytest.raises(errors.SourceError, match="were refused") as caught:
        read("opendatalab")
    assert "wrong" not in str(caught.value)


def test_versions_that_cannot_be(server):
    """A word as Kaggle version and any version of OpenDataLab are refused before a request."""
    for place in ("kaggle://o/d@latest/a.csv", "opendatalab://o/d@2/a.csv"):
        with pytest.raises(errors.ConfigurationError, match="@"):
            fsspec.open(place).open()
    assert [] == server.requests()


def test_a_tree_is_made_of_paths():
    """Folders are what lies between."""
    found = tree([Entry("a", 1), Entry("x/y/b", 2)], "here")
    assert {"", "x", "x/y"} == set(found)
    assert {"a": Entry("a", 1), "x": None} == found[""]


def test_proxies_of_the_environment_are_used(server, monkeypatch):
    """A host that only the proxy can reach is asked through it."""
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("HF_SFT_KAGGLE_ENDPOINT", "http://kaggle.test")
    server.put("o/d", {"a.csv": ROWS})
    assert ROWS == read("kaggle")
    assert server.requests(host="api", path="http://kaggle.test/v1/")


def test_a_web_server_that_cannot_be_reached_is_not_an_absent_file():
    """`exists` of fsspec takes a refused connection for absence; the error does not."""
    with pytest.raises(errors.SourceError, match=r"cannot be reached.*proxy"):
        list_files(None, "http://127.0.0.1:9/a.txt", [".txt"])
