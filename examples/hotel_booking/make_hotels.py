"""Write `hotels.csv`: invented hotels of an invented city, the same for every seed.

    python examples/hotel_booking/make_hotels.py --hotels 240 --seed 7

No hotel, street or phone number is real: the city is made up, and the numbers begin with 0000.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path
from typing import Any

CITY = "澜州"
DISTRICTS = {
    "望江区": ("江滨路", "渡口街", "沙洲路", "长堤路", "晚渡巷"),
    "松台区": ("松台路", "鹤鸣街", "石阶巷", "听松路", "半山路"),
    "云湖区": ("云湖大道", "菱角街", "柳浪路", "荷塘巷", "湖心路"),
    "旧城区": ("钟楼街", "米市巷", "文庙路", "东门街", "井亭巷"),
    "新港区": ("港前大道", "货栈路", "灯塔街", "会展路", "潮生路"),
    "青麓区": ("青麓路", "书院街", "杏坛路", "竹里巷", "学府路"),
}
FIRST = (
    "云溪",
    "望江",
    "听澜",
    "松间",
    "荷风",
    "晓月",
    "青禾",
    "枕水",
    "观山",
    "栖霞",
    "鹿鸣",
    "归雁",
    "棠梨",
    "半山",
    "清和",
    "知秋",
    "拾光",
    "南屏",
    "碧潭",
    "远岫",
    "沐风",
    "秋水",
    "星河",
    "朝阳",
    "梧桐",
    "海棠",
    "白鹭",
    "橙果",
    "木禾",
    "一方",
    "银杏",
    "长亭",
    "悦来",
    "锦书",
    "丹枫",
    "麦田",
    "蓝湾",
    "金穗",
    "瑞和",
    "同福",
    "万嘉",
    "佳途",
)
KINDS: dict[str, tuple[tuple[str, ...], int, int, float]] = {
    "经济型": (("快捷酒店", "旅馆", "青年旅舍", "便捷酒店"), 110, 260, 4.1),
    "舒适型": (("酒店", "客栈", "商务酒店", "精选酒店"), 240, 460, 4.4),
    "高档型": (("大酒店", "度假酒店", "花园酒店", "国际酒店"), 430, 820, 4.6),
    "豪华型": (("国际大酒店", "度假山庄", "湖畔会馆", "温泉酒店"), 780, 1680, 4.7),
}
SHARES = {"经济型": 30, "舒适型": 36, "高档型": 22, "豪华型": 12}
ALWAYS = ("行李寄存", "叫醒服务")
SOME = {
    "经济型": ("洗衣服务", "早餐", "免费停车场", "充电桩", "棋牌室"),
    "舒适型": (
        "早餐",
        "免费停车场",
        "健身房",
        "洗衣服务",
        "会议室",
        "充电桩",
        "茶室",
        "棋牌室",
        "宠物寄养",
    ),
    "高档型": (
        "早餐",
        "免费停车场",
        "健身房",
        "室内游泳池",
        "会议室",
        "接机服务",
        "洗衣服务",
        "充电桩",
        "儿童乐园",
        "茶室",
        "无障碍客房",
    ),
    "豪华型": (
        "早餐",
        "免费停车场",
        "健身房",
        "室内游泳池",
        "会议室",
        "接机服务",
        "洗衣服务",
        "充电桩",
        "儿童乐园",
        "茶室",
        "无障碍客房",
        "宠物寄养",
    ),
}
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


def hotels(number: int, seed: int) -> list[dict[str, Any]]:
    """Invent hotels: no name twice; a chain's branches share their short name."""
    chance = random.Random(seed)
    made: dict[str, dict[str, Any]] = {}
    brands: set[str] = set()
    while len(made) < number:
        kind = chance.choices(list(SHARES), list(SHARES.values()))[0]
        brand = chance.choice(FIRST) + chance.choice(KINDS[kind][0])
        if brand in brands:
            continue
        brands.add(brand)
        branches = chance.choice((2, 3, 4)) if chance.random() < 0.16 else 1
        districts = chance.sample(list(DISTRICTS), branches)
        for district in districts[: number - len(made)]:
            hotel = _hotel(chance, kind, brand, district, branches > 1, len(made))
            made[hotel["name"]] = hotel
    return list(made.values())


def _hotel(
    chance: random.Random, kind: str, brand: str, district: str, is_branch: bool, number: int
) -> dict[str, Any]:
    _, low, high, middle = KINDS[kind]
    street = chance.choice(DISTRICTS[district])
    some = SOME[kind]
    facilities = chance.sample(some, chance.randint(2, min(6, len(some))))
    return {
        "name": f"{CITY}{brand}（{street}店）" if is_branch else f"{CITY}{brand}",
        "short_name": brand,
        "type": kind,
        "district": district,
        "address": f"{CITY}市{district}{street}{chance.randint(1, 288)}号",
        "price": chance.randrange(low, high),
        "rating": round(min(5.0, max(3.2, chance.gauss(middle, 0.25))), 1),
        "facilities": "、".join((*ALWAYS[: chance.randint(0, 2)], *facilities)),
        "phone": f"0000-{5_550_000 + number * 37 % 10_000:07d}",
    }


def write(path: Path, number: int, seed: int) -> None:
    """Write the table as CSV."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(hotels(number, seed))


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hotels", type=int, default=240)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "hotels.csv")
    given = parser.parse_args()
    write(given.output, given.hotels, given.seed)
    print(f"{given.output}: {given.hotels} hotels")


if __name__ == "__main__":
    main()
