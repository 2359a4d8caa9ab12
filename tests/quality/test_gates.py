"""What each gate drops, and what it must let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hf_sft_builders as sft
from hf_sft_builders.documents.language import SCRIPTS, detect_language
from hf_sft_builders.errors import ConfigurationError, UnknownName
from hf_sft_builders.quality.judging import table_of
from hf_sft_builders.quality.language_gate import main_languages
from hf_sft_builders.quality.said import said


def chat(answer, asked="问题 question?"):
    """A row of one question and its answer."""
    return {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answer},
        ]
    }


def drops(gate, *rows):
    """Why a gate drops each row; "" where it does not."""
    rows = [chat(row) if isinstance(row, str) else row for row in rows]
    return [outcome.drops[0] if outcome.drops else "" for outcome in gate.outcomes(rows)]


def as_gbk(text):
    """A text in UTF-8, read as GBK."""
    return text.encode().decode("gbk", "ignore")


GOOD = {
    "refusal": [
        "抱歉给您带来不便，房间已经为您换好。",
        "I'm sorry to hear that. Your refund is on its way.",
        "对不起，我来晚了。",
        "我无法忘记那一天。",
        "Unfortunately, I can't make it to the party, she said.",
        "人工智能助手是一种软件。",
        "I can help you write a letter.",
        "很抱歉，我们无法保证海景房，但会尽量安排。",
        "A language model predicts tokens.",
        "文中的主角叫李雷。",
        "As an airline, we carry pets.",
        "I cannot recommend this hotel enough!",
    ],
    "placeholder": [
        "无",
        "None of them.",
        "在 Python 里用 `{{name}}`",
        "```jinja\n{{ user.name }}\n```",
        "[1] Smith 2020",
        "a[your_index]",
        "👍",
        "3+4=7",
        "ToDo lists help you plan.",
        "[此处](https://a.cn)",
        "填写表格后提交。",
        "【提示】请带证件",
    ],
    "encoding": [
        "café naïve façade",
        "SÃO PAULO",
        "Ærøskøbing «Привет» ÂGE Ça va",
        "emoji 👍🏽 日本語テスト 한국어",
        "tab\tand\nline\r\n",
        "浣熊是一种动物，涓涓细流汇成江河，娴静的姑娘娓娓道来",
        "鍙 is a rare character",
        "“quotes” – dash, π ≈ 3.14",
        "É“quoted” MENÜ“",
    ],
    "residue": [
        "用 `<br>` 换行",
        "```html\n<div>a</div>\n```",
        "a < b and c > d; x<y>z",
        "<think>hm</think>ok <tool_call>{}</tool_call>",
        "<image>Where?",
        "AT&T, R&D",
        "用户：请问几点开门？",
        "材料科学",
        "根据地图，往北走。",
        "The text message arrived.",
    ],
    "repetition": [
        "第一步：打开电源。第二步：连接网络。第三步：登录账号。",
        "| a | 有 |\n|---|---|\n| b | 有 |\n| c | 有 |",
        "哈哈哈哈哈",
        "=" * 40,
        "1" + "0" * 30,
        "The cat sat on the mat. The dog sat on the rug. The bird sat on the branch in the tree.",
        "\n".join(
            f"- 第{day}天：早餐后出发，游览景点{day * 7}，晚上回酒店休息。" for day in (1, 2, 3)
        ),
    ],
    "secrets": [
        "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "password: 请输入您的密码",
        "api_key=YOUR_API_KEY_HERE",
        "token = os.environ['TOKEN_NAME']",
        "the password must be at least 12 characters",
        "sk-learn-contrib-package-of-models",
        "ghp_" + "x" * 36,
        "password=aaaaaaaaaaaaaaaa",
        "eyJub3QiOiJhIn0.eyJ0b2tlbjEyMzQ1Ng.aaaaaaaaaaaaaa",
        "-----BEGIN PUBLIC KEY-----\nMIIB",
        "token: getUserAccessTokenFromRequest",
        "max_tokens=4096",
        "task-oriented-dialogue-systems-in-2024-and-beyond",
    ],
    "numbers": ["12 × 8 = 96", "10/3=3.33", "2*3=6.0", "7-9=-2", "1+2+3=6", "100/7=14", "2^3+1=9"],
}
BAD = {
    "refusal": [
        "I'm sorry, but I can't help with that.",
        "I am unable to provide that information.",
        "Unfortunately, I cannot provide medical advice.",
        "I apologize, but I am not able to create that content.",
        "抱歉，我无法回答这个问题。",
        "对不起，我不能提供相关信息。",
        "我无法提供该信息。",
        "As an AI language model, I do not have feelings.",
        "作为一个人工智能语言模型，我没有情感。",
        "我是一个人工智能助手，没有个人观点。",
        "文中没有提到门票价格。",
        "无法从文中得知具体价格。",
        "The text does not mention the price.",
    ],
    "placeholder": [
        "N/A",
        "TODO",
        "待补充",
        "……",
        "Dear [Your Name],",
        "尊敬的[客户姓名]：",
        "Hello {{ customer_name }}!",
        "Lorem ipsum dolor sit amet",
        "（此处填写姓名）",
        "详见 <your-api-url>",
        "以下内容省略",
        "xxx公司成立于2020年",
        "价格：TBD",
    ],
    "encoding": [
        "cafÃ©",
        "donâ€™t",
        "ä½\xa0å¥½",
        "naÃ¯ve",
        "ÐŸÑ€Ð¸Ð²ÐµÑ‚",
        as_gbk("你好"),
        as_gbk("云溪古城的门票是八十元。"),
        "这是一个测试文本".encode().decode("gb18030", "replace"),
        "锟斤拷锟斤拷",
        "a\ufffdb",
        "\x00abc",
        "\ue001\ue002\ue003",
    ],
    "residue": [
        "<div class='a'>hi</div>",
        "a&nbsp;b",
        "hello<br/>",
        "<|im_end|>",
        "[INST] hi [/INST]",
        "### Response:\nhi",
        "Human: hi\nAssistant: hello",
        "用户：你好\n助手：你好",
        "根据上述材料，票价80元。",
        "According to the passage, it is 28 m.",
        "<｜end▁of▁sentence｜>",
    ],
    "repetition": [
        "哈" * 40,
        "我不知道。" * 20,
        "the answer is yes " * 20,
        "\n".join(["谢谢你的提问，希望对你有帮助。"] * 6),
        "！" * 30,
    ],
    "secrets": [
        "sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWx12yz",
        "ghp_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6",
        "AKIAI44QH8DHBQ7XWZT3",
        "hf_qBwDrFtHyJuLiNoPaRsTdVfXgZ0192837465",
        "password: tR7#kP2$mQ9z!Lx",
        'api_key = "9f8b2c7d1e6a5f4b3c8d7e2a1b6c5d4f"',
        "密码是：aK93jd02Lq8Z",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq5v8Yl3k2Jw0f9X1cQ\n-----END RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
        "LTAI5tQnKxW8mZr4Yb2Jv7Hc",
    ],
    "numbers": ["3+4=8", "于是 12 × 8 = 95 元", "5 + 5 = 11"],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GOOD))
def test_good_rows_pass(name):
    """What only looks alike is let through."""
    gate = getattr(sft, f"gate_{name}")()
    assert dict.fromkeys(GOOD[name], "") == dict(
        zip(GOOD[name], drops(gate, *GOOD[name]), strict=True)
    )


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_rows_are_dropped(name):
    """What the gate is for is dropped, in Chinese and in English."""
    found = drops(getattr(sft, f"gate_{name}")(), *BAD[name])
    assert [] == [text for text, why in zip(BAD[name], found, strict=True) if not why]


def test_length_counts_characters_and_tokens():
    """Characters, estimated tokens; turns are added up, parts chosen."""
    row = chat("望云楼 high", asked="abcdefgh")
    assert ["over 15 characters"] == drops(sft.gate_length(1, 15), row)
    assert [""] == drops(sft.gate_length(16, 16), row)
    assert ["under 9 characters"] == drops(sft.gate_length(9, part="answer"), row)
    assert [""] == drops(sft.gate_length(8, 8, part="answer"), row)
    assert ["over 3 tokens (estimated)"] == drops(
        sft.gate_length(1, 3, part="answer", tokenizer="estimate"), row
    )
    with pytest.raises(ConfigurationError, match="least <= most"):
        sft.gate_length(5, 4)
    with pytest.raises(UnknownName, match="answer"):
        sft.gate_length(part="answers")


def test_length_counts_tokens_of_a_tokenizer(tmp_path):
    """A tokenizer's own tokens, no special ones."""
    tokenizers = pytest.importorskip("tokenizers")
    words = {"[UNK]": 0, "the": 1, "tower": 2}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.save(str(tmp_path / "tokenizer.json"))
    gate = sft.gate_length(3, part="answer", tokenizer=str(tmp_path / "tokenizer.json"))
    assert ["under 3 tokens", ""] == drops(gate, "the tower", "the tower high")


