"""A latency distribution as SVG: milliseconds over percentiles, both spread out by logarithms.

The percentile axis is that of HdrHistogram's plots: equal steps from 90 to 99 and from 99 to 99.9,
because the slow end is what somebody notices.
"""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.measuring import digits
from bench.results import Picture

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 730, 50, 340
_COLOURS = ("#0b6e4f", "#c1121f", "#3a5a9b", "#e09f3e", "#6a4c93", "#555555")
_DASHES = ("", "6 3", "2 3", "10 4", "8 3 2 3", "1 2")
"""Told apart without colours too."""


def svg(drawn: Picture) -> str:
    """The picture of one distribution."""
    values = [value for series in drawn.series.values() for value in series]
    low, high = math.log10(min(values)), math.log10(max(values))
    low, high = math.floor(low * 4) / 4, math.ceil(high * 4) / 4
    right = _nines(max(drawn.percentiles))

    def x(percentile: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * _nines(percentile) / right

    def y(value: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (math.log10(value) - low) / (high - low)

    body = [f'<text x="{_LEFT}" y="24" font-size="15">{escape(drawn.title)}</text>']
    for percentile in drawn.percentiles:
        at, name = x(percentile), f"p{percentile:g}"
        body.append(_line([(at, _TOP), (at, _BOTTOM)], "#dddddd"))
        body.append(_label(at, _BOTTOM + 18, name, "middle"))
    for value in _ticks(low, high):
        body.append(_line([(_LEFT, y(value)), (_RIGHT, y(value))], "#dddddd"))
        body.append(_label(_LEFT - 8, y(value) + 4, f"{digits(value)} ms", "end"))
    for index, (name, series) in enumerate(drawn.series.items()):
        colour, dash = _COLOURS[index % len(_COLOURS)], _DASHES[index % len(_DASHES)]
        points = [(x(p), y(v)) for p, v in zip(drawn.percentiles, series, strict=True)]
        body.append(_line(points, colour, 2, dash))
        left, top = _LEFT + 330 * (index % 2), _BOTTOM + 40 + 18 * (index // 2)
        body.append(_line([(left, top - 4), (left + 30, top - 4)], colour, 2, dash))
        body.append(_label(left + 38, top, name, "start"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _nines(percentile: float) -> float:
    """0 at p0, 1 at p90, 2 at p99; the maximum is drawn half a step beyond p99.9."""
    return min(3.5, -math.log10(max(1 - percentile / 100, 1e-9)))


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(low), math.ceil(high) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
    return [tick for tick in ticks if low <= math.log10(tick) <= high]


def _line(
    points: Sequence[tuple[float, float]], colour: str, width: float = 1, dash: str = ""
) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    stroke = f'stroke="{colour}" stroke-width="{width:g}"'
    stroke += f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" {stroke}/>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
