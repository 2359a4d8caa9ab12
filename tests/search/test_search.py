"""`sft.search`: all catalogues side by side, over real sockets."""

import json
from datetime import date

import pytest
from catalogue_servers.answers import awesome_archive

import hf_sft_builders as sft
from hf_sft_builders.cli import main
from hf_sft_builders.errors import ConfigurationError, SourceError, UnknownName
from hf_sft_builders.sources.catalogues import CATALOGUES, catalogues

ALL = list(CATALOGUES)


def found(results):
    """Give the URIs that were found."""
    return [one.uri for one in results]


def test_all_catalogues_answer_one_query(servers):
    """Each of the nine is asked once or more and gives what it holds."""
    results = sft.search("COVID-19 chest CT")
    assert set(ALL) == set(results.asked)
    assert {} == results.failures
    assert all(count > 0 for count in results.asked.values())
    assert sum(results.asked.values()) == len(results) + results.joined


@pytest.mark.parametrize("name", ALL)
def test_what_a_catalogue_gives_is_whole(servers, name):
    """Each result names its catalogue, id, page and title; what is unknown is empty, not wrong."""
    for one in sft.search("COVID-19 chest CT", source=name):
        assert name == one.source
        assert one.id
        assert one.url.startswith("http")
        assert one.title
        assert (one.license == "unknown" or one.license_is_default) == (one.commercial is None)
        assert one.loadable or one.uri.startswith("http")
        assert one.size is None or one.size > 0
        assert one.updated is None or one.updated > date(2000, 1, 1)
        assert all("<" not in text for text in (one.title, one.description))


def test_every_catalogue_has_its_card():
    """Third parties' catalogues join ours; ours keep their names."""
    assert catalogues().items() >= CATALOGUES.items()


def test_filters_hold_and_the_rest_is_counted(servers):
    """What does not hold a filter is left out with its reason, unknown licenses above all."""
    results = sft.search("COVID-19 chest CT", format="csv", license="cc-by", commercial=True)
    assert len(results)
    for one in results:
        assert "csv" in one.formats
        assert "cc-by-4.0" == one.license
        assert one.commercial
    assert {"another format", "another license", "license unknown"} <= set(results.left_out)
    kept_and_left = len(results) + sum(results.left_out.values()) + results.joined
    assert kept_and_left == sum(results.asked.values())


def test_typed_filters_are_those_of_arguments(servers):
    """`filter:format="csv" license:cc-by` is format=, license=."""
    typed = sft.search('COVID-19 chest CT filter:format="csv" license:cc-by updated:2023')
    given = sft.search(
        "COVID-19 chest CT", format="csv", license="cc-by", updated_since=date(2023, 1, 1)
    )
    assert found(given) == found(typed)
    assert typed
    assert all(one.updated >= date(2023, 1, 1) for one in typed)


def test_subjects_are_matched_across_languages(servers):
    """The subject `medicine` finds what a Chinese catalogue calls 医疗."""
    assert ["modelscope://hospital/chest-ct-qa-zh"] == found(
        sft.search("胸部CT影像问答", field="medicine", source="modelscope")
    )
    assert [] == found(sft.search("胸部CT影像问答", field="法律", source="modelscope"))


def test_one_dataset_in_several_places_is_one_result(servers):
    """The Hub, its mirror and a list by hand tell of one dataset; the strictest license counts."""
    results = sft.search("COVID-19 chest CT")
    (one,) = [each for each in results if each.id == "imaging-lab/covid-19-chest-ct"]
    assert "huggingface" == one.source
    assert ("modelscope://imaging-lab/covid-19-chest-ct",) == one.also
    # The mirror says apache-2.0, as it does where nobody said anything.
    assert one.commercial is False
    zenodo = [each for each in results if each.doi == "10.5281/zenodo.9000001"]
    assert ["zenodo"] == [each.source for each in zenodo]
    mirrored = sft.search("COVID-19 chest CT", commercial=True)
    assert one.id not in [each.id for each in mirrored]


