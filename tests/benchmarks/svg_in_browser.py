"""What a browser draws of small SVG files, for a test to hold the reader against.

    python tests/benchmarks/svg_in_browser.py --browser chromium

It writes tests/unit/files/svg_in_browser.json: of each file below the box around its lines in the coordinates of its
outer viewBox and their length, as the browser measures them. The browser runs without a window and without a network.
"""

from __future__ import annotations

import argparse
import html
import json
import subprocess
import tempfile
from pathlib import Path

OUT = Path(__file__).parent.parent / "unit" / "files" / "svg_in_browser.json"
PAGE = 'viewBox="0 0 200 100" width="400" height="200"'
CURVE = "M10 10C60 0 40 70 90 30"
"""A path that lies differently on each of its sides."""

PATHS = [
    "M10 10L90 40",
    "m10 10 20 20 30-5",
    "M10 10H50V40h-20v-15z",
    "M.5.5.75.25L1.5-.5",
    "M10-5L1e1 2E1-3-4",
    "M10 10C20 80 60-40 90 50",
    "M10 10c10 70 50-50 80 40s20 30 40 0",
    "M10 10S40 60 70 10",
    "M10 10S40 60 70 10S90-20 99 5",
    "M10 10Q50 90 90 10",
    "M10 10q40 80 80 0t40 10t20-30",
    "M10 10T50 60T90 0",
    "M10 10L20 20S50 90 80 10",
    "M5 5L20 20T50 60",
    "M10 10C20 80 60-40 90 50T120 0",
    "M10 10Q20 80 90 50S120 0 150 40",
    "M20 50A30 20 0 0 1 80 50",
    "M20 50A30 20 30 1 0 80 50",
    "M20 50A30 20 30 1 1 80 50",
    "M20 50A30 20-70 0 0 80 60",
    "M20 50A3 2 0 0 1 80 50",
    "M20 50A3 2 45 0 1 80 20",
    "M20 50A-30 20 30 1 1 80 50",
    "M20 50a25 25 0 1 1 50 0a25 25 0 1 1-50 0z",
    "M20 50a25 10 0 0150 5",
    "M20 50a25 10 0 10.5.5",
    "M20 50A0 20 0 0 1 80 50",
    "M20 50A20 20 0 0 1 20 50L30 30",
    "M20 50A30 30 0 1 1 20.01 50",
    "M10 10h20v20zl40 5l-3 9",
    "M10 10h20v20zm5 5h20v20z",
    "M10 10L20 20M30 30M40 10l5 50",
    "M10 10 20 20 30 10zM50 50 60 60 70 50z",
    "M10,10,20,20,L30 5",
    "M10 10C20 20 20 20 20 20",
    "M10 10C10 10 90 90 90 90",
    "M10 10C90 90-60 90 60 10",
    "M0 0C200 100-100 100 100 0",
    "M10 10Q10 10 50 60",
    "M10 10c0 0 0 0 30 40q0 0 5 5",
    "M10 10l0 0l20 10L30 20",
    "\n M 10 , 10\tL 20 -20 \n",
    "M10 10 L+20+30",
    "M100 50A50 50 0 0 0 50 0A25 25 0 0 0 50 50",
    "M1 1A1e-3 1e-3 0 0 1 99 9",
    "M10 80C40 10 65 10 95 80S150 150 180 80",
    "M10 10A5 5 720 1 1 20 20",
    "M10 10V20H30V5H50v-5",
    "M50 50m10 0l10 10",
    "M10 10zM20 20L50 60",
    "M80 80A45 45 0 0 0 125 125L125 80Z",
    "M10 10a20 10 15 1 0 30 20a5 9 0 0 1 9 9",
]

