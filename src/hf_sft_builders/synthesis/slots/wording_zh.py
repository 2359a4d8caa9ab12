"""Chinese templates: what users ask and assistants answer, without a model."""

from __future__ import annotations

OPENERS = ("", "", "", "你好，", "您好，", "嗨，", "哈喽，", "你好呀，")
ASKING_OPENERS = ("请问", "麻烦问下，", "打扰一下，", "想咨询一下，", "请教一下，")
UPPER = (
    "{title}不超过{value}{unit}",
    "{title}别超过{value}{unit}",
    "{title}不要超过{value}{unit}",
    "{title}最多{value}{unit}",
    "{title}最高{value}{unit}",
    "{title}在{value}{unit}以内",
    "{title}{value}{unit}以内",
    "{title}{value}{unit}以下",
    "{title}不高于{value}{unit}",
    "{title}控制在{value}{unit}以内",
    "{title}{value}{unit}封顶",
    "{title}顶多{value}{unit}",
    "{title}上限{value}{unit}",
    "{title}不能高于{value}{unit}",
)
LOWER = (
    "{title}不低于{value}{unit}",
    "{title}至少{value}{unit}",
    "{title}起码{value}{unit}",
    "{title}{value}{unit}以上",
    "{title}在{value}{unit}以上",
    "{title}别低于{value}{unit}",
    "{title}最低{value}{unit}",
    "{title}{value}{unit}起",
    "{title}不少于{value}{unit}",
    "{title}不能低于{value}{unit}",
)
RANGE = (
    "{title}{low}到{high}{unit}",
    "{title}在{low}到{high}{unit}之间",
    "{title}介于{low}和{high}{unit}之间",
    "{title}{low}至{high}{unit}",
    "{title}{low}-{high}{unit}",
    "{title}从{low}到{high}{unit}",
    "{title}不低于{low}{unit}也不超过{high}{unit}",
    "{title}{low}{unit}以上{high}{unit}以下",
)
EQUALS = ("{title}是{value}", "{title}要{value}")
HAS_ALL = ("有{value}", "带{value}", "配有{value}")
AND = ("和", "、", "以及")
ASKS = (
    "帮我找一{measure}{noun}，{conditions}。",
    "帮我找{measure_some}{noun}，{conditions}。",
    "有没有{together}的{noun}？",
    "有{together}的{noun}吗？",
    "我想找一{measure}{together}的{noun}。",
    "想找{together}的{noun}，有推荐吗？",
    "推荐一下{together}的{noun}。",
    "{conditions}，有合适的{noun}吗？",
    "{conditions}，能推荐{measure_some}{noun}吗？",
    "{conditions}的{noun}有哪些？",
    "我要一{measure}{noun}，{conditions}，谢谢。",
    "给我看看{together}的{noun}。",
    "{conditions}，这样的{noun}有吗？",
    "想看看{noun}，要求{conditions}。",
    "找{noun}，{conditions}。",
)
NAMES = (
    "帮我查一下{value}。",
    "{value}怎么样？",
    "我想了解一下{value}。",
    "能介绍一下{value}吗？",
    "{value}的情况说说看。",
    "我想看看{value}。",
    "我要查{value}。",
    "听说{value}不错，帮我查查。",
    "有{value}的信息吗？",
    "朋友推荐了{value}，帮我看看。",
    "{value}现在什么情况，帮我查一下？",
    "{value}，帮我查下。",
)
NAMES_WITH = (
    "帮我查一下{value}，{conditions}的。",
    "有没有{value}，{conditions}的？",
    "想找{value}，{conditions}。",
    "{value}里有{together}的吗？",
)
FOUND_NONE = (
    "抱歉，没有找到符合条件的{noun}。您看要不要放宽一下条件？",
    "不好意思，目前没有{noun}能同时满足这些要求，换个条件我再帮您查。",
    "很抱歉，按您的要求没有查到{noun}，可以调整一下{titles}再试试。",
    "暂时没有符合要求的{noun}。需要我换个条件再找找吗？",
)
FOUND_ONE = (
    "为您找到{facts}。",
    "符合条件的有一{measure}：{facts}。",
    "查到了，{facts}。",
    "推荐您看看{facts}。",
    "有的，{facts}。",
)
FOUND_SOME = (
    "符合条件的{noun}有{count}{measure}：{list}。您想了解哪一{measure}？",
    "为您找到{count}{measure}{noun}：{list}。",
    "查到{count}{measure}：{list}。需要哪一{measure}的详细信息？",
    "有{count}{measure}可以选：{list}。",
)
FOUND_MANY = (
    "一共有{total}{measure}符合条件，先给您介绍{count}{measure}：{list}。",
    "符合条件的{noun}有{total}{measure}，这里列出{count}{measure}：{list}。",
    "共查到{total}{measure}，比如{list}。",
)
COMMA = LAST_AND = LAST_OR = "、"
"""Between the parts of a list, and before the last."""
FACT, FACTS, LISTED = "{title}{value}{unit}", "，", "；"
HAS = "{title}有{value}"
FOLLOW_UP = (
    ("{name}的{title}是多少？", "{name}的{title}是{value}{unit}。"),
    ("{title}呢？", "{name}的{title}是{value}{unit}。"),
    ("请问{title}是多少？", "{title}是{value}{unit}。"),
    ("麻烦再告诉我一下{title}。", "好的，{name}的{title}是{value}{unit}。"),
    ("那{title}方便说一下吗？", "当然，{title}是{value}{unit}。"),
)
FOLLOW_UP_WORDS = (
    ("{name}的{title}是什么？", "{name}的{title}是{value}。"),
    ("{title}麻烦说一下。", "好的，{name}的{title}是{value}。"),
    ("{name}的{title}能告诉我吗？", "可以，{title}是{value}。"),
    ("再问一下{title}。", "{name}的{title}是{value}。"),
)
FOLLOW_UP_LIST = (
    ("{name}都有哪些{title}？", "{name}有{value}。"),
    ("{title}方面都有什么？", "{name}的{title}包括{value}。"),
    ("有什么{title}？", "有{value}。"),
)
HIGHER = (
    (
        "{name}和{other}，哪{measure}{title}更高？",
        "{name}是{one}{unit}，{other}是{two}{unit}，{best}更高，高出{gap}{unit}。",
    ),
    ("这几{measure}里{title}最高的是哪{measure}？", "{best_of}的{title}最高，是{most}{unit}。"),
)
LOWER_COMPARED = (
    (
        "{name}和{other}的{title}差多少？",
        "{name}是{one}{unit}，{other}是{two}{unit}，相差{gap}{unit}。",
    ),
    ("这几{measure}里{title}最低的是哪{measure}？", "{worst_of}的{title}最低，是{least}{unit}。"),
)
EQUAL = (
    ("{name}和{other}，哪{measure}{title}更高？", "两{measure}的{title}一样，都是{one}{unit}。"),
)
CLARIFY = (
    (
        "能告诉我{title}吗？",
        "请问您想了解哪一{measure}的{title}？{names}？",
        "{name}。",
        "{name}的{title}是{value}{unit}。",
    ),
    (
        "那{title}呢？",
        "您指的是哪一{measure}，{names}？",
        "我说的是{name}。",
        "{name}的{title}是{value}{unit}。",
    ),
    (
        "麻烦告诉我{title}。",
        "好的，是{names}里的哪一{measure}？",
        "{name}那{measure}。",
        "好的，{name}的{title}是{value}{unit}。",
    ),
)
CLARIFY_LIST = (
    (
        "有哪些{title}？",
        "请问您想了解哪一{measure}的{title}？{names}？",
        "{name}。",
        "{name}有{value}。",
    ),
    (
        "那{title}呢？",
        "您指的是哪一{measure}，{names}？",
        "我说的是{name}。",
        "{name}的{title}有{value}。",
    ),
    (
        "麻烦告诉我有什么{title}。",
        "好的，是{names}里的哪一{measure}？",
        "{name}那{measure}。",
        "好的，{name}有{value}。",
    ),
)
CLOSINGS = (
    ("好的，谢谢！", "不客气，祝您一切顺利。"),
    ("明白了，谢谢你。", "不用谢，有需要随时找我。"),
    ("行，我知道了，多谢。", "不客气，再见。"),
    ("好，就这样，麻烦你了。", "不麻烦，祝您生活愉快。"),
    ("了解了，谢谢帮忙。", "应该的，有问题随时再问我。"),
    ("可以了，谢谢，再见。", "再见，祝您愉快。"),
    ("太好了，非常感谢！", "很高兴能帮到您，再见。"),
)
