"""English words and the questions they lead to, as data.

In every template `{s}` or `{x}` is the subject with its article, `{k}` the key in its own case.
"""

from __future__ import annotations

ATTRIBUTES: tuple[tuple[str, str], ...] = (
    # The first pattern that matches the whole key, in lower case, decides.
    (r"(?:full |street |postal |mailing )?address|location|where", "Where is {s} located?"),
    (r"(?:.* )?(?:hours|opening times?)|open", "What are the opening hours of {s}?"),
    (r"(?:price|cost)(?: range)?|rates?", "How much does {s} cost?"),
    (r"(?:admission|entry|entrance|ticket|tickets?)(?: fees?| price| cost)?", "How much is admission to {s}?"),
    (r"(?:suggested|recommended) (?:visit|duration|time|visit time|length of visit)|time needed|visit time",
     "How much time should you allow for {s}?"),
    (r"(?:tele)?phone(?: number)?|tel|call", "What is the phone number of {s}?"),
    (r"e-?mail(?: address)?", "What is the email address of {s}?"),
    (r"web ?site|web|url", "What is the website of {s}?"),
    (r"capacity|seats", "What is the capacity of {s}?"),
    (r"contact(?: person)?", "Who is the contact for {s}?"),
    (r"(?:built|constructed|completed|established|founded|opened|released|published)(?: in)?", "When was {s} {k}?"),
    (r"(?:founder|author|owner|manager|director|architect|publisher|manufacturer|maker|editor|chair|operator|"
     r"developer|responsible person|contact person)", "Who is the {k} of {s}?"),
    (r"(?:effective|start|end|release|publication|due|launch|expiry|expiration|review|approval|issue) date|"
     r"deadline|date", "What is the {k} of {s}?"),
    (r"languages?", "Which languages does {s} support?"),
    (r"duration|length of stay|running time", "How long does {s} last?"),
    (r"remarks?|notes?|comments?|tips?|description|details|other", ""),
)
NOUN_ENDINGS = (
    # A key whose last word is one of these names a property.
    r"(?:voltage|current|power|weight|mass|length|height|width|depth|diameter|thickness|radius|area|volume|"
    r"size|dimensions?|capacity|temperature|pressure|flow|speed|frequency|range|accuracy|resolution|rating|class|"
    r"type|model|number|name|code|version|serial|colou?r|material|warranty|lifetime|life|period|interval|duration|"
    r"distance|population|elevation|altitude|depth|level|limit|threshold|setting|value|rate|ratio|fee|price|cost|"
    r"budget|deposit|discount|salary|score|grade|rank|quantity|amount|count|total|format|size|memory|storage|"
    r"processor|display|battery|consumption|efficiency|output|input|load|torque|head|lift|density|humidity|"
    r"purpose|scope|status|category|title|department|currency|language|region|country|city|origin|destination|"
    r"departure|arrival|frequency|platform|license|licence|protocol|port|interface|connector|enclosure rating|"
    r"noise|noise level|range|reserve|tolerance|latency|throughput|bandwidth|yield|term|allowance|entitlement|"
    r"tolerance|resistance|distance|clearance|performance|impedance|frequency|reference|"
    r"\w+(?:tion|sion|ment|ness|ity|age|ture|dth|gth|ight))"
)
PLURAL_NOUNS = r"(?:dimensions|outputs|inputs|ports|materials|features|benefits|accessories|terms|symptoms|\w+s)"
NOT_PLURAL = r"(?:\w+(?:ss|us|is)|gas|lens|status|always|class|business|access|process|address|bus)"
MASS_ENDINGS = (
    r"(?:tion|sion|ment|ness|ity|ance|ence|ism|ship|hood|ing|age|ics|dom|cy|ware|work|leave|access|support|safety|"
    r"security|privacy|training|travel|pay|equipment|water|air|energy|data|software|maintenance|shipping|delivery|"
    r"history|research|food|transport|parking|accommodation|health|time|control|use|care|abuse|conduct|evidence|"
    r"money|credit|weather|climate|nightlife|culture|etiquette|storage|shutdown|delay|wear|corrosion|noise)$"
)