SHAPES = [
    '<line x1="5" y1="7" x2="90" y2="-30"/>',
    '<line y2="30"/>',
    '<polyline points="1,2 30 40,50,6"/>',
    '<polygon points="10-5 30 40 50,6"/>',
    '<rect x="5" y="6" width="70" height="30"/>',
    '<rect width="70" height="30" rx="10"/>',
    '<rect width="70" height="30" ry="10"/>',
    '<rect width="70" height="30" rx="10" ry="4"/>',
    '<rect width="70" height="30" rx="90" ry="4"/>',
    '<rect width="70" height="30" rx="90"/>',
    '<rect width="70" height="30" rx="0" ry="9"/>',
    '<rect width="70" height="30" rx="5%"/>',
    '<circle cx="40" cy="50" r="30"/>',
    '<circle r="1e3"/>',
    '<ellipse cx="40" cy="50" rx="30" ry="10"/>',
    '<ellipse cx="40" cy="50" rx="30"/>',
    '<ellipse cx="40" cy="50" rx="30" ry="10" transform="rotate(30)"/>',
    '<circle cx="10%" cy="50%" r="1000%"/>',
    '<line x1="10%" y1="20%" x2="90%" y2="100%"/>',
    '<rect x="5%" y="5%" width="50%" height="50%"/>',
    '<line x2="1in" y2="1cm"/>',
    '<line x2="20mm" y2="15pt"/>',
    '<line x2="3pc" y2="40Q"/>',
    '<line x2="30px" y2="2em"/>',
    '<g font-size="10"><line x2="3em" y2="2rem"/><line style="font-size:200%" x1="3em" y2="1"/></g>',
]

TRANSFORMS = [
    "translate(20)",
    "translate(20-5)",
    "scale(2)",
    "scale(2,.5)",
    "scale(-1 1)",
    "rotate(30)",
    "rotate(30 50 20)",
    "skewX(30)",
    "skewY(-20)",
    "matrix(1 .5 -.3 2 10 5)",
    "translate(5,6) rotate(45),scale(2)",
    " rotate( 10 ) ",
    "rotate(-1e2)",
    "",
]

STYLES = [
    "transform: translate(20px)",
    "transform: translate(20px, 10%)",
    "transform: translateX(50%) translateY(5mm)",
    "transform: scale(2)",
    "transform: scale(50%, 2)",
    "transform: scaleX(-1)",
    "transform: scaleY(3)",
    "transform: rotate(30deg)",
    "transform: rotate(.1turn)",
    "transform: rotate(1rad)",
    "transform: rotate(50grad)",
    "transform: skew(20deg)",
    "transform: skew(20deg, 10deg)",
    "transform: skewX(20deg) skewY(-10deg)",
    "transform: matrix(1, .5, -.3, 2, 10, 5)",
    "transform: translate3d(5px, 6px, 0) scale3d(2, 3, 1)",
    "transform: rotateZ(20deg) translateZ(0)",
    "transform: none",
    "transform: rotate(30deg); transform-origin: center",
    "transform: rotate(30deg); transform-origin: 10px 20%",
    "transform: rotate(30deg); transform-origin: bottom",
    "transform: rotate(30deg); transform-origin: top right",
    "transform: rotate(30deg); transform-origin: right 5px",
    "transform: rotate(30deg); transform-origin: 50% 50% 0",
    "transform: rotate(30deg); transform-box: fill-box",
    "transform: rotate(30deg) translate(50%); transform-box: fill-box; transform-origin: center",
    "transform: scale(2); transform-box: fill-box; transform-origin: 100% 0",
    "transform: rotate(30deg); transform-box: view-box; transform-origin: 50% 50%",
    "translate: 10px 5px",
    "translate: 10%",
    "rotate: 40deg",
    "scale: 2",
    "scale: 2 50%",
    "translate: 10px; rotate: 20deg; scale: 2; transform: skewX(10deg); transform-origin: 20px 20px",
    "TRANSFORM: ROTATE(30DEG)",
    "transform: rotate(30deg) !important; transform: none",
    "/* a */transform:/* b */scale(2)",
    "transform:rotate(0)",
]

