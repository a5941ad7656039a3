"""The same report laid out in another way: sentences in another order, and page furniture between the paragraphs."""

from __future__ import annotations

import random
import re
from itertools import pairwise

from lawner.document import Document
from lawner.edits import Edit, apply_edits, free_cuts, rearrange

HEADERS = (
    "首页 > 政务公开 > 工作总结",
    "当前位置：首页 > 信息公开 > 法定主动公开内容",
    "您所在的位置: 网站首页 / 政府信息公开 / 年度报告",
    "索引号：{number}/{year}-{serial}",
    "发布日期：{year}-{month}-{day}",
    "发布时间：{year}年{m}月{d}日 {hour}:{minute}",
    "时间:{year}-{month}-{day} {hour}:{minute}  来源:办公室  浏览次数:{count}",
    "信息来源：综合科  点击数：{count}  字号：[大 中 小]",
    "字体：【大】【中】【小】 打印 关闭",
    "访问量：{count}次 字体：大 中 小",
    "【打印】 【关闭】 【收藏】",
    "无障碍浏览 | 长者模式 | 繁體",
    "文号：无  有效性：有效  公开方式：主动公开",
)
FOOTERS = (
    "上一篇：关于做好{year}年有关工作的通知",
    "下一篇：{year}年第{serial}期工作简报",
    "分享到： 微信 微博 打印本页 关闭窗口",
    "责任编辑：办公室  初审：王  复审：李",
    "【打印本页】【关闭窗口】【返回顶部】",
    "扫一扫在手机打开当前页",
    "附件：{year}年度报告.docx（{serial}KB）下载",
    "网站标识码：{number}{serial} 联系电话：0{serial}-{number}",
    "版权所有 主办单位：政府办公室 ICP备{number}号-{d}",
    "您是第 {count} 位访问者",
    "相关链接 网站地图 关于我们 网站纠错",
)
PAGES = (
    "- {page} -",
    "— {page} —",
    "－{page}－",
    "第{page}页",
    "第 {page} 页 共 {pages} 页",
    "{page}",
    "{page} / {pages}",
    "·{page}·",
)

BODY = re.compile(r"[^（(一二三四五六七八九十0-9０-９①②③④⑤第].{38,}[。！；]\Z")
SENTENCE = re.compile(r"[。！？][”’」』）)》]*")
DEPENDENT = re.compile(
    r"其|会[上后]|事后|当[天日]|同时|此外|另外|另有|对此|为此|因此|这|该|但|而|并|也|还|又|再|却|同比|比|较|随后|之后|后来|最终|最后|结果|经|有的|他|她|它"
    r"|上述|下降|增长|[一二三四五六七八九十]是|[（(①②③④⑤]|[0-9０-９]"
)
ENUMERATED = re.compile("[二三]是|[二三]、|②|⑵|第二，|其二|（[二三]）|[(][二三][)]|乙案|案[例件][二2]")


def add_noise(document: Document, *, rng: random.Random) -> Document:
    """The document with page furniture before it, after it and between paragraphs, never within a sentence."""
    values = _page_values(rng)
    edits = []
    kinds = rng.choice(("header", "footer", "pages", "all", "all"))
    if kinds in {"header", "all"}:
        lines = _furniture(HEADERS, values, rng)
        edits.append(Edit(0, 0, "".join(line + "\n" for line in lines)))
    if kinds in {"pages", "all"}:
        template, blank = rng.choice(PAGES), rng.choice(("", "", "\n"))
        for page, place in enumerate(_page_ends(document, rng), rng.randint(1, 2)):
            line = template.format_map(values | {"page": str(page)})
            edits.append(Edit(place, place, f"{blank}{line}\n{blank}"))
    if kinds in {"footer", "all"}:
        size = len(document.text)
        lines = _furniture(FOOTERS, values, rng)
        edits.append(Edit(size, size, "".join("\n" + line for line in lines)))
    return apply_edits(document, edits)