GENERIC: tuple[tuple[str, str], ...] = (
    (r"overview|introduction|about(?: us| the \w+)?|general(?: information| description)?|background|summary|"
     r"at a glance|(?:product )?description|basics|profile|in brief|executive summary",
     "What should you know about {x}?"),
    (r"(?:important |safety )?(?:notes?|tips|precautions|warnings|cautions|advice)|safety|safety instructions|"
     r"safety information|good to know|practical information|before you go|things to know",
     "What should you keep in mind about {x}?"),
    (r"(?:key |main )?(?:features|benefits|highlights|advantages|disadvantages|limitations|components|"
     r"requirements|functions|risks|objectives|principles|responsibilities|types|parts|applications|uses|symptoms|"
     r"causes|effects|exceptions|exclusions|eligibility requirements)", "What are the {k} of {x}?"),
    (r"(?:system |technical |minimum )?requirements|prerequisites", "What are the {k} for {x}?"),
    (r"history|origins?|purpose|scope|aim|structure|architecture|design|significance|geography|climate|culture|"
     r"eligibility|importance|layout|ecology|geology|legacy", "What is the {k} of {x}?"),
    (r"location|where it is", "Where is {x} located?"),
    (r"opening (?:hours|times)|hours", "What are the opening hours of {x}?"),
    (r"admission|tickets|prices|entry fees?|fees|pricing|admission fees?", "What does {x} cost?"),
    (r"getting there|getting here|how to get there|directions|arrival|by car|how to reach", "How do you get to {x}?"),
    (r"getting around", "How do you get around in {x}?"),
    (r"installation|installing", "How do you install {x}?"),
    (r"set-?up|setting up", "How do you set up {x}?"),
    (r"usage|use|using|how to use|instructions for use", "How do you use {x}?"),
    (r"operation|operating|operating instructions", "How do you operate {x}?"),
    (r"configuration|configuring", "How do you configure {x}?"),
    (r"maintenance|care|care and maintenance|cleaning|cleaning and care", "How do you maintain {x}?"),
    (r"troubleshooting", "How do you troubleshoot {x}?"),
    (r"uninstallation|uninstalling|removal", "How do you remove {x}?"),
    (r"abstract", "What is {x} about?"),
    (r"methods?|methodology|materials and methods|experimental setup|approach", "What methods are used in {x}?"),
    (r"results?|findings|key findings|main results", "What results are reported in {x}?"),
    (r"conclusions?|concluding remarks|summary and conclusions?", "What is concluded in {x}?"),
    (r"discussion", "What is discussed in {x}?"),
    (r"related work|literature review", "What related work is discussed in {x}?"),
    (r"definition|meaning", "What is {x}?"),
    (r"how it works|principle of operation|operating principle", "How does {x} work?"),
)
UNUSED = (
    r"(?:table of )?contents|references|bibliography|acknowledge?ments?|appendix.*|index|copyright.*|licen[cs]e|"
    r"changelog|change log|revision history|contact(?: us| information)?|further reading|see also|links|resources|"
    r"specifications?|technical (?:data|specifications)|parameters|details|data|definitions|glossary|terms|"
    r"terms used .*|miscellaneous|other|general terms|notes to .*|examples?|faqs?|frequently asked questions|"
    r"questions|answers?|figures?|tables?|body|text|untitled|disclaimer|keywords|part \w+|chapter \w+|section [\d.]+|"
    r"step \w+|more information|next steps|footnotes|version|document history|preface|foreword"
)

DATA_HEADING = (
    # Headings of data, which belong to what the heading above names.
    r"(?:.* )?(?:data|specifications?|parameters|prices|rates|fees|hours|details|information|schedule|codes|numbers|"
    r"limits|properties|dimensions|plans|settings|values|intervals|facts)"
)
FIRST_COLUMNS: tuple[tuple[str, str], ...] = (
    (r"(?:(?:error|fault|alarm|status|warning|exit|response|event|trouble) )?codes?|error|alarm|fault code", "code"),
    (r"symptoms?|problems?|faults?|issues?|trouble|malfunction|observation", "symptom"),
    (r"parameters?|propert(?:y|ies)|items?|specifications?|characteristics?|attributes?|features?|quantity|"
     r"description|metric|measure|spec", "parameter"),
    (r"no\.?|#|number|rank|step|s/n|id|ref\.?", "number"),
    (r"time|date|day|month|year|week|when|hour|session", "time"),
    (r"interval|frequency|every|how often|period|schedule", "interval"),
    (r"(?:\w+ )?(?:plan|type|category|level|tier|class|grade|size|season|package|ticket|option|mode|role|group|"
     r"status|band|fare|membership|rate|condition|severity|priority|length of service|zone|region|position)", "kind"),
    (r"location|place|where|room|floor|area|position", "place"),
)
NAMING_COLUMN = (
    r"(?:.* )?(?:name|hotel|restaurant|museum|sight|attraction|city|country|model|product|company|person|author|lake|"
    r"river|mountain|island|station|airport|school|university|language|planet|element|species|team|film|book)"
)
VALUE_COLUMN = r"(?:typical |nominal |rated )?(?:values?|specifications?|rating|data|requirement|detail|details|limit|limits|setting)"
UNIT_COLUMN = r"units?|currency"
SUM_ROWS = r"(?:other|others|all|total|sum|average|mean|subtotal|overall|misc|various)\b.*"
REMARK_COLUMN = r"(?:.* )?(?:remarks?|notes?|comments?|tips?|description|details|image|link|url|source|page|ref\.?|reference|see also|other)"
MEANING_COLUMN = r"(?:.* )?(?:meaning|description|definition|fault|error|condition|explanation|problem|message|name)"
CAUSE_COLUMN = r"(?:.* )?(?:causes?|reasons?)"
REMEDY_COLUMN = r"(?:.* )?(?:remed(?:y|ies)|solutions?|actions?|fix|what to do|corrective actions?|correction|resolution|response)"
TASK_COLUMN = r"(?:.* )?(?:work|tasks?|actions?|activity|activities|maintenance|checks?|service|what to do|procedure)"

