"""Reports as one HTML file that needs nothing else: the figure inside it, as vectors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing

from monitor.report.content import VERDICT_WORDS, Figure, SessionPart, rep_heads
from monitor.report.figure import numbered_sign
from monitor.report.words import Words

if TYPE_CHECKING:
    from monitor.report.progress import ProgressPart

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #12171d; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .6rem; } h2 { font-size: 1.1rem; margin: 1.4rem 0 .3rem; }
p { margin: .2rem 0; } .small, th, dt { color: #4b5560; font-size: .85em; }
.warn { color: #8c2b00; font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: .1rem .9rem; margin: 0; }
dd { margin: 0; } svg { max-width: 100%; height: auto; }
.figures { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: .4rem 0; }
.figures div { min-width: 6rem; } .figures strong { display: block; font-size: 1.15rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 400; border-bottom: 1.5px solid #4b5560; }
td { border-bottom: 1px solid #c9d0d8; } th, td { padding: .15rem .4rem .15rem 0; }
.mark { position: fixed; inset: 0; display: grid; place-items: center; pointer-events: none;
  font: 700 9rem sans-serif; color: #8c2b00; opacity: .07; transform: rotate(-40deg); }
tr, .figures div, svg { break-inside: avoid; } h2 { break-after: avoid; }
@page { margin: 15mm; }
@media print { body { margin: 0; max-width: none; font-size: 11px; } * { print-color-adjust: exact; } }
@media (max-width: 40rem) { dl { grid-template-columns: max-content 1fr; } }
"""


def session_html(part: SessionPart, figure: Drawing, words: Words) -> str:
    """Return the report of one session."""
    body = [
        *_head(part.title, part.facts, part.simulated, part.warnings, words),
        svg(figure, words.translate("report", "The thigh angle over the session, its phases shaded")),
    ]
    body += [_paragraph(each) for each in (part.gaps, *part.told) if each]
    if not any(each.rows for each in part.sets):
        body.append(f"<h2>{_said(words, 'No repetition was found in this recording.')}</h2>")
    for each in part.sets:
        body += [f"<h2>{escape(each.title)}</h2>", *map(_paragraph, each.remarks), _figures(each.figures)]
        if each.rows:
            signs = [
                ""
                if judged is None
                else svg(numbered_sign(row[0], judged), f"{row[0]}, {words.heard(VERDICT_WORDS[judged])}")
                for row, judged in zip(each.rows, each.verdicts, strict=True)
            ]
            heads = [rep_heads(words)[at] for at in part.columns]
            body.append(_table(heads, [[row[at] for at in part.columns] for row in each.rows], signs))
    return _page(part.title, body, part.method, words)


def progress_html(part: ProgressPart, figures: Sequence[Drawing], words: Words) -> str:
    """Return the report of several sessions, a figure for each of their exercises."""
    body = [*_head(part.title, part.facts, part.simulated, (), words)]
    body.append(f'<p class="small">{escape(part.figure_words)}</p>')
    for each, figure in zip(part.exercises, figures, strict=True):
        body += [f"<h2>{escape(each.title)}</h2>", svg(figure, _over_time(each.title, words))]
    body += [f"<h2>{_said(words, 'The sessions')}</h2>", _table(part.session_heads, part.sessions)]
    return _page(part.title, body, part.method, words)


def _over_time(title: str, words: Words) -> str:
    return words.translate("report", "{title}: the sessions over time").format(title=title)


def svg(figure: Drawing, said: str) -> str:
    """Return a drawing as SVG that can stand inside HTML, and that Qt reads too. said: what is to be seen."""
    text: str = renderSVG.drawToString(figure)
    text = re.sub(r"<clipPath.*?</clipPath>", "", text[text.index("<svg") :], flags=re.DOTALL)
    # Several figures stand in one document; and "None" is no word of SVG.
    text = re.sub(r' (?:id|clip-path)="[^"]*"', "", text)
    text = re.sub(r"<(title|desc)>[^<]*</\1>", "", text)
    text = text.replace("<svg", f'<svg role="img" aria-label="{escape(said)}"', 1)
    text = re.sub(r"(fill|stroke): None", r"\1: none", text)
    bold = "font-family: Helvetica, Arial, sans-serif; font-weight: bold"
    text = text.replace("font-family: Helvetica-Bold", bold)
    return text.replace("font-family: Helvetica;", "font-family: Helvetica, Arial, sans-serif;")


def _page(title: str, body: Sequence[str], method: Sequence[str], words: Words) -> str:
    meaning = [f"<h2>{_said(words, 'What the figures mean')}</h2>"]
    meaning += [f'<p class="small">{escape(each)}</p>' for each in method]
    lines = "\n".join([*body, *meaning])
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}">\n<head><meta charset="utf-8" />'
        '<meta name="viewport" content="width=device-width" />'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n{lines}\n</body>\n</html>\n"
    )


def _head(
    title: str,
    facts: Sequence[tuple[str, str]],
    simulated: bool,
    warnings: Sequence[str],
    words: Words,
) -> list[str]:
    made = [f"<h1>{escape(title)}</h1>"]
    made.append("<dl>" + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in facts) + "</dl>")
    if simulated:
        made.append(f'<div class="mark" aria-hidden="true">{_said(words, "SIMULATED")}</div>')
        made.append(f'<p class="warn">{_said(words, "SIMULATED: no person wore this sensor.")}</p>')
    note = words.translate("report", "Note: {text}")
    made += [f'<p class="warn">{escape(note.format(text=each))}</p>' for each in warnings]
    return made


def _figures(figures: Sequence[Figure]) -> str:
    each = (
        f'<div><span class="small">{escape(figure.name)}</span><strong>{escape(figure.value)}</strong>'
        f'<span class="small">{escape(figure.note)}</span></div>'
        for figure in figures
    )
    return f'<div class="figures">{"".join(each)}</div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], signs: Sequence[str] = ()) -> str:
    lines = [
        "<thead><tr>"
        + "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        + "</tr></thead><tbody>"
    ]
    for at, row in enumerate(rows):
        cells = [escape(text) for text in row]
        if at < len(signs) and signs[at]:
            cells[0] = signs[at]
        lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table>{''.join(lines)}</tbody></table>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _said(words: Words, text: str) -> str:
    return escape(words.translate("report", text))
