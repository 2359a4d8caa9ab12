"""A small tool and its records, for tests."""

TOOL = {
    "name": "search_hotels",
    "description": "查酒店",
    "parameters": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "district": {"type": "string"},
            "facilities": {"type": "array", "items": {"type": "string"}},
            "price_range_lower": {"type": "number"},
            "price_range_upper": {"type": "number"},
            "rating_range_lower": {"type": "number"},
        },
    },
    "x-record": {
        "noun": "酒店",
        "measure": "家",
        "short_name": "short",
        "reply": ["price", "rating"],
        "fields": {
            "price": {"title": "房价", "unit": "元", "also": ["价格"]},
            "rating": {"title": "评分", "unit": "分"},
            "phone": {"title": "电话"},
        },
    },
    "x-slots": {
        "district": {"say": ["在{value}"]},
        "facilities": {"phrases": {"健身房": ["能锻炼的地方"], "早餐": ["早饭"]}},
    },
}
RECORDS = [
    {
        "name": "云溪客栈",
        "short": "云溪",
        "district": "望江区",
        "facilities": ["健身房", "早餐"],
        "price": 320,
        "rating": 4.6,
        "phone": "0000-5550201",
    },
    {
        "name": "沈家重院",
        "short": "沈家",
        "district": "旧城区",
        "facilities": ["早餐"],
        "price": 580,
        "rating": 4.8,
        "phone": "0000-5550202",
    },
    {
        "name": "荷风旅馆",
        "short": "荷风",
        "district": "望江区",
        "facilities": ["健身房"],
        "price": 180,
        "rating": 4.1,
        "phone": "0000-5550203",
    },
    {
        "name": "半山小筑",
        "short": "半山",
        "district": "松台区",
        "facilities": ["早餐"],
        "price": 460,
        "rating": 4.4,
        "phone": "0000-5550204",
    },
]
