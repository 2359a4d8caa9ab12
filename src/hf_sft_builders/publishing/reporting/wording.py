"""The words of a report, in English and Chinese."""

from __future__ import annotations

from hf_sft_builders.errors import UnknownName

_ENGLISH = {
    "report": "Dataset report",
    "rows": "rows",
    "splits": "Splits",
    "format": "Format",
    "no format": "none that a trainer reads; measured by its text",
    "tokens": "Tokens per row",
    "estimated": "estimated, no tokenizer given",
    "counted by": "counted by {name}",
    "question": "Question, characters",
    "answer": "Answer, characters",
    "text": "Text, characters",
    "turns": "Turns per row",
    "turn": "{n} turn",
    "turns n": "{n} turns",
    "languages": "Languages",
    "looked at": "of {n} rows looked at",
    "cannot be told": "cannot be told",
    "label domain": "Domains",
    "label label": "Labels",
    "label desirable": "Desirable",
    "concerns": "Repeats and long rows",
    "repeated row": "same words in all",
    "repeated question": "same question",
    "repeated answer": "same answer",
    "or nearly": "; the same or nearly: {rows} ({share})",
    "of the first": "{share} of the first {n}",
    "over": "over {limit} tokens",
    "over none": "no row",
    "drops": "Dropped, by reason",
    "failures": "Failed, by reason",
    "ignored": "Files not opened",
    "unreadable": "Files that could not be read",
    "noted": "Noted",
    "no manifest": "not known: no manifest lies beside the rows",
    "nothing": "nothing",
    "left out": "Left out",
    "sources": "Sources",
    "licenses": "Licenses",
    "unknown": "unknown",
    "without source": "no source named",
    "models": "Models",
    "extractive": "none (answers copied from the documents)",
    "usage": "Asked of models",
    "cost": "Cost, by the prices given",
    "calls": "calls",
    "cached": "stored replies",
    "refused": "refusals waited out",
    "tokens_in": "tokens in",
    "tokens_out": "tokens out",
    "tokens_reasoning": "of them reasoning",
    "reviewed": "Reviewed",
    "median": "median",
    "mean": "mean",
    "p95": "95 % are below",
    "maximum": "longest",
    "minimum": "shortest",
    "more": "… and {n} more",
    "others": "{n} others",
    "row axis": "rows",
    "file": "file",
    "title": "title",
    "license": "license",
    "document": "documents",
    "page": "pages",
    "chunk": "chunks",
    "made": "Counted",
    "and longer": "and longer",
    "True": "yes",
    "other": "other",
    "False": "no",
    "made with": "Made with hf_sft_builders {version}.",
}
_CHINESE = {
    "report": "数据集报告",
    "rows": "行",
    "splits": "划分",
    "format": "格式",
    "no format": "不是训练格式，按文本统计",
    "tokens": "每行 token 数",
    "estimated": "估算值，未指定分词器",
    "counted by": "由 {name} 统计",
    "question": "提问字数",
    "answer": "回答字数",
    "text": "文本字数",
    "turns": "每行对话轮数",
    "turn": "{n} 轮",
    "turns n": "{n} 轮",
    "languages": "语言",
    "looked at": "抽查 {n} 行",
    "cannot be told": "无法判断",
    "label domain": "领域分布",
    "label label": "标签分布",
    "label desirable": "是否可取",
    "concerns": "重复与超长行",
    "repeated row": "整行重复",
    "repeated question": "提问重复",
    "repeated answer": "回答重复",
    "or nearly": "；相同或近似：{rows} ({share})",
    "of the first": "占前 {n} 行的 {share}",
    "over": "超过 {limit} token",
    "over none": "没有",
    "drops": "丢弃原因",
    "failures": "失败原因",
    "ignored": "未打开的文件",
    "unreadable": "无法读取的文件",
    "noted": "备注",
    "no manifest": "未知：数据旁边没有运行记录",
    "nothing": "无",
    "left out": "未进入数据集的内容",
    "sources": "来源",
    "licenses": "许可证",
    "unknown": "未知",
    "without source": "未注明来源",
    "models": "所用模型",
    "extractive": "未使用语言模型（答案摘自原文）",
    "usage": "模型用量",
    "cost": "费用（按所给单价）",
    "calls": "次调用",
    "cached": "次命中已存回复",
    "refused": "次被拒后重试",
    "tokens_in": "输入 token",
    "tokens_out": "输出 token",
    "tokens_reasoning": "其中推理 token",
    "reviewed": "人工审核",
    "median": "中位数",
    "mean": "平均",
    "p95": "95% 的行不超过",
    "maximum": "最长",
    "minimum": "最短",
    "more": "……另有 {n} 项",
    "others": "其余 {n} 项",
    "row axis": "行数",
    "file": "文件",
    "title": "标题",
    "license": "许可证",
    "document": "份文档",
    "page": "页",
    "chunk": "个分块",
    "made": "规模",
    "and longer": "及以上",
    "True": "是",
    "other": "其他",
    "False": "否",
    "made with": "由 hf_sft_builders {version} 生成。",
}
_NAMES = {
    "en": {"zh": "Chinese", "en": "English", "ja": "Japanese", "ko": "Korean", "de": "German"}
    | {"fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "nl": "Dutch"}
    | {"ru": "Russian", "ar": "Arabic", "el": "Greek", "he": "Hebrew", "hi": "Hindi", "th": "Thai"},
    "zh": {"zh": "中文", "en": "英语", "ja": "日语", "ko": "韩语", "de": "德语"}
    | {"fr": "法语", "es": "西班牙语", "pt": "葡萄牙语", "it": "意大利语", "nl": "荷兰语"}
    | {
        "ru": "俄语",
        "ar": "阿拉伯语",
        "el": "希腊语",
        "he": "希伯来语",
        "hi": "印地语",
        "th": "泰语",
    },
}
LANGUAGES = {"en": _ENGLISH, "zh": _CHINESE}


class Words:
    """The words of one language: `words("turns")`, `words("over", limit="2,048")`.

    Raises:
        UnknownName: for another language than `en` and `zh`.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise UnknownName("language", language, LANGUAGES)
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Give the words for a key, filled with values."""
        return LANGUAGES[self.language][key].format(**values)

    def of_language(self, code: str) -> str:
        """Name a language by its code."""
        return _NAMES[self.language].get(code, code) if code else self("cannot be told")

    def of_label(self, label: str) -> str:
        """Name a label: truth values and `other` in words, all others as they are."""
        known = {"true": "True", "false": "False", "other": "other"}
        return self(known[label]) if label in known else label

    def of_column(self, column: str) -> str:
        """Give the heading of a column of labels."""
        return self(f"label {column}")

    def count(self, number: int) -> str:
        """Say how many rows: `1,200 rows`, `1,200 行`."""
        unit = "row" if number == 1 and self.language == "en" else self("rows")
        return f"{number:,} {unit}"
