from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lawner.figures import read_simple
from lawner.quantities import Quantity, parse_quantity
from lawner.units import BOUNDS_AFTER, BOUNDS_BEFORE, CLASSIFIERS, CURRENCY_UNITS

# One case a line: the text, then figure, bounds, "~" for approximate, unit; bounds only where they are not the figure.
CASES = {
    "arabic": """
        1204件 = 1204 件
        36次 = 36 次
        12 = 12
        0件 = 0 件
        007号 = 7 号
        1,234件 = 1234 件
        12,345,678元 = 12345678 CNY
        1,234.5万元 = 12345000 CNY
        1,2345件 = 12345 件
        12,34,567件 = 1234567 件
        3.50% = 3.5 %
        100.0% = 100 %
        .5% = 0.5 %
        214.6万 = 2146000
        5840万 = 58400000
        18 = 18
        4个人 = 4 人
        11大类 = 11 大类
        4.2批次 = 4.2 批次
        2236点 = 2236 点
        2.1万分 = 21000 分
        8.9万标箱 = 89000 标箱
        412.5万剂次 = 4125000 剂次
        9.0人 = 9 人
    """,
    "full-width": """
        １２３件 = 123 件
        １,２３４件 = 1234 件
        １，２３４件 = 1234 件
        ３５６．７万元 = 3567000 CNY
        １８.７万张 = 187000 张
        ４０％ = 40 %
        ２．７‰ = 2.7 ‰
        －８．４％ = -8.4 %
        ＋１８．７％ = 18.7 %
        ￥３，０００ = 3000 CNY
        ＄５０万 = 500000 USD
        ３～５件 = [3,5] 件
        不少于８个 = 8 [8,) 个
        ４成 = 40 %
        ２倍多 = 2 [2,3) times
        ⼗⼆件 = 12 件
    """,
    "brackets": """
        29场(次) = 29 场(次)
        29场（次） = 29 场(次)
        960余篇（条） = 960 [960,970) 篇(条)
        9.36万件(次) = 93600 件(次)
        3100册(张)以上 = 3100 [3100,) 册(张)
        186.4万辆（艘）次 = 1864000 辆(艘)次
        52台(套) = 52 台(套)
        7460万头（只） = 74600000 头(只)
        6870余处（次） = 6870 [6870,6880) 处(次)
    """,
    "magnitudes": """
        9.72万 = 97200
        1.2亿 = 120000000
        3千 = 3000
        5百万元 = 5000000 CNY
        1亿2000万元 = 120000000 CNY
        3万5千件 = 35000 件
        4.05亿元 = 405000000 CNY
        2.3亿元 = 230000000 CNY
        6.83万亿元 = 6830000000000 CNY
        1.26万件 = 12600 件
        4.2万人次 = 42000 人次
        1.32亿人次 = 132000000 人次
        28.9万处 = 289000 处
        0.05万元 = 500 CNY
        十五万人次 = 150000 人次
        100万亿元 = 100000000000000 CNY
        3萬件 = 30000 件
    """,
    "words": """
        二百三十五件 = 235 件
        两期 = 2 期
        四个 = 4 个
        十二件 = 12 件
        二十八 = 28
        一百零五人 = 105 人
        一百五 = 150
        三千二 = 3200
        三千二百人 = 3200 人
        两万三 = 23000
        两百零六卷 = 206 卷
        一百六十八人 = 168 人
        廿五人 = 25 人
        二〇二三 = 2023
        八万元 = 80000 CNY
        九万 = 90000
        百万份 = 1000000 份
        一千万 = 10000000
        壹佰万元整 = 1000000 CNY
        五起 = 5 起
        三回 = 3 回
        七大类 = 7 大类
        三点二万件 = 32000 件
        十件 = 10 件
        兩千人 = 2000 人
        半个百分点 = 0.5 pp
        两个半 = 2.5 个
    """,
    "zero": """
        零项 = 0 项
        零起 = 0 起
        零件 = 0 件
        〇件 = 0 件
        0起 = 0 起
        零元 = 0 CNY
        零人次 = 0 人次
        0 = 0
        0% = 0 %
        0.00% = 0 %
        0万元 = 0 CNY
    """,
    "remainders": """
        46万余元 = 460000 [460000,470000) CNY
        400多个 = 400 [400,500) 个
        1200余件 = 1200 [1200,1300) 件
        1230余件 = 1230 [1230,1240) 件
        1234余件 = 1234 [1234,1235) 件
        120余件 = 120 [120,130) 件
        10余家 = 10 [10,20) 家
        100余家 = 100 [100,200) 家
        1000余家 = 1000 [1000,2000) 家
        10000余家 = 10000 [10000,20000) 家
        46,000余人次 = 46000 [46000,47000) 人次
        40万余元 = 400000 [400000,410000) CNY
        40余万元 = 400000 [400000,500000) CNY
        380余万元 = 3800000 [3800000,3900000) CNY
        2000余万元 = 20000000 [20000000,30000000) CNY
        4700余万人次 = 47000000 [47000000,48000000) 人次
        1.2万余人 = 12000 [12000,13000) 人
        1.20万余人 = 12000 [12000,12100) 人
        9.72万余件 = 97200 [97200,97300) 件
        20.1万余元 = 201000 [201000,202000) CNY
        1.2余亿元 = 120000000 [120000000,130000000) CNY
        两千余户 = 2000 [2000,3000) 户
        百余件 = 100 [100,200) 件
        千余人 = 1000 [1000,2000) 人
        万余人 = 10000 [10000,20000) 人
        百万余人 = 1000000 [1000000,2000000) 人
        一百万余人 = 1000000 [1000000,1010000) 人
        百余万人 = 1000000 [1000000,2000000) 人
        十多趟 = 10 [10,20) 趟
        十余部 = 10 [10,20) 部
        十几家 = 10 [10,20) 家
        十几万元 = 100000 [100000,200000) CNY
        二十几人 = 20 [20,30) 人
        二十多项 = 20 [20,30) 项
        四十余万人 = 400000 [400000,500000) 人
        四十万余人 = 400000 [400000,410000) 人
        九百六十余处 = 960 [960,970) 处
        一千四百余名 = 1400 [1400,1500) 名
        一万多条 = 10000 [10000,20000) 条
        三百餘人 = 300 [300,400) 人
        三倍多 = 3 [3,4) times
        六成多 = 60 [60,70) %
        3成多 = 30 [30,40) %
        80%多 = 80 [80,90) %
        85%多 = 85 [85,86) %
        12.5%多 = 12.5 [12.5,12.6) %
        百分之八十多 = 80 [80,90) %
        3个多百分点 = 3 [3,4) pp
        46万元余 = 460000 [460000,470000) CNY
        三成有余 = 30 [30,40) %
        一半多 = 50 (50,) %
        三分之一还多 = 33.33333333333333333333333333 (33.33333333333333333333333333,) %
        -30多% = -30 (-40,-30] %
    """,
    "more-or-less": """
        三百来户 = 300 ~ 户
        60来台 = 60 ~ 台
        四十来人 = 40 ~ 人
        三五件 = [3,5] ~ 件
        七八十人 = [70,80] ~ 人
        三四百件 = [300,400] ~ 件
        二三十个 = [20,30] ~ 个
        一两个人 = [1,2] ~ 人
        十五六家 = [15,16] ~ 家
        五六万元 = [50000,60000] ~ CNY
        七八成 = [70,80] ~ %
    """,
    "hedges": """
        约2万 = 20000 ~
        约40万元 = 400000 ~ CNY
        大约300人 = 300 ~ 人
        约九成 = 90 ~ %
        约三分之一 = 33.33333333333333333333333333 ~ %
        92%左右 = 92 ~ %
        60件左右 = 60 ~ 件
        2500元上下 = 2500 ~ CNY
        三十名左右 = 30 ~ 名
        半数左右 = 50 ~ %
        九成五上下 = 95 ~ %
        约30%~40% = [30,40] ~ %
        约20万至30万元 = [200000,300000] ~ CNY
        约400余件 = 400 [400,500) ~ 件
        ~5% = 5 ~ %
        ≈5% = 5 ~ %
        约100件以上 = 100 [100,) ~ 件
    """,
    "at-least": """
        60%以上 = 60 [60,) %
        至少5名 = 5 [5,) 名
        不少于10件 = 10 [10,) 件
        不低于30% = 30 [30,) %
        不低于1.8 = 1.8 [1.8,)
        最少3次 = 3 [3,) 次
        上百名 = 100 [100,) 名
        九成以上 = 90 [90,) %
        九成五以上 = 95 [95,) %
        半数以上 = 50 [50,) %
        一半以上 = 50 [50,) %
        三分之二以上 = 66.66666666666666666666666667 [66.66666666666666666666666667,) %
        两个以上 = 2 [2,) 个
        1万家以上 = 10000 [10000,) 家
        万元以上 = 10000 [10000,) CNY
        3个百分点以上 = 3 [3,) pp
        三倍以上 = 3 [3,) times
        不少于三百个 = 300 [300,) 个
        不少于1,000件 = 1000 [1000,) 件
        ≥95% = 95 [95,) %
        >=95% = 95 [95,) %
        达到90%以上 = 90 [90,) %
        5人及以上 = 5 [5,) 人
        大于等于5% = 5 [5,) %
    """,
    "more-than": """
        超过100件 = 100 (100,) 件
        超百亿元 = 10000000000 (10000000000,) CNY
        超2.6亿次 = 260000000 (260000000,) 次
        逾6万户 = 60000 (60000,) 户
        逾十部 = 10 (10,) 部
        逾百处 = 100 (100,) 处
        逾半数 = 50 (50,) %
        过七成 = 70 (70,) %
        过半 = 50 (50,) %
        过半数 = 50 (50,) %
        大半 = 50 (50,) %
        超过一半 = 50 (50,) %
        高于3% = 3 (3,) %
        突破1000亿元 = 100000000000 (100000000000,) CNY
        超过400余件 = 400 (400,) 件
        >5% = 5 (5,) %
        超九成 = 90 (90,) %
        超过四分之三 = 75 (75,) %
        远超500件 = 500 (500,) 件
        100人以外 = 100 (100,) 人
        不止3次 = 3 (3,) 次
    """,
    "less-than": """
        近3倍 = 3 (,3) times
        近百人 = 100 (,100) 人
        近两万人次 = 20000 (,20000) 人次
        近1400家次 = 1400 (,1400) 家次
        近三成 = 30 (,30) %
        近四成半 = 45 (,45) %
        近半 = 50 (,50) %
        近半数 = 50 (,50) %
        近三分之一 = 33.33333333333333333333333333 (,33.33333333333333333333333333) %
        近百分之百 = 100 (,100) %
        将近一半 = 50 (,50) %
        接近40% = 40 (,40) %
        不足100 = 100 (,100)
        不足百件 = 100 (,100) 件
        不足十人 = 10 (,10) 人
        不足四成 = 40 (,40) %
        不足百分之五 = 5 (,5) %
        不到20名 = 20 (,20) 名
        不满3年 = 3 (,3) 年
        低于3% = 3 (,3) %
        少于5件 = 5 (,5) 件
        <5% = 5 (,5) %
        近400余件 = 400 (,400) 件
    """,
    "at-most": """
        8%以内 = 8 (,8] %
        12%以下 = 12 (,12] %
        18‰以下 = 18 (,18] ‰
        10件以下 = 10 (,10] 件
        1万元以下 = 10000 (,10000] CNY
        1.5倍以内 = 1.5 (,1.5] times
        不超过2次 = 2 (,2] 次
        不高于3% = 3 (,3] %
        最多5件 = 5 (,5] 件
        至多五次 = 5 (,5] 次
        不超过3—5件 = (,5] 件
        三分之一以内 = 33.33333333333333333333333333 (,33.33333333333333333333333333] %
        ≤5% = 5 (,5] %
        最高5000元 = 5000 (,5000] CNY
        5人及以下 = 5 (,5] 人
        400次以内 = 400 (,400] 次
    """,
    "ranges": """
        3—5件 = [3,5] 件
        3-5件 = [3,5] 件
        3～5件 = [3,5] 件
        3~5件 = [3,5] 件
        3–5件 = [3,5] 件
        3——5件 = [3,5] 件
        3至5件 = [3,5] 件
        3到5件 = [3,5] 件
        3件至5件 = [3,5] 件
        3-5 = [3,5]
        90%—95% = [90,95] %
        90—95% = [90,95] %
        3%至5 = [3,5] %
        3‰至5‰ = [3,5] ‰
        3.5%—4% = [3.5,4] %
        10%—5% = [5,10] %
        -3%至-1% = [-3,-1] %
        -3~-1% = [-3,-1] %
        -3--1% = [-3,-1] %
        -1%至3% = [-1,3] %
        20万至30万元 = [200000,300000] CNY
        20至30万元 = [200000,300000] CNY
        20万元至30万元 = [200000,300000] CNY
        20万元-30万元 = [200000,300000] CNY
        20—30余万元 = [200000,400000) CNY
        20余万至30万元 = [200000,300000] CNY
        1万—5万元 = [10000,50000] CNY
        5000至1万元 = [5000,10000] CNY
        5000元至1万元 = [5000,10000] CNY
        500至1000万元 = [5000000,10000000] CNY
        5角至1元 = [0.5,1] CNY
        8万至10万个 = [80000,100000] 个
        1至1.5名 = [1,1.5] 名
        1至2个百分点 = [1,2] pp
        六至七成 = [60,70] %
        九成至九成五 = [90,95] %
        三到五名 = [3,5] 名
        一至两所 = [1,2] 所
        三至五百件 = [300,500] 件
        五至十名 = [5,10] 名
        一到十名 = [1,10] 名
        十至二十家 = [10,20] 家
        两三倍 = [2,3] ~ times
        百分之三至五 = [3,5] %
        百分之三到百分之五 = [3,5] %
        3人以上10人以下 = [3,10] 人
        20万元以上30万元以下 = [200000,300000] CNY
        20万元以上不满30万元 = [200000,300000) CNY
        5000元以上、不超过1万元 = [5000,10000] CNY
    """,
    "rates": """
        97.3% = 97.3 %
        100% = 100 %
        98.7％ = 98.7 %
        0.6‰ = 0.6 ‰
        3‱ = 0.03 %
        3.2个百分点 = 3.2 pp
        3.2百分点 = 3.2 pp
        三个百分点 = 3 pp
        0.9个千分点 = 0.09 pp
        5个基点 = 0.05 pp
        1.5倍 = 1.5 times
        两倍 = 2 times
        一倍半 = 1.5 times
        百倍 = 100 times
        三成 = 30 %
        3成 = 30 %
        3.5成 = 35 %
        三成二 = 32 %
        七成五 = 75 %
        三成半 = 35 %
        十成 = 100 %
        三折 = 30 %
        八五折 = 85 %
        9.5折 = 95 %
        四分之一 = 25 %
        四分之三 = 75 %
        三分之一 = 33.33333333333333333333333333 %
        三分之二 = 66.66666666666666666666666667 %
        十分之三 = 30 %
        5分之1 = 20 %
        1/4 = 25 %
        2/3以上 = 66.66666666666666666666666667 [66.66666666666666666666666667,) %
        百分之三 = 3 %
        百分之九十二点五 = 92.5 %
        百分之一百二十 = 120 %
        百分之零点三 = 0.3 %
        百分之5.2 = 5.2 %
        百分之百 = 100 %
        百分百 = 100 %
        千分之三 = 3 ‰
        千分之九百九十八 = 998 ‰
        万分之五 = 0.05 %
        一半 = 50 %
        半数 = 50 %
        翻番 = 2 times
        翻一番 = 2 times
        翻了一番 = 2 times
        翻两番 = 4 times
        接近翻番 = 2 (,2) times
        翻一番以上 = 2 [2,) times
        翻了近一番 = 2 (,2) times
        翻一番多 = 2 [2,4) times
        翻3倍 = 3 times
        2.1:1 = 2.1
        2.1∶1 = 2.1
        2.1：1 = 2.1
        2.1比1 = 2.1
        1∶1.25 = 0.8
        3.1 = 3.1
        5%/年 = 5 %/年
    """,
    "money": """
        30元 = 30 CNY
        3.62元 = 3.62 CNY
        18万元 = 180000 CNY
        217亿元 = 21700000000 CNY
        1,860余万元 = 18600000 [18600000,18700000) CNY
        12元5角 = 12.5 CNY
        12元5角3分 = 12.53 CNY
        12元零5分 = 12.05 CNY
        三元五角 = 3.5 CNY
        5角 = 0.5 CNY
        3块5 = 3.5 CNY
        5块钱 = 5 CNY
        3块 = 3 块
        100元整 = 100 CNY
        5美分 = 0.05 USD
        380万美元 = 3800000 USD
        3400万港元 = 34000000 HKD
        500万港币 = 5000000 HKD
        1230万欧元 = 12300000 EUR
        2.3亿日元 = 230000000 JPY
        3.2万加元 = 32000 CAD
        60万英镑 = 600000 GBP
        7万澳元 = 70000 AUD
        9万新加坡元 = 90000 SGD
        8万韩元 = 80000 KRW
        6万卢布 = 60000 RUB
        4万新台币 = 40000 TWD
        4万澳门元 = 40000 MOP
        人民币3000万元 = 30000000 CNY
        人民币３５６.７万元 = 3567000 CNY
        3000万元人民币 = 30000000 CNY
        3000万人民币 = 30000000 CNY
        约人民币3000万元 = 30000000 ~ CNY
        ¥3,000 = 3000 CNY
        $50万 = 500000 USD
        US$50万 = 500000 USD
        HK$50万 = 500000 HKD
        €50万 = 500000 EUR
        £50万 = 500000 GBP
        RMB500万元 = 5000000 CNY
        港币50万元 = 500000 HKD
        500万RMB = 5000000 CNY
        超过3000万美元 = 30000000 (30000000,) USD
    """,
    "per": """
        5元/人 = 5 CNY/人
        12.5万元/户 = 125000 CNY/户
        6批次/千人 = 6 批次/千人
        2.5件/万人 = 2.5 件/万人
        5角/度 = 0.5 CNY/度
        约3人/平方公里 = 3 ~ 人/平方公里
        $5/人 = 5 USD/人
    """,
    "signs": """
        -7.1% = -7.1 %
        −7.1% = -7.1 %
        —7.1% = -7.1 %
        +21.4% = 21.4 %
        负3% = -3 %
        -0% = 0 %
        -2.5个百分点 = -2.5 pp
        -3万元 = -30000 CNY
        -百分之三 = -3 %
    """,
    "neighbours": """
        共12件 = 12 件
        高达95% = 95 %
        通过12件 = 12 件
        网上12件 = 12 件
        完成12件 = 12 件
        增长近三成 = 30 (,30) %
        12件。 = 12 件
        12件、 = 12 件
        “12件” = 12 件
        12件① = 12 件
        1204件¹ = 1204 件
        达3倍之多 = 3 times
        95%的 = 95 %
        2.1万余件次 = 21000 [21000,22000) 件次
        12个左右 = 12 ~ 个
    """,
}
TABLE = [
    pytest.param(*(part.strip() for part in line.split(" =", 1)), id=f"{topic}-{number}")
    for topic, lines in CASES.items()
    for number, line in enumerate(lines.strip().splitlines(), start=1)
]


