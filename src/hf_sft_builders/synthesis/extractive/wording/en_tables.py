"""English words and the questions they lead to, as data.

In every template `{s}` or `{x}` is the subject with its article, `{k}` the key in its own case.
"""

from __future__ import annotations

ATTRIBUTES: tuple[tuple[str, str], ...] = (
    # The first pattern that matches the whole key, in lower case, decides.
    (r"(?:full |street |postal |mailing )?address|location|where", "Where is {s} located?"),
    (r"(?:.* )?(?:hours|opening times?)|open", "What are the opening hours of {s}?"),
    (r"(?:price|cost)(?: range)?|rates?", "How much does {s} cost?"),
    (
        r"(?:admission|entry|entrance|ticket|tickets?)(?: fees?| price| cost)?",
        "How much is admission to {s}?",
    ),
    (
        r"(?:suggested|recommended) (?:visit|duration|time|visit time|length of visit)|"
        r"time needed|visit time",
        "How much time should you allow for {s}?",
    ),
    (r"(?:tele)?phone(?: number)?|tel|call", "What is the phone number of {s}?"),
    (r"e-?mail(?: address)?", "What is the email address of {s}?"),
    (r"web ?site|web|url", "What is the website of {s}?"),
    (r"capacity|seats", "What is the capacity of {s}?"),
    (r"contact(?: person)?", "Who is the contact for {s}?"),
    (
        r"(?:built|constructed|completed|established|founded|opened|released|published)(?: in)?",
        "When was {s} {k}?",
    ),
    (
        r"(?:founder|author|owner|manager|director|architect|publisher|manufacturer|"
        r"maker|editor|chair|operator|"
        r"developer|responsible person|contact person)",
        "Who is the {k} of {s}?",
    ),
    (
        r"(?:effective|start|end|release|publication|due|launch|expiry|expiration|review|"
        r"approval|issue) date|"
        r"deadline|date",
        "What is the {k} of {s}?",
    ),
    (r"languages?", "Which languages does {s} support?"),
    (r"duration|length of stay|running time", "How long does {s} last?"),
    (r"remarks?|notes?|comments?|tips?|description|details|other", ""),
)
NOUN_ENDINGS = (
    # A key whose last word is one of these names a property.
    r"(?:voltage|current|power|weight|mass|length|height|width|depth|diameter|thickness|"
    r"radius|area|volume|"
    r"size|dimensions?|capacity|temperature|pressure|flow|speed|frequency|range|accuracy|"
    r"resolution|rating|class|"
    r"type|model|number|name|code|version|serial|colou?r|material|warranty|lifetime|life|"
    r"period|interval|duration|"
    r"distance|population|elevation|altitude|depth|level|limit|threshold|setting|value|"
    r"rate|ratio|fee|price|cost|"
    r"budget|deposit|discount|salary|score|grade|rank|quantity|amount|count|total|format|"
    r"size|memory|storage|"
    r"processor|display|battery|consumption|efficiency|output|input|load|torque|head|"
    r"lift|density|humidity|"
    r"purpose|scope|status|category|title|department|currency|language|region|country|"
    r"city|origin|destination|"
    r"departure|arrival|frequency|platform|license|licence|protocol|port|interface|"
    r"connector|enclosure rating|"
    r"noise|noise level|range|reserve|tolerance|latency|throughput|bandwidth|yield|term|"
    r"allowance|entitlement|"
    r"tolerance|resistance|distance|clearance|performance|impedance|frequency|reference|"
    r"\w+(?:tion|sion|ment|ness|ity|age|ture|dth|gth|ight))"
)
PLURAL_NOUNS = (
    r"(?:dimensions|outputs|inputs|ports|materials|features|benefits|accessories|terms|"
    r"symptoms|\w+s)"
)
NOT_PLURAL = r"(?:\w+(?:ss|us|is)|gas|lens|status|always|class|business|access|process|address|bus)"
MASS_NOUNS = (
    r"\w*(?:tion|sion|ment|ness|ity|ance|ence|ism|ship|hood|ing|age|ics|dom|cy|ware|work)|"
    r"leave|access|support|safety|security|privacy|training|travel|pay|equipment|"
    r"water|air|energy|data|software|maintenance|shipping|delivery|history|"
    r"research|food|transport|parking|accommodation|health|time|control|use|care|"
    r"abuse|conduct|evidence|money|credit|weather|climate|nightlife|culture|"
    r"etiquette|storage|shutdown|wear|corrosion|noise|duty|content|yield|"
    r"capacity|yoga|music|art|matter|heat|light|crops|blood|tissue|soil|steel|"
    r"wood|rain|snow|mail|law|service|insurance|tax|payroll|news"
)