def test_papers_that_belong_to_a_dataset(servers):
    """ArXiv tags, DataCite's and Zenodo's relations, a list's references; versions are no papers."""
    results = sft.search("COVID-19 chest CT")
    papers = {one.source: one.papers for one in results if one.papers}
    assert ("arXiv:2003.09999",) == papers["huggingface"]
    assert ("doi:10.1000/radiology.77",) == papers["zenodo"] == papers["datacite"]
    assert ("doi:10.1000/scores.5",) == papers["figshare"]
    assert ("arXiv:2003.11111",) == papers["opendatalab"]
    assert ("arXiv:2003.22222",) == papers["awesome"]


def test_license_texts_without_a_version_stay_unknown(servers):
    """`CC BY`, `Public`, `Other` and `Academic use only` are told, and allow nothing."""
    results = sft.search("COVID-19 chest CT")
    unknown = {one.license_raw: one for one in results if one.license == "unknown"}
    assert {"CC BY", "Public", "Other", "Academic use only"} == set(unknown)
    assert {None} == {one.commercial for one in unknown.values()}


def test_a_platforms_default_license_allows_nothing(servers):
    """ModelScope writes apache-2.0 where nobody said anything: shown with a mark, never counted."""
    results = sft.search("胸部CT影像", source="modelscope")
    marked = {one.license: (one.license_is_default, one.commercial) for one in results}
    assert {"apache-2.0": (True, None), "cc-by-4.0": (False, True)} == marked
    assert "apache-2.0 ?" in str(results)
    allowed = sft.search("胸部CT影像", source="modelscope", commercial=True)
    assert ["modelscope://hospital/chest-ct-qa-zh"] == found(allowed)
    named = sft.search("胸部CT影像", source="modelscope", license="apache-2.0")
    assert {"license is the platform's default": 1, "another license": 1} == named.left_out


def test_datacite_access_is_no_license(servers):
    """`Open Access` beside a license does not make it another one."""
    (one,) = sft.search("university hospital", source="datacite")
    assert ("cc-by-4.0", True) == (one.license, one.commercial)
    assert 3_500_000 == one.size