def in_short(quantity: Quantity | None) -> str:
    """A quantity in the notation of the table."""
    if quantity is None:
        return "None"
    lower, upper = ("" if bound is None else format(bound, "f") for bound in (quantity.lower, quantity.upper))
    bounds = f"{'(' if quantity.lower_open or not lower else '['}{lower},{upper}"
    bounds += ")" if quantity.upper_open or not upper else "]"
    value = "" if quantity.value is None else format(quantity.value, "f")
    exact = quantity.lower == quantity.upper == quantity.value
    return " ".join(filter(None, (value, "" if exact else bounds, "~" if quantity.approximate else "", quantity.unit)))


def test_the_table_is_large_and_repeats_nothing():
    texts = [case.values[0] for case in TABLE]
    assert len(texts) >= 300
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_value_says(text, expected):
    assert in_short(parse_quantity(text)) == expected


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_value_says_the_same_in_full_width(text, expected):
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)
    assert in_short(parse_quantity(wide)) == expected


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_a_value_says_the_same_with_blanks_between_all_characters(text, expected):
    for blank in (" ", "\n", "\u3000", "\r\n", "\u200b"):
        if "," not in text and "，" not in text:
            assert in_short(parse_quantity(blank + blank.join(text) + blank)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("38 412 件", "38412 件"),
        ("1 068.7亿元", "106870000000 CNY"),
        ("3\u2009870\u00a0人", "3870 人"),
        ("12\n34件", "1234 件"),
        ("1, 234件", "1234 件"),
        ("97. 3 %", "97.3 %"),
        ("近 10 家", "10 (,10) 家"),
        ("1.86万\n套", "18600 套"),
        ("20 万 至 30 万 元", "[200000,300000] CNY"),
    ],
    ids=["thin", "decimal", "no-break", "line-end", "comma", "percent", "bound", "unit", "range"],
)
def test_blanks_and_line_breaks_inside_a_value_do_not_matter(text, expected):
    assert in_short(parse_quantity(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "件", "若干", "多个", "元/人", "*****份"),
        *("数百人", "几十件", "数百余件", "好几千人", "数十万元", "几万元"),
        *("第五次", "第12批", "第十二条"),
        *("13:41:46", "15.1:48.6:36.3", "5件3人", "1-2-3", "12件、3件", "7×24小时", "5:0", "零分之三"),
        *("1,23", "12,3件", "1.2.3万", "±5%", "½", "2½"),
        *("3%至5件", "3人以上10件以下", "10人以上3人以下", "翻一百番", "翻1.5番", "百千件", "三又五分之二", "9" * 101),
        *("半廿", "3余卅件"),
    ],
)
def test_nothing_is_read_where_no_one_number_is_said(text):
    assert parse_quantity(text) is None


