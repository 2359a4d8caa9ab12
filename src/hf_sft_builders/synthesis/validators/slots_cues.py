"""Words that make a number a bound, in Chinese and English: what `slots_bounds` looks for.

A cue in front of a number may be negated, and negated again: 超过 is a lower bound, 不超过 an upper
one, 不能不超过 a lower one. So the tables hold the bare comparators, and negators are counted.
"""

from __future__ import annotations

import re

# Questions of the form A-not-A ask, they do not negate.
ASKING = re.compile(
    r"有没有|能不能|可不可以|是不是|要不要|会不会|行不行|好不好|想不想|是否|能否|可否"
)
_CLAUSE_END = r"，。；！？;!?\n、,"
CLAUSE_END = re.compile(
    rf"[{_CLAUSE_END}]|\.(?!\d)|\bbut\b|\band also\b|但是?|不过(?=[^\d])|而且|并且"
)

MONEY = r"块钱|元钱|元|块|圆|人民币|rmb|cny|yuan|kuai|bucks?|dollars?|usd"
POINTS = r"分(?!钟)|颗星|星(?!期)|stars?|points?"
SIGNS = r"¥|￥|\$|rmb|cny"

_NOT_ZH = (
    "并不是|不是|并非|不要|不用|不能|不可以|不可|不得|不会|不想要|不想|不希望|不愿意|不愿|不应该|不应|不该|"
    "不许|不准|不接受|不考虑|不至于|没有|切勿|切莫|绝不|决不|从不|拒绝|避免|排除|千万别|不|别|没|勿|未|莫|甭"
)
_BETWEEN_ZH = (
    "要|能|可以|得|会|想|给我|帮我|推荐|找|选|住|看|考虑|安排|订|那种|那些|什么|任何|价格|房价|价位|价钱|"
    r"预算|费用|评分|分数|每晚|一晚|单价|总价|用|花|有|出|让|它|酒店|房间|房|的|再|太|是|\s"
)
_UPPER_ZH = (
    "达不到|够不上|要不了|用不了|不到|未满|不满|不足|低于|少于|小于|便宜于|低过|少过|亚于|逊于|下于|差于|"
    "最多|至多|最高|顶多|最贵|撑死|上限|封顶|控制在|压在|限制在|(?:别|不能|不要|不可)过"
)
_LOWER_ZH = (
    "不止|不下|少说|超过|超出|高于|大于|多于|高过|贵过|贵于|优于|胜过|超|至少|起码|最少|最低|最差|最便宜|"
    "下限|突破|达到|达|够|满"
)
_AFTER_ZH = (
    r"的|了|是|为|在|到|于|约|有|个|人民币|rmb|cny|¥|￥|\$|:|：|\s|每晚|一晚|每间|一间|只|就|能够|能|可以|可|"
    "接受|出得起|出|给|花|付|要|得|也|都|设|定|价格|房价|价位|评分|打到|打|拿"
)
_NOT_EN = (
    r"don['’]?t|doesn['’]?t|do not|does not|didn['’]?t|isn['’]?t|aren['’]?t|shouldn['’]?t|should not|"
    r"mustn['’]?t|must not|can['’]?t|cannot|can not|won['’]?t|will not|wouldn['’]?t|"
    r"would not|couldn['’]?t|not|nothing|"
    r"never|none|no|without|avoid|skip|exclude|excluding|neither"
)
_BETWEEN_EN = (
    r"\s|want(?:ing)?|to|go|going|goes|be|being|costs?|costing|pay|paying|spend|spending|need|show|me|give|any|"
    r"anything|anywhere|hotels?|rooms?|places?|ones?|it|that|which|is|are|an?|the|of|much|priced|rated|price|"
    r"rating|rates?|scores?|scored|at|with|in|get|have|having|come|drop|fall|dip|stay|yuan|all|allowed|see|"
    r"recommend|something|interested|even|ever"
)
_UPPER_EN = (
    r"less than|lower than|cheaper than|fewer than|smaller than|worse than|under|below|beneath|within|up to|"
    r"at(?: the)? most|maximum|max|capped at|cap|ceiling|upper limit|limited to|limit|south of|short of|"
    r"to keep it to|stay to"
)
_LOWER_EN = (
    r"more than|higher than|greater than|better than|pricier than|dearer than|over|above|beyond|"
    r"exceed(?:s|ing)?|in excess of|at(?: the)? least|minimum|min|starting (?:at|from)|"
    r"starts (?:at|from)|upwards? of|floor|"
    r"lower limit|north of|from|past"
)
_AFTER_EN = (
    r"\s|is|of|at|to|be|the|an?|¥|￥|\$|rmb|cny|usd|:|pay|spend|price|rating|score|i can pay|all"
    r"|rates?|nightly|daily|weekly|monthly|room|cost|fee|fare|rent"
)


def _before(negators: str, between: str, core: str, after: str, edge: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<chain>(?:{edge}(?:{negators}){edge}(?:{between})*)*){edge}(?:{core}){edge}(?:{after})*$",
        re.IGNORECASE,
    )