def _page_values(rng: random.Random) -> dict[str, str]:
    """Numbers for the page furniture of one document."""
    year, month, day = rng.randint(2006, 2025), rng.randint(1, 12), rng.randint(1, 28)
    return {
        "year": str(year),
        "month": f"{month:02}",
        "day": f"{day:02}",
        "m": str(month),
        "d": str(day),
        "hour": f"{rng.randint(8, 18):02}",
        "minute": f"{rng.randint(0, 59):02}",
        "count": str(rng.randint(3, 9999)),
        "serial": str(rng.randint(10, 999)),
        "number": str(rng.randint(1000000, 99999999)),
        "pages": str(rng.randint(6, 20)),
    }


def _furniture(templates: tuple[str, ...], values: dict[str, str], rng: random.Random) -> list[str]:
    """One to three lines of page furniture."""
    return [line.format_map(values) for line in rng.sample(templates, rng.randint(1, 3))]


def _page_ends(document: Document, rng: random.Random) -> list[int]:
    """Up to five places, ascending, where a page can end: after a line that ends with its sentence."""
    places = [match.end() for match in re.finditer(r"[。！？”]\r?\n", document.text)]
    whole = [place for place in free_cuts(document, places) if 0 < place < len(document.text)]
    return sorted(rng.sample(whole, min(len(whole), rng.randint(1, 5))))


def shuffle_sentences(document: Document, *, rng: random.Random) -> Document:
    """The document with sentences of a paragraph, paragraphs of a section, or both in another order.

    Headings, short lines and enumerated paragraphs stay in place; a sentence that leans on the one before (其中, 同比,
    二是) stays with it; the first sentence of a paragraph stays first. No cut divides a span from its relations.
    """
    sentences, paragraphs = rng.choice(((True, False), (False, True), (True, True)))
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\s][^\r\n]*", document.text)]
    ends = [match.end() for match in SENTENCE.finditer(document.text)] if sentences else []
    cuts = free_cuts(document, [place for line in lines for place in line] + ends)
    known = set(cuts)
    lines = [line for line in lines if line[0] in known and line[1] in known]
    order = _paragraph_order(document.text, lines, rng) if paragraphs else lines
    pieces: list[tuple[int, int]] = []
    position = 0
    for (start, end), line in zip(lines, order, strict=True):
        pieces.append((position, start))
        pieces += _sentence_order(document.text, [cut for cut in cuts if line[0] <= cut <= line[1]], rng)
        position = end
    pieces.append((position, len(document.text)))
    return rearrange(document, [(start, end) for start, end in pieces if start < end])


def _paragraph_order(text: str, lines: list[tuple[int, int]], rng: random.Random) -> list[tuple[int, int]]:
    """The lines with each run of neighbouring paragraphs shuffled; the first paragraph of the text stays."""
    order = list(lines)
    run: list[int] = []
    opened = False
    for index in range(len(lines) + 1):
        if index < len(lines) and BODY.match(text[slice(*lines[index])]):
            run += [index] if opened else []
            opened = True
            continue
        shuffled = rng.sample(run, len(run))
        for place, other in zip(run, shuffled, strict=True):
            order[place] = lines[other]
        run = []
    return order


def _sentence_order(text: str, cuts: list[int], rng: random.Random) -> list[tuple[int, int]]:
    """The sentences of one paragraph in another order; an enumerated paragraph as it is."""
    whole = (cuts[0], cuts[-1])
    if len(cuts) < 4 or ENUMERATED.search(text, *whole):
        return [whole]
    firsts = [cut for cut in cuts[1:-1] if not DEPENDENT.match(text, cut)]
    bounds = [cuts[0], *firsts, cuts[-1]]
    sentences = list(pairwise(bounds))
    return [sentences[0], *rng.sample(sentences[1:], len(sentences) - 1)]
