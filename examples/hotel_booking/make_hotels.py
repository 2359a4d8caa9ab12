"""Write `hotels.csv` or `hotels_en.csv`: invented hotels of an invented city, the same for every seed.

    python examples/hotel_booking/make_hotels.py --hotels 240 --seed 7 --language en

No hotel, street or phone number is real: the cities of `words.json` and `words_en.json` are made up,
and the numbers begin with 000.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SUFFIX = {"zh": "", "en": "_en"}
COLUMNS = (
    "name",
    "short_name",
    "type",
    "district",
    "address",
    "price",
    "rating",
    "facilities",
    "phone",
)


def words_of(language: str) -> dict[str, Any]:
    """Give the words that hotels of a language are made of."""
    read: dict[str, Any] = json.loads((HERE / f"words{SUFFIX[language]}.json").read_text("utf-8"))
    return read


def hotels(number: int, seed: int, language: str = "zh") -> list[dict[str, Any]]:
    """Invent hotels: no name twice; a chain's branches share their short name."""
    words, chance = words_of(language), random.Random(seed)
    made: dict[str, dict[str, Any]] = {}
    brands: set[str] = set()
    while len(made) < number:
        kind = chance.choices(list(words["shares"]), list(words["shares"].values()))[0]
        first, name = chance.choice(words["first"]), chance.choice(words["kinds"][kind][0])
        brand = words["brand"].format(first=first, kind=name)
        if brand in brands:
            continue
        brands.add(brand)
        branches = chance.choice((2, 3, 4)) if chance.random() < 0.16 else 1
        districts = chance.sample(list(words["districts"]), branches)
        for district in districts[: number - len(made)]:
            hotel = _hotel(chance, words, kind, brand, district, branches > 1, len(made))
            made[hotel["name"]] = hotel
    return list(made.values())


def _hotel(
    chance: random.Random,
    words: dict[str, Any],
    kind: str,
    brand: str,
    district: str,
    is_branch: bool,
    number: int,
) -> dict[str, Any]:
    _, low, high, middle = words["kinds"][kind]
    known = {"city": words["city"], "brand": brand, "district": district}
    known["street"] = chance.choice(words["districts"][district])
    some = words["some"][kind]
    facilities = chance.sample(some, chance.randint(2, min(6, len(some))))
    return {
        "name": words["branch" if is_branch else "name"].format(**known),
        "short_name": brand,
        "type": kind,
        "district": district,
        "address": words["address"].format(number=chance.randint(1, 288), **known),
        "price": chance.randrange(low, high),
        "rating": round(min(5.0, max(3.2, chance.gauss(middle, 0.25))), 1),
        "facilities": words["joined"].join((*words["always"][: chance.randint(0, 2)], *facilities)),
        "phone": words["phone"].format(number=number * 37 % 10_000),
    }


def write(path: Path, number: int, seed: int, language: str = "zh") -> None:
    """Write the table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(hotels(number, seed, language))


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hotels", type=int, default=240)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--language", choices=tuple(SUFFIX), default="zh")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    output = given.output or HERE / f"hotels{SUFFIX[given.language]}.csv"
    write(output, given.hotels, given.seed, given.language)
    print(f"{output}: {given.hotels} hotels")


if __name__ == "__main__":
    main()
