"""`edge_cases`: the label first, the text for it, and a second reader who must agree."""

import json

import pytest
from chat_server import running
from datasets import Dataset

import hf_sft_builders as sft
from hf_sft_builders import errors

LABELS = ["正面", "负面"]
CASE = "菜上得慢，不过这锅鱼值得等。"


def row(label="负面"):
    """One labelled text."""
    return {"id": "r0", "text": "等了一个小时才上菜，服务员也不理人。", "label": label}


def case(label, text=CASE):
    """What the writer replies."""
    return json.dumps({"label": label, "why": "先抱怨后称赞", "text": text}, ensure_ascii=False)


def wanted(request):
    """The label that the text is written for; none where a text is labelled."""
    names = request.schema.model_fields["label"].annotation.__args__
    return names[0] if len(names) == 1 else None


def test_a_new_text_has_the_label_that_it_was_written_for():
    """The row stays; the new one has a label, its neighbour, and says what makes it hard."""
    labels = []

    def model(request):
        if wanted(request):
            labels.append(wanted(request))
            return case(wanted(request))
        return json.dumps({"label": labels[-1]})

    op = sft.edge_cases(LABELS, model=sft.ScriptedModel(model))
    [outcome] = op.outcomes([row()])
    kept, new = outcome.rows
    assert ("r0", "负面", None) == (kept["id"], kept["label"], kept["edge_with"])
    assert (CASE, labels[0]) == (new["text"], new["label"])
    assert {"正面", "负面"} == {new["label"], new["edge_with"]}
    told = json.loads(new["provenance"][-1]["parameters"])
    assert ("先抱怨后称赞", new["label"]) == (told["why"], told["label"])
    assert 2 == outcome.usage["calls"]


def test_a_text_that_a_second_reader_labels_otherwise_is_written_anew():
    """The writer is told what the reader saw; the second text is right."""
    seen = []

    def model(request):
        if wanted(request):
            seen.append(request.messages[-1]["content"])
            seen.append(wanted(request))
            return case(wanted(request), CASE * len(seen))
        other = next(name for name in LABELS if name != seen[1])
        return json.dumps({"label": other if len(seen) == 2 else seen[1]})

    [outcome] = sft.edge_cases(LABELS, model=sft.ScriptedModel(model)).outcomes([row()])
    assert 2 == len(outcome.rows)
    assert "A reader who was shown only the text" in seen[2]


def test_a_text_that_stays_disputed_is_dropped():
    """After the repairs: the reason is counted, the row itself stays."""

    def model(request):
        return case(wanted(request)) if wanted(request) else '{"label": "中性"}'

    op = sft.edge_cases(["正面", "负面", "中性"], model=sft.ScriptedModel(model), between=[LABELS])
    [outcome] = op.outcomes([row()])
    assert (1, ("labelled otherwise",)) == (len(outcome.rows), outcome.drops)


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (row()["text"], "unchanged"),
        ("The food came late, but the fish was worth the wait.", "other language"),
        ("标签：正面。菜上得慢，不过鱼好吃。", "names its label"),
        ("菜上得慢，不过鱼好吃。（正面）", "names its label"),
        ("用户：菜上得慢，不过鱼好吃。", "wrapping left in"),
        ("作为一个AI助手，我觉得菜上得慢，不过鱼好吃。", "meta phrase"),
        ("慢" * 300, "too long"),
    ],
)
def test_what_is_no_usable_text_is_dropped_with_its_reason(says, reason):
    """Also what obeyed a text that asks for its label."""
    model = sft.ScriptedModel(lambda request: case(wanted(request), says))
    op = sft.edge_cases(LABELS, model=model, keep_original=False)
    [outcome] = op.outcomes([row()])
    assert ((), (reason,)) == (outcome.rows, outcome.drops)


def test_labels_named_in_passing_are_words_like_others():
    """A review may well speak of weather where 天气 is a label."""
    text = "说好去看天气的展，结果票卖完了，改天再来吧。"

    def model(request):
        return case(wanted(request), text) if wanted(request) else '{"label": "天气"}'

    op = sft.edge_cases(["天气", "展览"], model=sft.ScriptedModel(model), n=8, keep_original=False)
    [outcome] = op.outcomes([row("展览")])
    assert {"天气"} == {new["label"] for new in outcome.rows}
    assert set(outcome.drops) <= {"labelled otherwise"}


def test_through_the_real_protocol(tmp_path, monkeypatch):
    """Two calls for a new row, the second without the label."""
    monkeypatch.setenv("HF_SFT_REPLIES", str(tmp_path / "r.sqlite"))
    names = {"指定标签：正面": case("正面"), "指定标签：负面": case("负面", CASE + "才怪。")}
    reading = {"才怪": '{"label": "负面"}', CASE: '{"label": "正面"}'}
    with running(replies={**names, **reading}) as server:
        op = sft.edge_cases(LABELS, model="m", base_url=server.base_url, n=2)
        out = sft.map(Dataset.from_list([row()]), op)
        asked = [request["body"]["messages"][-1]["content"] for request in server.requests()]
    assert 3 == len(out)
    assert 4 == len(asked)
    assert 2 == sum("指定标签" not in words for words in asked)


def test_pairs_are_of_known_labels():
    """A slip of the pen is found before anything is asked."""
    with pytest.raises(errors.ConfigurationError, match="two different labels"):
        sft.edge_cases(LABELS, model="m", between=[("正面", "中性")])