_LETTERS = "".join("望楼あカ한글abé привет عر ελ שלה नम ไทย 12。,\n")


@given(st.lists(st.lists(st.one_of(st.text(_LETTERS), st.sampled_from(["the of is", "der und"])))))
def test_languages_are_those_of_the_documents(rows):
    """The vectorised count gives what `detect_language` gives for the texts put together."""
    table = table_of(
        [{"messages": [{"role": "user", "content": t} for t in row]} for row in rows] or [chat("")]
    )
    expected = [detect_language("\n".join(row)) for row in rows] or ["en"]
    assert expected == main_languages(said(table)) or not rows


def test_language_knows_all_scripts():
    """Every script has a place in the table of characters."""
    table = table_of([{"text": "楼"}, {"text": "あああ"}, {"text": "한국어"}, {"text": "привет"}])
    assert ["zh", "ja", "ko", "ru"] == main_languages(said(table))
    assert 10 == len(SCRIPTS)


def test_language_by_part():
    """A translation's answer has the language; what cannot be told passes unless told otherwise."""
    row = chat(
        "The tower is the landmark of the town.", asked="翻译成英文：望云楼是这座古城的标志。"
    )
    assert [""] == drops(sft.gate_language("en", part="answer"), row)
    assert [""] == drops(sft.gate_language("zh", part="question"), row)
    assert ["language zh"] == drops(sft.gate_language("en", part="question"), row)
    number = chat("42", asked="?")
    assert [""] == drops(sft.gate_language("zh"), number)
    assert ["language cannot be told"] == drops(sft.gate_language("zh", untold=False), number)
    with pytest.raises(ConfigurationError, match="ISO 639-1"):
        sft.gate_language("Chinese")


