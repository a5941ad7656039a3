"""The style sheet of the evaluation page."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #ffffff; --soft: #f3f3f0; --line: #d4d4cf; --bad: #b3261e;
  --value: #dcebfb; --name: #e6f0da; --wrong: #fbdcd9 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e4; --paper: #191a1b; --soft: #242628; --line: #44474a; --bad: #ff8a80;
    --value: #1f3b57; --name: #2f4420; --wrong: #5c2320 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.8 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
h1 { font-size: 1.4rem; line-height: 1.3; overflow-wrap: anywhere }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere }
.table { overflow-x: auto; margin: 1rem 0 }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4 }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th:first-child { text-align: left }
body > input { position: absolute; opacity: 0 }
body > label { display: inline-block; margin: 0 .4rem .5rem 0; padding: .15rem .8rem; border: 1px solid var(--line);
  border-radius: 1rem; font-size: .9rem; cursor: pointer }
body > input:checked + label { color: var(--paper); background: var(--ink); border-color: var(--ink) }
body > input:focus-visible + label { outline: 2px solid var(--bad); outline-offset: 2px }
.row { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; border-top: 1px solid var(--line) }
.row p { margin: 0; padding: .5rem 0; overflow-wrap: anywhere; white-space: pre-wrap; min-width: 0 }
.row p::before { display: block; font-size: .75rem; line-height: 1.2; opacity: .7 }
.gold::before { content: "gold" }
.predicted::before { content: "predicted" }
.row.clean, section.clean { display: none }
#show-clean:checked ~ main .row.clean { display: grid }
#show-clean:checked ~ main section.clean { display: block }
mark { color: inherit; background: var(--value); border-radius: .2rem; padding: .1rem .15rem }
mark.name { background: var(--name) }
mark.wrong { background: var(--wrong); outline: 2px solid var(--bad); outline-offset: -1px }
mark small { font-size: .68rem; margin-left: .2rem; opacity: .85; white-space: nowrap }
mark.wrong small { color: var(--bad); font-weight: 600; opacity: 1 }
@media (max-width: 44rem) {
  .row { grid-template-columns: 1fr }
  .row p + p { border-top: 1px dashed var(--line) }
  body { padding: .75rem }
}
"""
"""Colours and widths for light and dark screens; two columns where they fit, one below the other where not."""