@pytest.mark.parametrize("word", sorted(BOUNDS_BEFORE))
def test_every_word_before_a_number_bounds_it(word):
    bound = BOUNDS_BEFORE[word]
    quantity = parse_quantity(f"{word}百件")
    end, is_open = (quantity.lower, quantity.lower_open) if bound.lower else (quantity.upper, quantity.upper_open)
    assert (end, is_open, quantity.value, quantity.unit) == (100, bound.is_open, 100, "件")
    assert (quantity.upper if bound.lower else quantity.lower) is None


@pytest.mark.parametrize("word", sorted(BOUNDS_AFTER))
def test_every_word_after_a_number_bounds_it(word):
    bound = BOUNDS_AFTER[word]
    quantity = parse_quantity(f"百件{word}")
    end, is_open = (quantity.lower, quantity.lower_open) if bound.lower else (quantity.upper, quantity.upper_open)
    assert (end, is_open, quantity.value, quantity.unit) == (100, bound.is_open, 100, "件")


@pytest.mark.parametrize("name", sorted(CURRENCY_UNITS))
def test_every_currency_has_its_code(name):
    code, factor = CURRENCY_UNITS[name]
    quantity = parse_quantity(f"3万{name}")
    assert (quantity.value, quantity.unit) == (30000 * factor, code)
    assert len(code) == 3