def test_structure_tells_the_rule():
    """Rules of the format, and of a trainer where one is named."""
    late = {
        "messages": [{"role": "assistant", "content": "你好"}, {"role": "user", "content": "在吗"}]
    }
    assert ["breaks assistant-last"] == drops(sft.gate_structure(), late)
    assert [""] == drops(sft.gate_structure(), "好的")
    assert [""] == drops(sft.gate_structure(trainer="llamafactory"), "好的")
    plain = {"instruction": "几点？", "output": "八点。"}
    assert ["", "breaks columns"] == [
        *drops(sft.gate_structure(), plain),
        *drops(sft.gate_structure("sharegpt"), plain),
    ]
    with pytest.raises(UnknownName):
        sft.gate_structure(trainer="llama")


def test_words_are_whole_in_english_and_anywhere_in_chinese(tmp_path):
    """A list from a file or a value; its words are in the hash, not its path."""
    path = tmp_path / "list.txt"
    path.write_text("# insults\nass\nson of a gun\n笨蛋\n", encoding="utf-8")
    gate = sft.gate_words(path)
    told = drops(
        gate, "A class of grass.", "You ASS!", "a Son of a  gun", "你这个笨蛋。", "笨鸟先飞"
    )
    assert ["", "listed words", "listed words", "listed words", ""] == told
    assert gate == sft.gate_words(["笨蛋", "ass", "son of a gun", "ass"])
    assert ["", "listed words"] == drops(sft.gate_words(["笨蛋"], most=1), "笨蛋", "笨蛋，大笨蛋")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        sft.gate_words(tmp_path / "none.txt")
    with pytest.raises(ConfigurationError, match="no word"):
        sft.gate_words([" "])


