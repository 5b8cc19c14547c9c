"""A reliability plot as SVG: what was predicted against what was so."""

import numpy as np

SIZE, EDGE = 360, 48


def reliability(curves, path, bins=10):
    """`curves` are (name, colour, label, score); a dot for each bin with 20 rows or more, as large as
    the root of its rows."""
    at = lambda x, y: (EDGE + x * SIZE, EDGE + (1 - y) * SIZE)
    whole = SIZE + 2 * EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {whole}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{whole}" height="{whole}" fill="white"/>',
        f'<rect x="{EDGE}" y="{EDGE}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#888"/>',
        line(at(0, 0), at(1, 1), "#bbb", 'stroke-dasharray="4 4"'),
    ]
    for i in range(6):
        x, y = at(i / 5, 0)
        out.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{i / 5:.1f}</text>')
        x, y = at(0, i / 5)
        out.append(f'<text x="{x - 8}" y="{y + 4}" text-anchor="end">{i / 5:.1f}</text>')
    middle = whole / 2
    out.append(f'<text x="{middle}" y="{whole - 8}" text-anchor="middle">predicted</text>')
    out.append(
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">right</text>'
    )
    for number, (name, colour, label, score) in enumerate(curves):
        y = EDGE + 18 + 18 * number
        out.append(f'<circle cx="{EDGE + 16}" cy="{y - 4}" r="5" fill="{colour}"/>')
        out.append(f'<text x="{EDGE + 28}" y="{y}">{name} ({len(label)})</text>')
        where = np.minimum((score * bins).astype(int), bins - 1)
        points = []
        for b in range(bins):
            inside = where == b
            if inside.sum() >= 20:
                x, y = at(score[inside].mean(), label[inside].mean())
                points.append((x, y, 2 + inside.sum() ** 0.5 / 8))
        for (x, y, _), (u, v, _) in zip(points, points[1:]):
            out.append(line((x, y), (u, v), colour))
        for x, y, r in points:
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{colour}"/>')
    out.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


def line(a, b, colour, more=""):
    (x, y), (u, v) = a, b
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}" stroke="{colour}" {more}/>'