_VERBS = (
    "install replace configure connect remove update upgrade reset create choose book calibrate clean drain prime "
    "start stop adjust check change charge assemble disassemble mount wire test set select enter build deploy add "
    "delete edit write read load save export import prepare cook plan order return cancel request submit report "
    "apply register use operate maintain store open close turn switch restart enable disable activate deactivate "
    "manage measure inspect lubricate tighten align fill refill empty rinse descale disconnect recover restore back "
    "pair unpair sync move lift unpack ship pack find visit reach contact pay claim track verify validate run train "
    "evaluate monitor troubleshoot diagnose fix repair protect secure water prune plant harvest handle dispose "
    "winterize flush bleed defrost download upload sign log buy rent hire get take make keep give work view print "
    "scan record share invite schedule approve file appoint draft publish unlock lock hang fit feed brew grind "
    "transfer migrate define call control reduce avoid prevent increase improve commission power shut put"
)
VERBS = frozenset(_VERBS.split())
MORE_IMPERATIVES = frozenset(
    "press hold wait click go leave blow confirm look wash rinse place insert pull push slide dry mix stir tap type "
    "note ask sign walk drive bring pass lower raise rotate attach detach repeat continue follow ensure verify allow "
    "apply compare see switch stop in on with if when do never always under from at after before once".split()
)
SAFE_GERUNDS = frozenset(
    # As the first word of a heading these are never adjectives.
    "installing replacing configuring connecting removing updating upgrading resetting creating choosing "
    "booking calibrating draining priming adjusting disconnecting assembling disassembling deploying adding deleting "
    "exporting importing preparing ordering cancelling canceling submitting registering enabling disabling "
    "activating managing inspecting lubricating tightening refilling descaling unpacking disposing winterizing "
    "troubleshooting downloading uploading unlocking appointing changing cleaning writing selecting restoring "
    "measuring storing requesting reporting claiming verifying recovering defrosting returning maintaining".split()
)
PARTICLES = frozenset(
    "the a an your all any each every new up off out on down to into from with by for and its their another "
    "multiple several two three".split()
)
NO_SUBJECT_KEYS = (
    r"(?:note|notes|warning|caution|important|tip|tips|example|examples|figure|table|step.*|q|a|question|answer|"
    r"see(?: also)?|source|sources|http.*|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon.*|"
    r"weekdays?|weekends?|january|february|march|april|may|june|july|august|september|october|november|december|"
    r"keywords|abstract|summary|from|to|cc|subject|re|day.*|morning|afternoon|evening|however|therefore|remember|"
    r"hint|danger|attention|i\.e\.|e\.g\.|namely|that is|in short|result|conclusion|reason|first|second|third|input|"
    r"output|usage|option [a-z]|part .*|chapter .*|section .*|appendix .*|copyright|disclaimer|tags?|updated|"
    r"last .*|by|with|for|in|at|on|breakfast|lunch|dinner|title)"
)
EMPTY_CELLS = frozenset({"", "—", "-", "–", "--", "n/a", "na", "none", "tbd", "?", "…", "...", "✓", "✔", "√", "✗", "✘",
                         "×", "x", "yes", "no", "y", "n", "not applicable", "see above", "ditto", "•", "●", "○"})