ING_NOUNS = (
    "building|ceiling|string|spring|setting|meeting|housing|lighting|parking|shipping|"
    "pricing|training|heating|cooling|"
    "wiring|bearing|casing|fitting|rating|reading|warning|mapping|engineering|marketing|"
    "banking|accounting|lightning|"
    "wedding|evening|morning|painting|drawing|dining|swimming|cooking|hearing|filing|"
    "billing|operating|working|opening"
)
GENERIC: tuple[tuple[str, str], ...] = (
    (
        r"overview|introduction|about(?: us| the \w+)?|general(?: information|"
        r" description)?|background|summary|"
        r"at a glance|(?:product )?description|basics|profile|in brief|executive summary",
        "What should you know about {x}?",
    ),
    (
        r"(?:important |safety )?(?:notes?|tips|precautions|warnings|cautions|advice)|"
        r"safety|safety instructions|"
        r"safety information|good to know|practical information|before you go|things to know",
        "What should you keep in mind about {x}?",
    ),
    (
        r"(?:key |main )?(?:features|benefits|highlights|advantages|disadvantages|"
        r"limitations|components|"
        r"requirements|functions|risks|objectives|principles|responsibilities|types|"
        r"parts|applications|uses|symptoms|"
        r"causes|effects|exceptions|exclusions|eligibility requirements)",
        "What are the {k} of {x}?",
    ),
    (r"(?:system |technical |minimum )?requirements|prerequisites", "What are the {k} for {x}?"),
    (
        r"history|origins?|purpose|scope|aim|structure|architecture|design|significance|"
        r"geography|climate|culture|"
        r"importance|layout|ecology|geology|legacy",
        "What is the {k} of {x}?",
    ),
    (r"eligibility|who is eligible", "Who is eligible for {x}?"),
    (r"location|where it is", "Where is {x} located?"),
    (r"opening (?:hours|times)|hours", "What are the opening hours of {x}?"),
    (r"admission|tickets|prices|entry fees?|fees|pricing|admission fees?", "What does {x} cost?"),
    (
        r"getting there|getting here|how to get there|directions|arrival|by car|how to reach",
        "How do you get to {x}?",
    ),
    (r"getting around", "How do you get around in {x}?"),
    (r"installation|installing", "How do you install {x}?"),
    (r"set-?up|setting up", "How do you set up {x}?"),
    (r"usage|use|using|how to use|instructions for use", "How do you use {x}?"),
    (r"operation|operating|operating instructions", "How do you operate {x}?"),
    (r"configuration|configuring", "How do you configure {x}?"),
    (
        r"maintenance|care|care and maintenance|cleaning|cleaning and care",
        "How do you maintain {x}?",
    ),
    (r"troubleshooting", "How do you troubleshoot {x}?"),
    (r"uninstallation|uninstalling|removal", "How do you remove {x}?"),
    (r"abstract", "What is {x} about?"),
    (
        r"methods?|methodology|materials and methods|experimental setup|approach",
        "What methods are used in {x}?",
    ),
    (r"results?|findings|key findings|main results", "What results are reported in {x}?"),
    (r"conclusions?|concluding remarks|summary and conclusions?", "What is concluded in {x}?"),
    (r"discussion", "What is discussed in {x}?"),
    (r"related work|literature review", "What related work is discussed in {x}?"),
    (r"definition|meaning", "What is {x}?"),
    (r"how it works|principle of operation|operating principle", "How does {x} work?"),
)
UNUSED = (
    r"(?:table of )?contents|references|bibliography|acknowledge?ments?|appendix.*|index|"
    r"copyright.*|licen[cs]e|"
    r"changelog|change log|revision history|contact(?: us| information)?|further reading|"
    r"see also|links|resources|"
    r"specifications?|technical (?:data|specifications)|parameters|details|data|"
    r"definitions|glossary|terms|"
    r"terms used .*|miscellaneous|other|general terms|notes to .*|examples?|faqs?|"
    r"frequently asked questions|"
    r"questions|answers?|figures?|tables?|body|text|untitled|disclaimer|keywords|"
    r"part \w+|chapter \w+|section [\d.]+|"
    r"(?:release|version|rev\.?|class|event|static method|method|property|function|"
    r"constructor|interface|module|"
    r"command|parameter|type)(?: v?[\d.].*)?|v?\d+\.\d[\d.]*\b.*|\d{4}-?\d\d-?\d*.*|"
    r"release notes|what.s new|"
    r"step \w+|more information|next steps|other .*|additional .*|final .*|caveats?|"
    r"notes? (?:for|on) .*|common objects|footnotes|maintainers?|"
    r"contributors|authors|community|support us|sponsors|version|document history|preface|foreword"
)