RATIOS = [
    "",
    "none",
    "xMidYMid",
    "xMinYMin meet",
    "xMaxYMax",
    "xMinYMid slice",
    "xMidYMax slice",
    "xMaxYMin slice",
    "defer xMinYMax",
    "xMidYMid slice",
    "nonsense",
]
INNER = f'<path d="{CURVE}"/>'
VIEWPORTS = [
    f'<svg x="50" y="20" width="40" height="40" viewBox="0 0 10 10">{INNER}</svg>',
    f'<svg x="10%" y="20%" width="50%" height="25%" viewBox="5 -5 100 50">{INNER}</svg>',
    f'<svg x="3" y="4">{INNER}</svg>',
    f'<svg viewBox="0 0 50 50">{INNER}</svg>',
    f'<svg width="30" viewBox="0 0 50 50">{INNER}</svg>',
    '<svg width="50" height="40"><line x1="10%" x2="100%" y2="50%"/></svg>',
    '<svg width="50" height="40" viewBox="0 0 1000 1000"><circle cx="50%" cy="50%" r="50%"/></svg>',
    f'<svg x="9" width="50" height="40" viewBox="0 0 9 9" transform="rotate(20)">{INNER}</svg>',
    f'<svg x="9" width="50" height="40" viewBox="0 0 9 9" style="transform: translate(10%, 5px)">{INNER}</svg>',
    f'<svg width="80" height="40" viewBox="0 0 50 50"><svg x="10" width="50%" height="20" viewBox="0 0 99 9">'
    f"{INNER}</svg></svg>",
    f'<svg viewBox="0 0 -5 9" x="5">{INNER}</svg>',
    f'<svg viewBox="0 0 5" x="5">{INNER}</svg>',
    f'<svg style="width: 30px; x: 5px; height: 50%" viewBox="0 0 50 50">{INNER}</svg>',
    f'<g transform="scale(2)"><svg x="5" width="50%" viewBox="0 0 50 50">{INNER}</svg></g>',
    f'<svg width="50" height="50" viewBox="20 20 50 50">'
    f'<g style="transform: rotate(30deg); transform-origin: center">{INNER}'
    "</g></svg>",
]

USES = [
    '<use href="#p"/>',
    '<use href="#p" x="20" y="-5"/>',
    '<use href="#p" x="10%" y="50%"/>',
    '<use href="#p" transform="scale(2)"/>',
    '<use href="#p" x="9" transform="translate(5) scale(.5 2)"/>',
    '<use href="#p" style="transform: scale(2); x: 5px"/>',
    '<use href="#p" style="transform: scale(2); transform-box: fill-box; transform-origin: center"/>',
    '<use href="#p" width="5" height="5"/>',
    '<use href="#s" x="20" y="30" width="50" height="50"/>',
    '<use href="#s"/>',
    '<use href="#s" width="50%"/>',
    '<use href="#t" width="50" height="20"/>',
    '<use href="#t" x="5" height="50%"/>',
    '<use href="#v"/>',
    '<use href="#v" width="90" height="30"/>',
    '<use href="#v" x="5" y="6" width="50%"/>',
    '<use href="#n" x="5"/>',
    '<use href="#m" width="60" height="60"/>',
    '<use href="#q" width="60" height="60"/>',
    '<use xlink:href="#p" x="5"/>',
    '<use href="#none"/><line x2="5" y2="6"/>',
    '<use href="#w" x="10" y="10" width="60" height="60"/>',
    '<use href="#w"/>',
    '<use href="#w" width="50"/>',
    '<use href="#s" style="width: 40px; height: 30px"/>',
]
DEFS = (
    f'<defs><path id="p" d="{CURVE}"/><symbol id="s" viewBox="0 0 100 80">{INNER}</symbol>'
    f'<symbol id="t" viewBox="10 5 100 80" preserveAspectRatio="none">{INNER}</symbol>'
    f'<svg id="v" x="3" width="40" height="40" viewBox="0 0 100 80">{INNER}</svg><g id="n"><use href="#p" y="9"/></g>'
    f'<symbol id="m">{INNER}<line x2="50%" y2="90%"/></symbol><symbol id="q" transform="scale(.5)">{INNER}</symbol>'
    f'<symbol id="w" x="5" y="5" width="30" height="30" viewBox="0 0 100 80">{INNER}</symbol></defs>'
)