FAULTS = {
    "429": "HTTP 429 Too many requests",
    "500": "HTTP 500",
    "html": "that is not JSON",
    "torn": "100 bytes are missing at the end",
    "nonsense": "answered",
    "list": "",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", [name for name in ALL if name not in ("huggingface", "awesome")])
def test_one_that_fails_stops_no_other(servers, name, fault):
    """Its failure is told in one line; the others' results are there."""
    servers.faults[name] = fault
    results = sft.search("COVID-19 chest CT", timeout=60)
    assert [name] == list(results.failures)
    assert FAULTS[fault] in results.failures[name]
    assert "\n" not in results.failures[name]
    assert f"{name} failed: " in str(results)
    assert set(ALL) - {name} <= set(results.asked)
    assert len(results) > 3


def test_the_hub_that_fails_stops_no_other(servers):
    """Whatever its own client raises is one line."""
    servers.faults["huggingface"] = "404"
    results = sft.search("COVID-19 chest CT", timeout=60)
    assert ["huggingface"] == list(results.failures)
    assert "\n" not in results.failures["huggingface"]


@pytest.mark.parametrize("name", ["huggingface", "zenodo", "awesome"])
def test_one_that_is_late_is_left_behind(servers, name):
    """Its time is told; those that answered in time are shown (which, a busy machine decides)."""
    servers.faults[name] = "slow"
    results = sft.search("COVID-19 chest CT", timeout=3)
    assert "no answer within 3 s." in results.failures[name]
    assert set(ALL) == {*results.asked, *results.failures}
    assert name not in {one.source for one in results}
    assert len(results)


@pytest.mark.parametrize("name", ["modelscope", "opendatalab"])
def test_failure_under_http_200(servers, name):
    """`Success: false` is a failure, not an empty list."""
    servers.faults[name] = "failed"
    assert "refused" in sft.search("chest CT").failures[name]


def test_a_busy_server_is_asked_once_more(servers):
    """One 429 is waited out."""
    servers.faults["zenodo"] = "429 once"
    assert {} == sft.search("chest CT").failures
    assert 2 == len(servers.asked("zenodo"))


def test_none_answers(servers):
    """Each catalogue is named with its reason."""
    servers.faults |= {"zenodo": "500", "kaggle": "html"}
    with pytest.raises(SourceError, match=r"No catalogue answered\. kaggle: .* zenodo: "):
        sft.search("chest CT", source="zenodo,kaggle")


def test_paging_gives_all(servers, monkeypatch):
    """As many as are wanted, over several pages, none twice."""
    from catalogue_servers import holdings
    from catalogue_servers.holdings import _zenodo

    many = [
        _zenodo(at, f"Tide table {at}", "cc-by-4.0", "2020", {"t.csv": 1}) for at in range(1, 64)
    ]
    monkeypatch.setattr(holdings, "ZENODO", many)
    assert 63 == len(sft.search("tide table", source="zenodo", limit=100))
    assert 30 == len(sft.search("tide table", source="zenodo", limit=30))
    pages = [request["query"]["page"] for request in servers.asked("zenodo")]
    assert ["1", "2", "3", "1", "2"] == pages


def test_the_hub_is_asked_with_its_own_client(servers, monkeypatch):
    """Pages are followed; words are asked one by one; `HF_ENDPOINT` is heeded; no token leaks."""
    from catalogue_servers import holdings
    from catalogue_servers.holdings import _hub

    many = [_hub(f"someone/tide-{at}", "mit", "2020-01-01", at) for at in range(5)]
    monkeypatch.setattr(holdings, "HUGGINGFACE", many)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert 5 == len(sft.search("tide", source="huggingface"))
    assert 5 == len(sft.search("tide tables", source="huggingface"))
    assert all("authorization" not in each["headers"] for each in servers.asked("huggingface"))
    monkeypatch.setenv("HF_ENDPOINT", f"{servers.base}/huggingface")
    monkeypatch.delenv("HF_SFT_HUGGINGFACE_ENDPOINT")
    assert 5 == len(sft.search("tide", source="huggingface"))


def test_an_exact_license_is_asked_of_the_hub(servers):
    """The Hub sorts out by itself where one license is named in full."""
    results = sft.search("ct", license="cc-by-4.0", source="huggingface")
    assert ["hf://datasets/clinic-zero/chest-ct-reports"] == found(results)
    assert "license:cc-by-4.0" == servers.asked("huggingface")[0]["query"]["filter"]


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"KAGGLE_API_TOKEN": "T0ken"}, "Bearer T0ken"),
        ({"KAGGLE_USERNAME": "ann", "KAGGLE_KEY": "k"}, "Basic YW5uOms="),
        ({}, None),
    ],
)
def test_kaggle_gets_its_own_credentials(servers, monkeypatch, variables, header):
    """Those that Kaggle's client reads; nobody else gets them, and no error tells them."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    servers.faults["kaggle"] = "404"
    failure = sft.search("chest CT").failures["kaggle"]
    assert "T0ken" not in failure
    assert header == servers.asked("kaggle")[0]["headers"].get("authorization")
    others = [each for each in servers.requests if each["catalogue"] != "kaggle"]
    assert all("authorization" not in each["headers"] for each in others)


def test_kaggle_json_is_read(servers, tmp_path):
    """As the file that Kaggle gives; a broken one is told of."""
    (tmp_path / "kaggle.json").write_text('{"username": "ann", "key": "k"}', encoding="utf-8")
    sft.search("chest CT", source="kaggle")
    assert "Basic YW5uOms=" == servers.asked("kaggle")[0]["headers"]["authorization"]
    (tmp_path / "kaggle.json").write_text("{", encoding="utf-8")
    with pytest.raises(SourceError, match="kaggle.json is not JSON"):
        sft.search("chest CT", source="kaggle")


def test_we_say_who_asks(servers):
    """Some servers refuse clients that hide their name."""
    sft.search("chest CT", source=["zenodo", "datacite"])
    assert all("hf_sft_builders/" in each["headers"]["user-agent"] for each in servers.requests)


def test_lists_are_fetched_once_then_only_if_changed(servers, monkeypatch):
    """A day long from the kept copy; then with its ETag, and 304 fetches nothing."""
    import time

    def asked():
        return [request["headers"].get("if-none-match") for request in servers.asked("awesome")]

    first = sft.search("chest CT", source="awesome")
    again = sft.search("chest CT", source="awesome")
    assert found(first) == found(again)
    assert [None] == asked()
    later = time.time() + 2 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert found(first) == found(sft.search("chest CT", source="awesome"))
    assert [None, '"v1"'] == asked()


def test_a_torn_copy_is_fetched_anew(servers, tmp_path):
    """What a crash left of the kept copy is not believed."""
    first = sft.search("chest CT", source="awesome")
    (kept,) = (tmp_path / "home").rglob("awesome-*.json")
    kept.write_bytes(kept.read_bytes()[:50])
    assert found(first) == found(sft.search("chest CT", source="awesome"))


@pytest.mark.parametrize("kind", ["archive", "folder"])
def test_the_list_can_lie_on_this_machine(servers, monkeypatch, tmp_path, kind):
    """`HF_SFT_APD_URL` takes an archive or a folder, too."""
    text = "title: Tide tables\nhomepage: https://www.kaggle.com/datasets/sea/tides\nlicense: MIT\n"
    place = tmp_path / "list"
    if kind == "archive":
        place.write_bytes(awesome_archive({"Sea/tides": text}))
    else:
        (place / "core" / "Sea").mkdir(parents=True)
        (place / "core" / "Sea" / "tides.yml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("HF_SFT_APD_URL", str(place))
    (one,) = sft.search("tide", source="awesome")
    assert ("kaggle://sea/tides", "mit", ("Sea",)) == (one.uri, one.license, one.fields)
    assert [] == servers.asked("awesome")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"no archive", "no .tar.gz", id="no archive"),
        pytest.param(awesome_archive({}), "no entry found", id="empty"),
    ],
)
def test_a_list_that_is_none(servers, monkeypatch, tmp_path, data, said):
    """What came instead is told."""
    (tmp_path / "x").write_bytes(data)
    monkeypatch.setenv("HF_SFT_APD_URL", str(tmp_path / "x"))
    with pytest.raises(SourceError, match=said):
        sft.search("tide", source="awesome")


def test_mistakes_are_told_before_anyone_is_asked(servers):
    """A wrong name comes with the nearest; filters alone are no query."""
    with pytest.raises(UnknownName, match="Did you mean 'zenodo'"):
        sft.search("x", source="zendo")
    with pytest.raises(ConfigurationError, match="has filters only"):
        sft.search("license:mit")
    with pytest.raises(ConfigurationError, match="expected more than 0"):
        sft.search("x", limit=0)
    with pytest.raises(ConfigurationError, match="given twice"):
        sft.search("x license:mit", license="cc-by")
    with pytest.raises(UnknownName, match="Unknown license 'cc-bye'. Did you mean"):
        sft.search("x", license="cc-bye")
    assert [] == servers.requests


@pytest.mark.parametrize(
    ("written", "id"),
    [("CC BY 4.0", "cc-by-4.0"), ("知识共享署名4.0", "cc-by-4.0"), ("ccby", "cc-by")],
)
def test_licenses_of_a_filter_are_read_as_anywhere(servers, written, id):
    """As people write them, in either language; a family in any spelling."""
    asked = {"source": ["zenodo", "figshare", "kaggle"]}
    expected = [one.uri for one in sft.search("COVID", license=id, **asked)]
    assert expected
    assert expected == [one.uri for one in sft.search("COVID", license=written, **asked)]


def test_offline_is_said(servers, monkeypatch):
    """`HF_HUB_OFFLINE` means what it says."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SourceError, match="HF_HUB_OFFLINE"):
        sft.search("x")
    assert [] == servers.requests


def test_from_a_shell(servers, capsys):
    """A table, or JSON with the same datasets."""
    line = ["search", "COVID-19", "chest", "CT", "--format", "csv", "--license", "cc-by"]
    assert 0 == main([*line, "--commercial"])
    table = capsys.readouterr().out
    assert table.startswith("URI")
    assert "datasetsearch.research.google.com/search?src=0&query=COVID-19+chest+CT" in table
    assert 0 == main([*line, "--commercial", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert all(one["uri"] in table for one in told["found"])
    assert ["csv"] == told["query"]["formats"]
    assert 2 == main(["search", "x", "--source", "zendo"])
    assert "Did you mean 'zenodo'?" in capsys.readouterr().err