DATA_HEADING = (
    # Headings of data, which belong to what the heading above names.
    r"(?:.* )?(?:data|specifications?|parameters|prices|rates|fees|hours|details|"
    r"information|schedule|codes|numbers|"
    r"limits|properties|dimensions|plans|settings|values|intervals|facts)"
)
FIRST_COLUMNS: tuple[tuple[str, str], ...] = (
    (
        r"(?:(?:error|fault|alarm|status|warning|exit|response|event|trouble) )?codes?|"
        r"error|alarm|fault code",
        "code",
    ),
    (
        r"(?:keyboard )?shortcuts?|keys?|commands?|buttons?|icons?|symbols?|indicators?|"
        r"lamps?|leds?|gestures?",
        "command",
    ),
    (r"(?:key )?terms?|abbreviations?|acronyms?|words?", "term"),
    (r"symptoms?|problems?|faults?|issues?|trouble|malfunction|observation", "symptom"),
    (
        r"parameters?|propert(?:y|ies)|items?|specifications?|characteristics?|"
        r"attributes?|features?|quantity|"
        r"description|metric|measure|spec",
        "parameter",
    ),
    (r"no\.?|#|number|rank|step|s/n|id|ref\.?", "number"),
    (r"time|date|day|month|year|week|when|hour|session", "time"),
    (r"interval|frequency|every|how often|period|schedule", "interval"),
    (
        r"(?:\w+ )?(?:plan|type|category|level|tier|class|grade|size|season|package|"
        r"ticket|option|mode|role|group|"
        r"status|band|fare|membership|rate|condition|severity|priority|length of service|"
        r"zone|region|position)",
        "kind",
    ),
    (r"location|place|where|room|floor|area|position", "place"),
)
NAMING_COLUMN = (
    r"(?:.* )?(?:name|hotel|restaurant|museum|sight|attraction|city|country|model|"
    r"product|company|person|author|lake|"
    r"river|mountain|island|station|airport|school|university|language|planet|element|"
    r"species|team|film|book)"
)
VALUE_COLUMN = (
    r"(?:typical |nominal |rated )?(?:values?|specifications?|rating|data|requirement|detail|"
    r"details|limit|limits|setting)"
)
UNIT_COLUMN = r"units?|currency"
SUM_ROWS = r"(?:other|others|all|total|sum|average|mean|subtotal|overall|misc|various)\b.*"
REMARK_COLUMN = (
    r"(?:.* )?(?:remarks?|notes?|comments?|tips?|description|details|image|link|url|source|"
    r"page|ref\.?|reference|see also|other)"
)
MEANING_COLUMN = (
    r"(?:.* )?(?:meaning|description|definition|fault|error|condition|explanation|problem|"
    r"message|name)"
)
CAUSE_COLUMN = r"(?:.* )?(?:causes?|reasons?)"
REMEDY_COLUMN = (
    r"(?:.* )?(?:remed(?:y|ies)|solutions?|actions?|fix|what to do|corrective actions?|"
    r"correction|resolution|response)"
)
TASK_COLUMN = (
    r"(?:.* )?(?:work|tasks?|actions?|activity|activities|maintenance|checks?|service|"
    r"what to do|procedure)"
)

NO_SUBJECT_KEYS = (
    r"(?:note|notes|warning|caution|important|tip|tips|example|examples|figure|table|"
    r"step.*|q|a|question|answer|"
    r"see(?: also)?|source|sources|http.*|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|mon.*|"
    r"weekdays?|weekends?|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|"
    r"keywords|abstract|summary|from|to|cc|subject|re|day.*|morning|afternoon|evening|"
    r"however|therefore|remember|"
    r"hint|danger|attention|i\.e\.|e\.g\.|namely|that is|in short|result|conclusion|"
    r"reason|first|second|third|input|"
    r"output|usage|option [a-z]|part .*|chapter .*|section .*|appendix .*|copyright|"
    r"disclaimer|tags?|updated|"
    r"last .*|by|with|for|in|at|on|breakfast|lunch|dinner|title)"
)
EMPTY_CELLS = frozenset(
    {
        "",
        "—",
        "-",
        "–",
        "--",
        "n/a",
        "na",
        "none",
        "tbd",
        "?",
        "…",
        "...",
        "✓",
        "✔",
        "√",
        "✗",
        "✘",
        "×",
        "x",
        "yes",
        "no",
        "y",
        "n",
        "not applicable",
        "see above",
        "ditto",
        "•",
        "●",
        "○",
    }
)
