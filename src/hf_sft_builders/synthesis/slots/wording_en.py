"""English templates: what users ask and assistants answer, without a model."""

from __future__ import annotations

OPENERS = (
    "",
    "",
    "",
    "Hi, ",
    "Hello, ",
    "Good morning, ",
    "Hey, ",
)
ASKING_OPENERS = ("Excuse me, ", "Quick question: ", "Just wondering: ")
UPPER = (
    "with a {title} of at most {value}{unit}",
    "with a {title} under {value}{unit}",
    "with a {title} of no more than {value}{unit}",
    "with a {title} below {value}{unit}",
    "with a {title} of {value}{unit} or less",
    "with a {title} not over {value}{unit}",
    "with a maximum {title} of {value}{unit}",
    "with a {title} up to {value}{unit}",
)
LOWER = (
    "with a {title} of at least {value}{unit}",
    "with a {title} of {value}{unit} or higher",
    "with a {title} not below {value}{unit}",
    "with a {title} of no less than {value}{unit}",
    "with a minimum {title} of {value}{unit}",
    "with a {title} of {value}{unit} and up",
)
RANGE = (
    "with a {title} between {low} and {high}{unit}",
    "with a {title} from {low} to {high}{unit}",
    "with a {title} of {low} to {high}{unit}",
    "with a {title} of {low}-{high}{unit}",
)
EQUALS = ("whose {title} is {value}",)
HAS_ALL = ("with {value}", "that has {value}", "offering {value}")
AND = (" and ",)
ASKS = (
    "find me a {noun} {conditions}.",
    "could you find a {noun} {conditions}?",
    "is there a {noun} {conditions}?",
    "I am looking for a {noun} {conditions}.",
    "please recommend a {noun} {conditions}.",
    "can you suggest a {noun} {conditions}?",
    "I need a {noun} {conditions}, please.",
    "do you know a {noun} {conditions}?",
    "show me a {noun} {conditions}.",
    "which {noun} would you pick {conditions}?",
)
NAMES = (
    "tell me about {value}.",
    "what can you tell me about {value}?",
    "could you look up {value}?",
    "I would like to know more about {value}.",
    "what is {value} like?",
    "please look up {value} for me.",
    "do you have any details on {value}?",
    "a friend recommended {value}, can you check it?",
)
NAMES_WITH = (
    "is there a {value} {conditions}?",
    "look up {value} {conditions}, please.",
    "I am looking for {value} {conditions}.",
)
FOUND_NONE = (
    "Sorry, I found no {noun} that meets all of that. Would you like to relax something?",
    "I am afraid no {noun} fits. Shall I try other conditions?",
    "Unfortunately nothing matches. You could change the {titles} and try again.",
)
FOUND_ONE = ("I found {facts}.", "One {noun} fits: {facts}.", "Yes, there is {facts}.")
FOUND_SOME = (
    "I found {count}: {list}. Which one would you like to know more about?",
    "There are {count} that fit: {list}.",
    "{count} match: {list}. Shall I tell you more about one of them?",
)
FOUND_MANY = (
    "{total} match; here are {count} of them: {list}.",
    "There are {total} in all. The first {count}: {list}.",
)
COMMA, LAST_AND, LAST_OR = ", ", " and ", " or "
"""Between the parts of a list, and before the last."""
FACT, FACTS, LISTED = "{title} {value}{unit}", ", ", "; "
HAS = "{title}: {value}"
FOLLOW_UP = (
    ("What is the {title} of {name}?", "The {title} of {name} is {value}{unit}."),
    ("And the {title}?", "The {title} of {name} is {value}{unit}."),
    ("Could you tell me the {title}?", "Sure, the {title} is {value}{unit}."),
)
FOLLOW_UP_WORDS = (
    ("What is the {title} of {name}?", "The {title} of {name} is {value}."),
    ("And the {title}, please?", "The {title} of {name} is {value}."),
    ("Could I have the {title}?", "Of course, the {title} is {value}."),
)
FOLLOW_UP_LIST = (
    ("What {title} does {name} have?", "{name} has {value}."),
    ("Which {title} are there?", "It has {value}."),
)
HIGHER = (
    (
        "Which has the higher {title}, {name} or {other}?",
        "{name} has {one}{unit} and {other} {two}{unit}, so {best} is higher by {gap}{unit}.",
    ),
    ("Which of them has the highest {title}?", "{best_of} has the highest {title}, {most}{unit}."),
)
LOWER_COMPARED = (
    (
        "How far apart are {name} and {other} in {title}?",
        "{name} has {one}{unit} and {other} {two}{unit}: a difference of {gap}{unit}.",
    ),
    ("Which of them has the lowest {title}?", "{worst_of} has the lowest {title}, {least}{unit}."),
)
EQUAL = (
    (
        "Which has the higher {title}, {name} or {other}?",
        "Both have the same {title}, {one}{unit}.",
    ),
)
CLARIFY = (
    (
        "What is the {title}?",
        "Which one do you mean: {names}?",
        "{name}.",
        "The {title} of {name} is {value}{unit}.",
    ),
    (
        "And the {title}?",
        "Of which one: {names}?",
        "I mean {name}.",
        "The {title} of {name} is {value}{unit}.",
    ),
)
CLARIFY_LIST = (
    (
        "Which {title} are there?",
        "Which one do you mean: {names}?",
        "{name}.",
        "{name} has {value}.",
    ),
    (
        "And the {title}?",
        "Of which one: {names}?",
        "I mean {name}.",
        "{name} has {value}.",
    ),
)
CLOSINGS = (
    ("Great, thank you!", "You are welcome. Have a good day!"),
    ("That is all, thanks.", "Glad to help. Goodbye!"),
    ("Perfect, thanks for your help.", "My pleasure. Take care!"),
    ("Thanks, that is what I needed.", "Happy to help any time."),
)
