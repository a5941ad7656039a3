"""Names without a noun of their own, as tables: stages of a proceeding, rates of them, comparisons, branches; units."""

from __future__ import annotations

import re


def _words(table: str) -> list[str]:
    """The words of a table."""
    return table.split()


OPENING = _words("""
    受理 收到 立案 接收 登记 接到 收案 办理 承办 审理 查处 处理 处置 排查 清理 检查 巡查 制止 审查 审核 调处 调解
    化解 接待
""")
"""Stages with which a proceeding may begin: across a full stop they inherit nothing."""

CLOSING = _words("""
    办结 审结 结案 执结 审执结 查结 调结 处结 报结 了结 办复 答复 回复 回访 反馈 维持 撤销 变更 改变 驳回 撤回
    撤诉 撤案 终止 中止 和解 调成 成功 纠正 纠错 责令 履行 确认违法 违法 无效 改判 发回重审 采纳 采用 吸收 整改
    完成 到位 销号 查实 属实 核实 核查 解决 消除 转办 交办 退回 补正 公开 提供 处理 移送公安机关 移送司法机关
    移送公安 移送司法 移送检察机关 通过 废止 修改 失效 宣布失效 有效 继续有效 保留 取消 下放 合并 修订 败诉 胜诉
    合格 优秀 良好 优良 达标 报备 备案 批准 准予 否决 缓办 撤稿 审批 改造 执行 裁决 判决 裁定 撤并 整合 销毁 关闭
    支持 赔偿 网办 可办 网上可办 即办 逾期 超期 结转
""")
"""Later stages and outcomes."""

ADVERBS = _words("""
    其中 已 均 全部 共 共计 依法 按期 按时 及时 当场 当期 当日 限期 直接 间接 成功 新 首次 正在 尚在 尚未 未 不
    不予 予以 准予 部分 继续 决定 作出 作 以 方式 或 或者 和 及 与 、 被 经 在 到期 主动 先行 提前 延期 诉前 诉中
    庭前 一次性 综合 网上 线上 现场 协调 督促 申请 申请人 建议 拟 结果 判令 无法 再 仍
""")
"""Words that may stand before a stage without giving it a noun."""

BRANCHES = frozenset(
    _words("""
    民事 刑事 行政 其他 其它 其他类 其余 其余的 其他类型 国家级 省级 市级 县级 区级 州级 厅级 县处级 乡科级 国内
    涉外 涉港澳台 国内民事 国内经济 民商事 执行 一审 二审 再审 重大 较大 一般 特大
""")
)
"""Adjectives that name one part of what was counted before."""

CHANGES = _words("""
    增长 上升 下降 提高 降低 增加 减少 回落 提升 上浮 下浮 攀升 翻番 压缩 缩短 扩大 收窄 持平
""")
"""Verbs of comparisons."""

LIGHT_VERBS = _words("""
    收到 接到 接手 接受(?!教育|培训) 接收 新收 受理 办理 承办 审理(?!结) 审查(?!逮捕|起诉|调查) 审核
    立案侦查 立案查处 立案 查处 排查化解 排查 调处 调解(?!组织|委员|员|案卷|卷宗|室) 化解 办结 审结 处理 处置
    发现 登记 出具 提出 制发 发出 反馈 保留 新建 交办 核查 梳理 清理 推送 移交 转来 收集 征集 查出 整改
""")
"""Verbs that a head leaves behind: 收到行政复议申请 gives 行政复议申请."""


def _any(words: list[str]) -> str:
    """A pattern for one of several words, longer ones first."""
    return "|".join(sorted(set(words), key=lambda word: (-len(word), word)))


_STAGE = f"(?:(?:{_any(ADVERBS)})*(?:{_any(OPENING + CLOSING)}))+"
_CHANGE = _any(CHANGES)

STAGE = re.compile(f"{_STAGE}的?[数量]?")
STAGE_RATE = re.compile(f"{_STAGE}率")
OPENER = re.compile(f"(?:新|共|已|均|依法|直接)*(?:{_any(OPENING)})(?:立案|受理|查处|办理)?")
COMPARISON = re.compile(
    "(?:同比|环比|(?:比|较|与)[^，。；\\n]{1,12}?)(?:分别|各|实际|名义|均|也|又|再|共|净)*"
    f"(?:{_CHANGE}|[增降升减多少高低翻])了?"
    f"|(?:分别|各|均|也|又|再|净)*(?:{_CHANGE}|增幅|降幅)"
    "|占比|占(?:[^，。；\\n]{1,10}的|总数|总量|全部|全省|全市|全县)"
    "|[是为](?:上年|去年|上年同期|去年同期)的"
)
LIGHT = re.compile(f"(?:共|新|依法|累计|全年|已|最终)*(?:{_any(LIGHT_VERBS)})[了出]?")
RECEIVED = re.compile("(?:共|新)*(?:收到|接到)")
WEAK = re.compile(
    ".|(?:优秀|优质|优良|合格|不合格|告知|评为|给予|上年|另有).*|.*(?:的|结转|继续办理)|.*结转下.*|.{0,4}(?:批捕|批准逮捕|起诉|提起公诉|审查逮捕)",
    re.DOTALL,
)
"""Names that are no stage and yet no head for one."""

UNIT = re.compile(r"[0-9０-９.．,，\s一二三四五六七八九十百千万亿两零〇余多几近约超过逾不足至少以上下内左右—\-~～]+")
UNITS = {"起": "件", "宗": "件", "例": "件", "件次": "件", "人次": "人", "名": "人", "条": "个", "处": "个"}
NO_PARTS = frozenset({"人", "位", "支", "次", "场", "场次", "期", "部", "元", "%", "％", "‰", "倍", "成", "个百分点"})
"""Classifiers of what has no rate of its own: people who handle cases, not cases."""


def unit_of(value: str) -> str:
    """The classifier of a value, those of cases and of people each under one name.

    Example:
        >>> unit_of("1,204起"), unit_of("近万人次"), unit_of("97.3%")
        ('件', '人', '%')
    """
    unit = "个百分点" if "百分点" in value[-4:] else UNIT.sub("", value[:24])
    return UNITS.get(unit, unit)