@pytest.mark.parametrize("text", ["2.3亿元", "4.05亿元", "0.1亿元", "1.1万元", "8.7亿美元", "19.99万件", "0.07亿元"])
def test_numbers_are_exact_and_plain(text):
    number = text.rstrip("元件美亿万")
    quantity = parse_quantity(text)
    assert quantity.value == Decimal(number) * (10**8 if "亿" in text else 10**4)
    assert str(quantity.value).isdigit()


def test_a_quantity_that_runs_backwards_is_refused():
    with pytest.raises(ValueError, match="runs backwards, from 5 to 3"):
        Quantity(Decimal(5), Decimal(3), "件")


@given(st.text(max_size=120))
def test_any_text_gives_none_or_ordered_finite_numbers(text):
    check(parse_quantity(text))


SIGNS = (
    "0123456789０９，,.．:：/%％‰~-—+ \n零〇一二两三四五六七八九十百千万亿廿半余多几来约近超过不足至少到以上下内左右"
    "成倍番翻了折分之点个元角美人民币件第数"
)


@given(st.text(SIGNS, max_size=40))
def test_any_row_of_quantity_signs_gives_none_or_ordered_finite_numbers(text):
    check(parse_quantity(text))


def check(quantity: Quantity | None) -> None:
    """Whether a quantity holds together."""
    if quantity is None:
        return
    numbers = [number for number in (quantity.lower, quantity.value, quantity.upper) if number is not None]
    assert numbers == sorted(numbers)
    assert numbers
    assert all(number.is_finite() for number in numbers)
    assert all(str(number) == format(number, "f") or abs(number) < Decimal("0.00001") for number in numbers)
    assert "余" not in quantity.unit or not quantity.unit.endswith("余")


