"""Chinese for the sentences of a card."""

from __future__ import annotations

WORDS_ZH = {
    # tables
    "{n} row": "{n} 行",
    "{n} rows": "{n} 行",
    "{n} document": "{n} 份文档",
    "{n} documents": "{n} 份文档",
    "{n} page": "{n} 页",
    "{n} pages": "{n} 页",
    "{n} chunk": "{n} 个分块",
    "{n} chunks": "{n} 个分块",
    "split": "划分",
    "config": "配置",
    "The first row; long texts are cut with `…`, and empty parts of the provenance left out:": (
        "第一行如下；过长的文本以 `…` 截断，来源信息中的空项已省略："
    ),
    "Files of {columns} lie beside the rows, in `media/`; their paths are relative to the folder of "
    "this dataset, so download all of it to use them.": (
        "{columns} 的文件放在数据旁边的 `media/` 中，路径相对于本数据集的文件夹；使用前请下载整个数据集。"
    ),
    "- Config {name}: {ids}": "- 配置 {name}：{ids}",
    "Download it first (`pip install modelscope`): `{command}`": (
        "请先下载（`pip install modelscope`）：`{command}`"
    ),
    "rows": "行数",
    "files": "文件数",
    "size": "大小",
    "column": "列",
    "type": "类型",
    "holds": "内容",
    "file": "文件",
    "title": "标题",
    "license": "许可证",
    "license found in": "许可证依据",
    "step": "步骤",
    "model": "模型",
    "prompt": "提示词",
    "parameters": "参数",
    "label": "标签",
    "share": "占比",
    "measure": "指标",
    "median": "中位数",
    "95 % are below": "95% 不超过",
    "longest": "最长",
    # columns
    "the conversation, the assistant's words last": "对话，最后一条是助手的回答",
    "the conversation, human first": "对话，先人后模型",
    "the question or task": "问题或任务",
    "what the instruction is about; empty where it says all": "指令的补充内容；指令已说全则为空",
    "the answer": "回答",
    "system prompt; empty where there is none": "系统提示词；没有则为空",
    "earlier questions and answers, as pairs": "之前的问答，成对排列",
    "JSON text of the tools; empty where there are none": "工具的 JSON 文本；没有则为空",
    "the chunk's words": "分块正文",
    "the text": "文本",
    "whether the answer is a good one": "回答是否可取",
    "the label": "标签",
    "what is asked": "提问",
    "the better answer": "较好的回答",
    "the worse answer": "较差的回答",
    "pictures, in the order of the tags in the words": "图片，顺序与文字中的标记一致",
    "videos, in the order of the tags in the words": "视频，顺序与文字中的标记一致",
    "sounds, in the order of the tags in the words": "音频，顺序与文字中的标记一致",
    "the picture": "图片",
    "the sound": "音频",
    "the video": "视频",
    "what the picture shows": "图片内容",
    "what was said, in short": "内容摘要",
    "the steps to the answer": "得出答案的步骤",
    "what the teacher thought": "教师模型的思考",
    "what the teacher said": "教师模型的回答",
    "the model that answered": "作答的模型",
    "how good the row is": "本行的评分",
    "the language of the thoughts": "思考所用的语言",
    "instructions": "指令",
    "the question": "提问",
    "the thoughts": "思考过程",
    "the turns, searches among them": "各轮对话，包括检索",
    "how good the answer is": "回答的评分",
    "Gates": "检查（gates）",
    "the document it is from": "所属文档",
    "the document's title": "文档标题",
    "what it stands under, outermost first": "所在章节，由外到内",
    "pages of the document, from 1": "文档页码，从 1 开始",
    "where it begins in the document's text, in characters": "在文档正文中的起点（字符）",
    "where it ends": "终点",
    "ISO 639 code of the main language": "主要语言的 ISO 639 代码",
    "subject, where one was named": "领域；未标注则为空",
    "document, span, step and number; stays when the text is edited": (
        "由文档、位置、步骤和序号组成；修改正文后不变"
    ),
    "steps from source to row: file, sha256, license, pages, spans, model, prompt": (
        "从来源到本行的每一步：文件、sha256、许可证、页码、位置、模型、提示词"
    ),
    # sources
    "Not known: the rows carry no provenance, and no manifest lies beside them.": (
        "未知：数据行没有来源信息，旁边也没有运行记录。"
    ),
    "Local files are named by their path below the folder they share, in the rows too; "
    "where that folder lay is not published.": (
        "本地文件（包括数据行中）只写相对于共同文件夹的路径；该文件夹在哪里不会公开。"
    ),
    "… and {n} more, in `{file}`.": "……另有 {n} 项，见 `{file}`。",
    "Papers that belong to them:": "相关论文：",
    # making
    "Builder": "构建器",
    "Counted": "规模",
    "Rows here": "本数据集行数",
    "Steps": "步骤",
    "Model": "模型",
    "Asked": "模型用量",
    "Prompts": "提示词",
    "Options": "选项",
    "Package": "软件包",
    "not known": "未知",
    "none. No language model was used (`extractive`): questions are made by rules, and answers are "
    "copied word for word from the documents": (
        "无。未使用语言模型（`extractive`）：问题由规则生成，答案逐字摘自原文"
    ),
    "{name} (sha256 `{sha}`)": "{name}（sha256 `{sha}`）",
    "{made}, published with {now}": "{made}，用 {now} 发布",
    "{name}: {words}": "{name}：{words}",
    "calls": "次调用",
    "stored replies": "次命中已存回复",
    "refusals waited out": "次被拒后重试",
    "tokens in": "输入 token",
    "out": "输出 token",
    "of them reasoning": "其中推理 token",
    # left out
    "Files not opened": "未打开的文件",
    "Files that could not be read": "无法读取的文件",
    "Dropped": "已丢弃",
    "Failed": "失败",
    "Nothing.": "无。",
    "Not known: no manifest lies beside the rows.": "未知：数据旁边没有运行记录。",
    # numbers
    "Tokens per row ({how})": "每行 token 数（{how}）",
    "estimated": "估算",
    "counted by {name}": "由 {name} 统计",
    "Question, characters": "提问字数",
    "Answer, characters": "回答字数",
    "Text, characters": "文本字数",
    "Rows whose words all stood in an earlier row: {row}.": "与前面某行完全相同的行：{row}。",
    "Rows whose words all stood in an earlier row: {row}; whose question did: {question}; whose "
    "answer did: {answer}.": "与前面某行完全相同的行：{row}；提问相同：{question}；回答相同：{answer}。",
    "Lengths": "长度分布",
    "Domains": "领域分布",
    "Labels": "标签分布",
    "Desirable": "是否可取",
    "Labels in `{column}`:": "`{column}` 列的标签：",
    "… and {n} more": "……另有 {n} 项",
    # summary and limits
    "{rows}{form}{origin}{by}{unknown}.": "{rows}{form}{origin}{by}{unknown}。",
    " in the format {format}": "，格式为 {format}",
    " in the formats {formats}": "，格式为 {formats}",
    ", made from {documents}": "，来自 {documents}",
    " by `hf_sft_builders/{builder}`": "，由 `hf_sft_builders/{builder}` 制作",
    ". Where they come from is not known": "。来源未知",
    "See [LICENSE](LICENSE).": "全文见 [LICENSE](LICENSE)。",
    "Nothing here says that a person checked the rows one by one.": "没有记录表明有人逐行检查过这些数据。",
    "Reviewed by people, as the column `{column}` says: {told}.": "人工审核情况（`{column}` 列）：{told}。",
    "Questions are made by rules from headings and wording, so some are stiff. "
    "An answer is as right, and as old, as the document it was copied from.": (
        "问题由规则根据标题和措辞生成，有些会显得生硬。答案摘自原文，原文有误或过时，答案也一样。"
    ),
    "A language model wrote text in these rows; it can be wrong or made up.": (
        "数据中有语言模型写的文字，可能有误，也可能是编造的。"
    ),
    "Personal or confidential passages of the sources were not looked for or removed.": (
        "没有查找、也没有删除来源中的个人信息或保密内容。"
    ),
    "Papers and licenses of the sources ask for credit of their own; see above.": (
        "来源的论文和许可证可能另有署名要求，见上文。"
    ),
    # training
    "## Train on it": "## 如何用于训练",
    "With LLaMA-Factory, this entry in `dataset_info.json`; `dataset_dir` is this folder:": (
        "用 LLaMA-Factory：在 `dataset_info.json` 中加入以下条目，`dataset_dir` 指向本文件夹："
    ),
    "With TRL:": "用 TRL：",
    "With TRL, after a conversion (`pip install hf_sft_builders`):": (
        "用 TRL，先转换格式（`pip install hf_sft_builders`）："
    ),
    "With LLaMA-Factory, after a conversion (`pip install hf_sft_builders`):": (
        "用 LLaMA-Factory，先转换格式（`pip install hf_sft_builders`）："
    ),
    "With TRL, after a conversion (`pip install hf_sft_builders`), for dialogues without searches; "
    "`messages_tools` holds those with:": (
        "用 TRL，先转换格式（`pip install hf_sft_builders`）；以下适用于不含检索的对话，"
        "含检索的请转换为 `messages_tools`："
    ),
    "With TRL, as conversations:": "用 TRL，按对话训练：",
    "With LLaMA-Factory, this entry in `dataset_info.json`; `dataset_dir` is this folder, the stage "
    "is `pt`:": (
        "用 LLaMA-Factory：在 `dataset_info.json` 中加入以下条目，`dataset_dir` 指向本文件夹，"
        "训练阶段为 `pt`："
    ),
    "With TRL and a vision model; the media are decoded by `datasets`:": (
        "用 TRL 训练视觉模型；媒体文件由 `datasets` 解码："
    ),
    "The score is for a classifier with one output (`transformers.Trainer`), and to choose rows by:": (
        "分数用于训练单输出的打分模型（`transformers.Trainer`），也可用来挑选数据："
    ),
    "With TRL, which knows other names for the roles (rows that call tools need more than this):": (
        "用 TRL（角色名称不同；含工具调用的行还需另行处理）："
    ),
    "With TRL, whose chat template for gpt-oss reads `thinking`:": (
        "用 TRL；gpt-oss 的对话模板会读取 `thinking`："
    ),
    "With TRL, after a conversion (`pip install hf_sft_builders`): reasoning between `<think>` tags:": (
        "用 TRL，先转换格式（`pip install hf_sft_builders`），推理过程放在 `<think>` 标签之间："
    ),
    "With TRL, after a conversion (`pip install hf_sft_builders`), as questions whose answer is the "
    "label:": "用 TRL，先转换格式（`pip install hf_sft_builders`），改写成以标签为答案的问题：",
    "With TRL, after a conversion (`pip install hf_sft_builders`): steps between `<think>` tags:": (
        "用 TRL，先转换格式（`pip install hf_sft_builders`），步骤放在 `<think>` 标签之间："
    ),
    "With TRL, whose templates want calls as structures and not as text:": (
        "用 TRL；其模板要求工具调用是结构而不是文本："
    ),
    "With TRL and a model whose chat template reads `reasoning_content`:": (
        "用 TRL，模型的对话模板会读取 `reasoning_content`："
    ),
}