HIDDEN = [
    '<line x2="9" y2="9" display="none"/>',
    '<line x2="9" y2="9" style="display: none"/>',
    '<line x2="9" y2="9" class="d"/>',
    '<g class="d"><line x2="9" y2="9" style="display: inline"/></g>',
    '<line x2="9" y2="9" visibility="hidden"/>',
    '<g visibility="hidden"><line x2="90" y2="9"/><line x2="9" y2="60" visibility="visible"/></g>',
    '<g style="visibility: collapse"><line x2="90" y2="9"/></g>',
    '<g class="v"><line x2="90" y2="9"/></g>',
    '<line id="i" class="d" x2="9" y2="80"/>',
    '<line class="d" style="display: block" x2="9" y2="80"/>',
    '<line class="e" style="display: block" x2="9" y2="80"/>',
    '<line display="none" class="s" x2="9" y2="80"/>',
    '<unknown><line x2="9" y2="80"/></unknown>',
    '<o:x xmlns:o="urn:o"><line x2="9" y2="80"/></o:x>',
    '<switch><g requiredExtensions="urn:o"><line x2="9" y2="80"/></g><line x2="8" y2="70"/>'
    '<line x2="99" y2="99"/></switch>',
    '<a href="#"><line x2="9" y2="80"/></a>',
    '<clipPath><line x2="9" y2="80"/></clipPath><mask><line x2="9" y2="80"/></mask>',
    '<marker><line x2="9" y2="80"/></marker><pattern><line x2="9" y2="80"/></pattern>',
    '<symbol><line x2="9" y2="80"/></symbol>',
    '<g><line class="k" x2="9" y2="80"/></g>',
    '<line class="p" x2="9" y2="80"/>',
    '<line display="nonsense" x2="9" y2="80"/>',
]
SHEET = (
    "<style>.d{display:none}.v{visibility:hidden}#i{display:inline}.e{display:none!important}.s{display:inline}"
    "g > .k, .unused {display:none} @media print{.p{display:none}} @media screen{.q{display:none}}"
    " a:::b, .p {display:none}"
    "</style>"
)

PLACED = [
    "<style>circle{r:2000px;cx:50px}</style><circle cy='9'/>",
    "<style>rect{width:50%;height:2em;rx:5px}</style><rect/>",
    "<rect width='5' height='5' style='width:40px;x:3px;y:10%'/>",
    "<style>line{x2:90px}</style><line x2='5' y2='9'/>",
    "<path d='M0 0L1 1' style='d:path(\"M10 10Q50 90 90 10\")'/>",
    f"<style>.a{{transform:scale(2)}}</style><g class='a'>{INNER}</g>",
    f"<style>path{{transform-origin:50% 50%;transform:rotate(45deg)}}</style><g transform='scale(.5)'>{INNER}</g>",
    f"<g transform='scale(2)' transform-origin='20 30'>{INNER}</g>",
    f"<g transform='rotate(45)' transform-origin='center'>{INNER}</g>",
    f"<g transform='scale(2)' transform-origin='50%'>{INNER}</g>",
    f"<g transform='scale(2)' style='transform:none'>{INNER}</g>",
    f"<g style='transform:rotate(30deg);transform-box:fill-box;"
    f"transform-origin:center'>{INNER}<line x2='99' y2='5'/></g>",
]
PAGES = [
    'viewBox="0 0 200 100" width="100" height="200"',
    'viewBox="50 50 20 20"',
    'width="300" height="150"',
    'viewBox="0 0 100 100" width="400" height="100" preserveAspectRatio="none"',
]