@given(
    st.integers(0, 10**18),
    st.integers(0, 4),
    st.sampled_from(["", "万", "亿", "万亿"]),
    st.sampled_from(sorted(CLASSIFIERS)),
)
def test_a_number_in_any_dress_reads_back(number, places, sign, unit):
    factor = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}[sign]
    mantissa = Decimal(number).scaleb(-places)
    expected = (mantissa * factor, unit)
    plain, grouped = f"{mantissa:f}", f"{mantissa:,f}"
    wide = "".join(chr(ord(character) + 0xFEE0) for character in grouped)
    for dress in (
        plain,
        grouped,
        wide,
        grouped.replace(",", " "),
        grouped.replace(",", "，"),
        grouped.replace(",", "\u2009"),
    ):
        quantity = parse_quantity(f"{dress}{sign}{unit}")
        assert (quantity.value, quantity.unit) == expected
        assert quantity.lower == quantity.upper == quantity.value


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(["至", "到", "—", "-", "~", "～"]))
def test_a_range_reads_back(first, second, separator):
    low, high = sorted((first, second))
    quantity = parse_quantity(f"{low}件{separator}{high}件")
    assert (quantity.lower, quantity.upper, quantity.unit, quantity.value) == (low, high, "件", None)


@given(
    st.from_regex(r"[0-9]{1,9}(\.[0-9]{1,3})?[万亿]?", fullmatch=True),
    st.sampled_from(["", "件", "元", "%", "个百分点", "人次"]),
)
def test_the_short_way_says_what_the_long_way_says(number, unit):
    assert read_simple(number + unit)
    assert parse_quantity(number + unit) == parse_quantity("共计" + number + unit)


@pytest.mark.parametrize("word", ["翻了", "不超过", "以上", "1-", "一", "1,", "3以上", "~", "百分之", "左右"])
def test_a_long_row_of_one_word_is_read_at_once(word):
    row = word * (98 // len(word))
    for text in (f"{row}x12", f"12{row}x", row, word * 10**6):
        check(parse_quantity(text[:100] if len(text) < 200 else text))


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_unicode_forms_do_not_matter(form):
    for case in TABLE:
        text, expected = case.values
        if "①" not in text and "¹" not in text:
            assert in_short(parse_quantity(unicodedata.normalize(form, text))) == expected