SENTENCES_ZH = (
    (
        r"Name the authors and the license, and say what was changed: (.*)\.",
        "须署名、注明许可证并说明改动：{0}。",
    ),
    (
        r"Pass on the copyright notice and the license text of: (.*)\.",
        "转发时须保留版权声明和许可证全文：{0}。",
    ),
    (
        r"Pass adaptations on under the same license only: (.*)\.",
        "改编后只能以相同许可证发布：{0}。",
    ),
    (r"No commercial use: (.*)\.", "不得用于商业用途：{0}。"),
    (
        r"For the database or its contents only, so look at the rights in the other: (.*)\.",
        "只涵盖数据库或其内容之一，另一部分的权利须另行确认：{0}。",
    ),
    (r"Read the terms of the source itself: (.*)", "请阅读来源自己的条款：{0}"),
    (r"All sources of these rows carry this license\.", "所有来源都采用这一许可证。"),
    (
        r"The sources carry (.*); together they stand under (.*)\.",
        "各来源的许可证为 {0}；合在一起适用 {1}。",
    ),
    (
        r"The sources carry different licenses; each row's provenance names the one it is under\.",
        "各来源的许可证不同；每行的来源信息写明了它适用哪一个。",
    ),
    (r"Who uses all rows has to keep to all of them\.", "使用全部数据须同时遵守所有许可证。"),
    (r"The publisher declares the license as unknown\.", "发布者声明许可证未知。"),
    (
        r"This license was declared by the publisher of the dataset\.",
        "许可证由数据集发布者声明。",
    ),
    (r"The sources themselves name: (.*)\.", "来源自己写明的许可证：{0}。"),
    (r"Other sources name: (.*)\.", "其他来源的许可证：{0}。"),
    (r"No license is known for (.*)\.", "以下来源没有找到许可证：{0}。"),
    (
        r"Nothing says which sources (.*) of (.*) rows come from\.",
        "{1} 行中有 {0} 行没有注明来源。",
    ),
    (
        r"So nobody may assume that these rows may be used, changed or passed on: "
        r"ask whoever holds the rights in the sources\.",
        "因此不能假定这些数据可以使用、修改或转发，请向来源的权利人确认。",
    ),
)
