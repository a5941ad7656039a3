"""The style sheet of the page of records, its colours, and the script that sorts its table."""

from __future__ import annotations

from collections.abc import Mapping

INK = {"light": "#1b1d20", "dark": "#eceae4"}
PALETTE: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "light": (
        ("#cfe3fb", "#1f5fa8", "solid"),
        ("#d3efd0", "#2b7030", "dashed"),
        ("#fbdcee", "#a3246d", "dotted"),
        ("#fbe7b8", "#7d5700", "double"),
        ("#e2dcfa", "#5a3fb0", "solid"),
        ("#cdeff0", "#0b6b70", "dashed"),
    ),
    "dark": (
        ("#1c3d63", "#8fc1ff", "solid"),
        ("#1f4425", "#8fd694", "dashed"),
        ("#5a1f43", "#ff9fd2", "dotted"),
        ("#533c05", "#f2c75c", "double"),
        ("#3a2f6b", "#c0b2ff", "solid"),
        ("#0f4548", "#7fdbdf", "dashed"),
    ),
}
"""For every kind of value: background, line and style of the line, so that colour is not all that tells them apart."""

NAME = {"light": "#ecebe6", "dark": "#35373b"}
"""Background of names."""

N_KINDS = len(PALETTE["light"])


def _colours(theme: str) -> str:
    """The colours of a theme as variables."""
    kinds = "".join(f" --k{index}: {fill}; --l{index}: {line};" for index, (fill, line, _) in enumerate(PALETTE[theme]))
    return f"--ink: {INK[theme]}; --name: {NAME[theme]};{kinds}"


_KINDS = "".join(
    f".k{index} {{ background: var(--k{index}); border-color: var(--l{index}); border-bottom-style: {line} }}\n"
    f".f{index} {{ background: var(--l{index}) }}\n"
    for index, (_, _, line) in enumerate(PALETTE["light"])
)

STYLE = f"""
:root {{ color-scheme: light dark; --paper: #fdfdfb; --card: #ffffff; --soft: #f4f3ee; --line: #d6d4cc;
  --faint: #5c5f66;
  {_colours("light")} }}
@media (prefers-color-scheme: dark) {{
  :root {{ --paper: #16181b; --card: #23262b; --soft: #1f2226; --line: #43474e; --faint: #b0b3b8;
    {_colours("dark")} }}
}}
* {{ box-sizing: border-box }}
html {{ scroll-padding-top: 5rem }}
body {{ margin: 0 auto; padding: 1.5rem 1.5rem 6rem; max-width: 76rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.75 system-ui, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC",
  "Source Han Sans SC", "WenQuanYi Micro Hei", sans-serif }}
h1 {{ font-size: 1.6rem; line-height: 1.3; margin: 0 }}
h2 {{ font-size: 1.15rem; margin: 2.5rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line) }}
h3 {{ font-size: 1rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere }}
h1 small, h2 small, th small {{ color: var(--faint); font-weight: 400; font-size: .7em; margin-left: .4em }}
h3 small {{ color: var(--faint); font-weight: 400; font-size: .8em; margin-left: .4em }}
a {{ color: inherit }}
.note {{ color: var(--faint); font-size: .875rem; margin: .3rem 0 }}
.left-out {{ border-left: 3px solid var(--l3); background: var(--soft); padding: .5rem .9rem; font-size: .875rem }}
.bars {{ display: grid; grid-template-columns: max-content 1fr max-content; gap: .45rem .9rem; align-items: center;
  list-style: none; margin: 0; padding: 0; max-width: 44rem }}
.bars li {{ display: contents }}
.bars .note {{ grid-column: 2 / 4 }}
.bars .fill {{ height: 1.1rem; min-width: 2px; border-radius: .2rem }}
.bars .number {{ font-variant-numeric: tabular-nums; font-size: .875rem; white-space: nowrap; text-align: right }}
mark {{ color: inherit; background: var(--name); border-bottom: 2px none; border-radius: .2rem; padding: .1rem .15rem;
  box-decoration-break: clone; -webkit-box-decoration-break: clone }}
mark[tabindex] {{ cursor: help }}
mark:hover, mark:focus, mark:target {{ outline: 2px solid var(--ink); outline-offset: 1px }}
{_KINDS}.card {{ display: none; position: fixed; z-index: 2; right: 1.5rem; bottom: 1.5rem; width: 26rem;
  max-width: calc(100vw - 1.5rem);
  max-height: 60vh; overflow: auto; padding: .8rem 1rem; color: var(--ink); background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; box-shadow: 0 .4rem 1.6rem rgb(0 0 0 / .28);
  font-size: .84rem; line-height: 1.5; white-space: normal }}
mark:hover > .card, mark:focus > .card {{ display: block }}
mark:hover > .card {{ z-index: 3 }}
.card b {{ display: block; font-size: .95rem; overflow-wrap: anywhere }}
.card b ~ b {{ margin-top: .6rem; padding-top: .6rem; border-top: 1px solid var(--line) }}
.card i {{ display: grid; grid-template-columns: 6.2rem 1fr; font-style: normal; overflow-wrap: anywhere }}
.card i u {{ color: var(--faint); text-decoration: none }}
.table {{ overflow: auto; max-height: 75vh; border: 1px solid var(--line); border-radius: .4rem }}
table {{ border-collapse: separate; border-spacing: 0;
  font-size: .84rem; line-height: 1.45; width: 100%; min-width: 54rem }}
th, td {{ padding: .4rem .65rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere }}
th {{ position: sticky; top: 0; background: var(--soft); white-space: nowrap; z-index: 1 }}
th[data-kind=number] {{ text-align: right }}
th button {{ all: unset; cursor: pointer }}
th button:focus-visible {{ outline: 2px solid var(--ink); outline-offset: 2px }}
th[aria-sort=ascending] button::after {{ content: " ▲" }}
th[aria-sort=descending] button::after {{ content: " ▼" }}
tr:last-child td {{ border-bottom: 0 }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
td:nth-child(1) {{ min-width: 8rem }}
td:nth-child(3) {{ min-width: 12rem }}
td:nth-child(2), td:nth-child(7) {{ white-space: nowrap }}
section p {{ margin: 0 0 .8rem; max-width: 46rem; white-space: pre-wrap; overflow-wrap: anywhere }}
@media (max-width: 44rem) {{
  body {{ padding: 1rem .9rem 5rem }}
  h1 {{ font-size: 1.35rem }}
  .card {{ left: .75rem; right: .75rem; bottom: .75rem; width: auto; max-height: 50vh }}
}}
@media print {{
  .card {{ display: none !important }}
  .table {{ max-height: none }}
}}
"""
"""Colours and widths for light and dark, wide and narrow screens; the record of a mark stands at a corner of the
screen, where no edge of a narrow column can cut it."""

SCRIPT = """
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const key = (row, i) => row.cells[i].dataset.v ?? row.cells[i].textContent;
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const numeric = head.dataset.kind === "number";
      const rows = [...body.rows].map(row => [key(row, i), row]);
      rows.sort(([a], [b]) => {
        if (a === "" || b === "") return (a === "") - (b === "");
        const order = numeric ? a - b : a.localeCompare(b, "zh");
        return down ? -order : order;
      });
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows.map(([, row]) => row));
    });
  });
}
"""
"""Sorts the table by the column whose heading is pressed; without it the page only lacks that."""