UPPER_BEFORE = (
    _before(_NOT_ZH, _BETWEEN_ZH, _UPPER_ZH, _AFTER_ZH, ""),
    _before(_NOT_EN, _BETWEEN_EN, _UPPER_EN, _AFTER_EN, r"\b"),
)
LOWER_BEFORE = (
    _before(_NOT_ZH, _BETWEEN_ZH, _LOWER_ZH, _AFTER_ZH, ""),
    _before(_NOT_EN, _BETWEEN_EN, _LOWER_EN, _AFTER_EN, r"\b"),
)
NEGATORS = re.compile(rf"{_NOT_ZH}|\b(?:{_NOT_EN})\b", re.IGNORECASE)
ONLY_NEGATED = re.compile(
    rf"(?P<chain>(?:(?:{_NOT_ZH})(?:{_BETWEEN_ZH})*)+|(?:\b(?:{_NOT_EN})\b(?:\b(?:{_BETWEEN_EN}))*)+)"
    rf"(?:{SIGNS}|\s)*$",
    re.IGNORECASE,
)
COMPARED = re.compile(r"比(?:起|着)?\s*$")
BUDGET = re.compile(
    r"(?:预算|budget)(?:大概|只|就|is|of|was|:|：|是|为|有|在|\s|¥|￥|\$)*$", re.IGNORECASE
)
ABOUT_BEFORE = re.compile(
    r"(?:大约|大概|约|差不多|接近|around|about|roughly|approximately|circa|near(?:ly)?)\s*(?:是|在)?\s*$",
    re.IGNORECASE,
)
OPEN_BEFORE = re.compile(
    r"(?:不介意|无所谓|不在乎|不怕|don['’]?t mind|doesn['’]?t matter|happy to)[^，,。.]{0,14}$",
    re.IGNORECASE,
)

_NIGHT = r"(?:\s|/晚|每晚|一晚上?|一宿|一间|每间|的价格|的房|per night|a night|/night|each|-star)*"
UPPER_AFTER = re.compile(
    rf"^{_NIGHT}(?:以内|之内|以下|之下|以里|内(?!容)|及以下|封顶|为上限|是上限|上限|是极限|打住|到顶|顶天|往下|为限|"
    r"都不到|还不到|不到|(?:或者?|及|和)(?:更)?(?:低|少|便宜|以下)"
    r"|or (?:less|below|under|lower|cheaper|fewer)|and (?:under|below|less)|max(?:imum)?\b|at (?:the )?most|"
    r"tops?\b|ceiling|cap\b|(?:is )?(?:my|the|our) (?:limit|ceiling|max(?:imum)?|upper limit))",
    re.IGNORECASE,
)
LOWER_AFTER = re.compile(
    rf"^{_NIGHT}(?:以上|之上|及以上|起步|起订|起(?![^的，。,.])|起|往上|朝上|开外|打底|保底|为下限|是下限|下限|是底线|"
    r"(?:或者?|及|和)(?:更)?(?:高|多|好|贵|以上)|\+"
    r"|or (?:more|above|higher|over|better|up)|and (?:up|above|over|higher|more)|plus\b|min(?:imum)?\b|"
    r"at (?:the )?least|upwards?|floor|onwards?|(?:is )?(?:my|the|our) (?:floor|min(?:imum)?|lower limit))",
    re.IGNORECASE,
)
COMPARED_HIGHER = re.compile(r"^\s*(?:还|更|要|再)?(?:高|贵|多|好|大)")
COMPARED_LOWER = re.compile(r"^\s*(?:还|更|要|再)?(?:低|便宜|少|差|小)")
ABOUT_AFTER = re.compile(r"^\s*(?:左右|上下|出头|来块|多块|or so|ish|give or take)", re.IGNORECASE)
REJECTED_AFTER = re.compile(
    r"^.{0,6}?(?:的|就|都).{0,6}?(?:不要|不考虑|不看|不行|不接受|不住|不订|免谈|别推荐|别给|别考虑|别选|排除|除外|"
    r"算了|过滤|跳过|pass|拒绝)"
    r"|^.{0,10}?\b(?:is|are|would be|will be)\s+(?:out\b|off the table|too |not ok|not an option|unacceptable|"
    r"no good|a no\b)|^.{0,10}?\b(?:won['’]?t do|won['’]?t work)",
    re.IGNORECASE,
)
RANGE = re.compile(r"^\s*(?:到|至|-|~|～|—|–|－|to|until|through)+\s*(?:¥|￥|\$)?$", re.IGNORECASE)
RANGE_AND = re.compile(r"^\s*(?:和|与|跟|、|and|,)\s*(?:¥|￥|\$)?$", re.IGNORECASE)
BETWEEN_BEFORE = re.compile(r"(?:介于|界于|在|between)\D{0,8}$", re.IGNORECASE)
BETWEEN_AFTER = re.compile(r"^\s*(?:之间|中间|间)")
RHETORICAL = re.compile(r"(?:吗|么|嘛|吧)\s*[？?]?\s*$|[？?]\s*$")