MEASURE = """
const out = [];
for (const text of JSON.parse(document.getElementById('files').textContent)) {
  const host = document.body.appendChild(document.createElement('div'));
  const root = document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
  host.attachShadow({mode: 'open'}).appendChild(root);
  let box = null, length = 0;
  const add = (p) => { box = box ? [Math.min(box[0], p.x), Math.min(box[1], p.y), Math.max(box[2], p.x),
                                    Math.max(box[3], p.y)] : [p.x, p.y, p.x, p.y]; };
  for (const e of root.querySelectorAll('path,line,polyline,polygon,rect,circle,ellipse,use')) {
    if (e.namespaceURI != 'http://www.w3.org/2000/svg' || getComputedStyle(e).visibility != 'visible' ||
        !e.getClientRects().length || e.closest('defs,symbol,clipPath,mask,marker,pattern')) continue;
    const page = root.getScreenCTM(), b = e.getBBox();  // where the page is stretched, the lines are
    const m = new DOMMatrix([1, 0, 0, page.d / page.a, 0, 0]).multiply(page.inverse().multiply(e.getScreenCTM()));
    const at = (x, y) => new DOMPoint(x, y).matrixTransform(m);
    const total = e.getTotalLength ? e.getTotalLength() : NaN, n = 4000, points = [];
    if (total === 0 || (isNaN(total) && b.width + b.height === 0)) continue;
    for (let i = 0; i <= n && !isNaN(total); i++) {
      const p = e.getPointAtLength(total * i / n); points.push(at(p.x, p.y));
    }
    const upright = Math.abs(m.b) + Math.abs(m.c) < 1e-9 * (Math.abs(m.a) + Math.abs(m.d));
    if (upright || isNaN(total))
      [[0, 0], [1, 0], [0, 1], [1, 1]].forEach(([i, j]) => add(at(b.x + i * b.width, b.y + j * b.height)));
    else points.forEach(add);
    const scale = Math.hypot(m.a, m.b), similar = Math.abs(Math.hypot(m.c, m.d) - scale) < 1e-6 * scale &&
      Math.abs(m.a * m.c + m.b * m.d) < 1e-6 * scale * scale;
    let sum = 0;
    for (let i = 1; i < points.length; i++) sum += Math.hypot(points[i].x - points[i-1].x, points[i].y - points[i-1].y);
    length += isNaN(total) ? NaN : similar ? total * scale : sum;
  }
  out.push({box: box, length: isNaN(length) ? null : length});
  host.remove();
}
const pre = document.body.appendChild(document.createElement('pre'));
pre.id = 'measured'; pre.textContent = JSON.stringify(out);
"""


def files() -> list[str]:
    """The SVG files."""
    bodies = [f'<path d="{data}"/>' for data in PATHS] + SHAPES + VIEWPORTS + PLACED
    bodies += [f'<path d="{CURVE}" transform="{text}"/>' for text in TRANSFORMS]
    bodies += [f'<path d="{CURVE}" style="{text}"/>' for text in STYLES]
    bodies += [
        f'<svg x="20" width="80" height="50" viewBox="10 20 50 60" preserveAspectRatio="{ratio}">{INNER}</svg>'
        for ratio in RATIOS
    ]
    bodies += [DEFS + use for use in USES]
    bodies += [f'{SHEET}{hidden}<path d="M1 2l30 5"/>' for hidden in HIDDEN]
    pages = [(PAGE, body) for body in bodies]
    pages += [(page, f'{INNER}<line x2="90%" y2="100%"/>') for page in PAGES]
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return [f"<svg {names} {page}>{body}</svg>" for page, body in pages]


def measured(browser: str, texts: list[str]) -> list[dict[str, object]]:
    """Of each file the box ``[x0, y0, x1, y1]`` and the length, None where the browser does not tell."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        listed = json.dumps(texts).replace("</", "<\\/")
        page.write_text(
            '<!DOCTYPE html><meta charset="utf-8"><body style="width:800px">'
            f'<script id="files" type="application/json">{listed}</script><script>{MEASURE}</script>',
            encoding="utf-8",
        )
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command = [browser, *flags, f"--user-data-dir={folder}/profile", "--dump-dom", page.as_uri()]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    _, _, rest = answer.partition('<pre id="measured">')
    found: list[dict[str, object]] = json.loads(html.unescape(rest.partition("</pre>")[0]))
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", default="chromium")
    texts = files()
    found = measured(parser.parse_args().browser, texts)
    lines = [json.dumps({"svg": text, **each}) for text, each in zip(texts, found, strict=True)]
    OUT.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} files measured, {sum(each['box'] is None for each in found)} of them without lines")


if __name__ == "__main__":
    main()