def test_refusals_that_are_wanted_stay():
    """Rejected answers, and those marked as undesirable, may refuse."""
    refusal, answer = "抱歉，我无法回答。", "八十元。"
    kto = {"prompt": [{"role": "user", "content": "多少钱？"}]}
    kto |= {"completion": [{"role": "assistant", "content": refusal}]}
    assert ["", "refuses"] == drops(
        sft.gate_refusal(), {**kto, "label": False}, {**kto, "label": True}
    )
    pair = {"prompt": "多少钱？", "chosen": answer, "rejected": refusal}
    assert [""] == drops(sft.gate_refusal(), pair)
    assert [""] == drops(sft.gate_refusal(no_answers=False), "文中没有提到门票价格。")


def test_code_and_addresses_are_of_no_language():
    """A Chinese answer that is mostly a link or a program stays Chinese; a bare one is let through."""
    code = "```python\nfor name in the_list_of_names:\n    print(name.to_upper() for x in y)\n```"
    link = "https://www.example.com/de/la/los/index.html?for=this&with=that"
    gate = sft.gate_language("zh", part="answer")
    good = [f"官网：{link}", f"如下：\n{code}", link, code, "联系 the.office@is.for.example.com"]
    assert [""] * len(good) == drops(gate, *good)
    assert ["language en"] * 2 == drops(
        gate, f"See {link} for all of it.", f"This is the code: {code}"
    )


def test_numbers_are_those_of_the_source():
    """Whatever way a number is written, it must stand in the source or the question."""
    source = "望云楼建于 1441 年，高二十八点六米，共四层；门票 1,280.50 元，八十人以上九折。"

    def row(answer, asked="?"):
        return {**chat(answer, asked), "context": source}

    gate = sft.gate_numbers("context")
    good = ["一千四百四十一年", "1280.5 元", "80 人", "1. 门票\n2. 时间", "很高", "１４４１ 年"]
    assert [""] * len(good) == drops(gate, *map(row, good))
    bad = "number not in the source"
    assert [bad, bad] == drops(gate, row("1442 年"), row("三十层"))
    assert [""] == drops(gate, row("共 365 天", asked="一年 365 天都开吗？"))
    assert [bad, ""] == drops(
        sft.gate_numbers("question"), chat("7 天", "几天"), chat("7", "七天 7")
    )


def test_grounded_answers_stand_in_the_source():
    """Quotes pass, paraphrases with the source's words pass, inventions do not."""
    source = "Tickets cost 80 yuan. The tower is open from 8:00 to 18:00 on all days of the year."

    def row(answer, context=source):
        return {**chat(answer), "context": context}

    gate = sft.gate_grounded("context")
    assert ["", ""] == drops(gate, row("8:00 to 18:00"), row("The tower opens at 8:00 every day."))
    assert ["not in the source"] == drops(gate, row("Bicycles can be rented near the station."))
    assert ["other language"] == drops(gate, row("这座塔每天八点开门，一直开到十八点。"))
    assert ["no source"] == drops(gate, row("80 yuan", context=""))
    chinese = "望云楼建于明正统六年，高 28.6 米，共四层。"
    told = drops(
        gate, row("它有四层，建于明正统六年", chinese), row("停车场可以免费使用三小时", chinese)
    )
    assert ["", "not in the source"] == told


def test_scores():
    """Numbers of any type; no score is a reason of its own."""
    rows = [{"score": 4}, {"score": 2.5}, {"score": None}, {"score": float("nan")}]
    gate = sft.gate_score(3)
    assert ["", "score under 3", "no score", "no score"] == drops(gate, *rows)
    assert ["", "score under 3", "", ""] == drops(sft.gate_score(3, unscored=True), *rows)
    assert ["score over 3", ""] == drops(sft.gate_score(0, 3), *rows[:2])
    with pytest.raises(ConfigurationError, match="expected a number"):
        drops(gate, {"score": "high"})


@given(st.text(), st.sampled_from(["encoding", "residue", "placeholder", "refusal", "repetition"]))
def test_any_text_is_judged(text, name):
    """Whatever the text, a gate keeps its row or gives one reason."""
    [why] = drops(getattr(sft, f"gate_{name}")(), text.encode("utf-8", "replace").decode())
    assert isinstance(why, str)
