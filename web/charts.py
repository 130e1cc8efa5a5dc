"""Charts as Plotly figures: transparent, so that they fit the dark and the light theme; narrow margins for phones."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from assistant.blocks import Candles, Chart, FillPoint, Line

_ACCENT, _BESIDE = "#14b8a6", "#8b97a8"
_UP, _DOWN = "#0d9f6e", "#dc2626"
_BOUGHT, _SOLD = "#2563eb", "#d97706"
_GRID = "rgba(128,128,128,0.25)"
_TEXT = "#8b97a8"
_HEIGHT, _TALL = 320, 420
_TIME = "%{x|%Y-%m-%d %H:%M}Z"
_SHARE_UNDER = 0.26  # of the height, for what is drawn below
_AXIS: dict[str, Any] = {"gridcolor": _GRID, "automargin": True, "zeroline": False}


def line_chart(chart: Chart) -> go.Figure:
    """A line with what belongs beside, under and across it."""
    figure = go.Figure([_line(chart.times, Line(chart.title, chart.values, chart.unit), _ACCENT)])
    if chart.beside is not None:
        figure.add_trace(_line(chart.times, chart.beside, _BESIDE, dash="dot"))
    if chart.level is not None:
        label, value = chart.level
        figure.add_hline(
            y=float(value),
            line={"color": _BESIDE, "width": 1, "dash": "dot"},
            annotation={"text": label, "font": {"size": 11, "color": _TEXT}},
            annotation_position="top right",
        )
    _lay_out(figure, _numbers(chart.values), _HEIGHT if chart.under is None else _TALL, legend=chart.beside is not None)
    if chart.under is not None:
        _draw_under(figure, chart.times, chart.under)
    return figure


def _line(times: Sequence[str], line: Line, color: str, dash: str = "solid") -> go.Scatter:
    return go.Scatter(
        x=list(times),
        y=_numbers(line.values),
        mode="lines",
        name=line.name,
        line={"color": color, "width": 2, "dash": dash},
        hovertemplate="%{y:,.2f} " + line.unit + f"<br>{_TIME}<extra></extra>",
    )


def _draw_under(figure: go.Figure, times: Sequence[str], line: Line) -> None:
    """A filled area that hangs from zero, on an axis of its own."""
    figure.add_trace(
        go.Scatter(
            x=list(times),
            y=[-value for value in _numbers(line.values)],
            mode="lines",
            name=line.name,
            yaxis="y2",
            fill="tozeroy",
            line={"color": _DOWN, "width": 1},
            fillcolor="rgba(220,38,38,0.25)",
            hovertemplate=f"{line.name} " + "%{y:,.2f} " + f"{line.unit}<br>{_TIME}<extra></extra>",
        )
    )
    figure.update_layout(
        xaxis={"anchor": "y2"},
        yaxis={"domain": [_SHARE_UNDER + 0.04, 1]},
        yaxis2=_AXIS | {"domain": [0, _SHARE_UNDER], "ticksuffix": f" {line.unit}", "nticks": 4, "rangemode": "tozero"},
    )


def candle_chart(candles: Candles) -> go.Figure:
    """Candles with a triangle up where something was bought and one down where it was sold."""
    opens, highs, lows, closes = (_numbers([row[i] for row in candles.prices]) for i in range(4))
    figure = go.Figure(
        [
            go.Candlestick(
                x=list(candles.times),
                open=opens,
                high=highs,
                low=lows,
                close=closes,
                name=candles.title,
                increasing={"line": {"color": _UP, "width": 1}, "fillcolor": _UP},
                decreasing={"line": {"color": _DOWN, "width": 1}, "fillcolor": _DOWN},
                showlegend=False,
            )
        ]
    )
    for bought, name in ((True, "bought"), (False, "sold")):
        points = [point for point in candles.points if point.bought is bought]
        if points:
            figure.add_trace(_marks(points, name, bought=bought))
    _lay_out(figure, closes, _TALL, legend=bool(candles.points))
    figure.update_layout(xaxis={"rangeslider": {"visible": False}})
    return figure


def _marks(points: Sequence[FillPoint], name: str, *, bought: bool) -> go.Scatter:
    return go.Scatter(
        x=[point.ts for point in points],
        y=_numbers([point.price for point in points]),
        mode="markers",
        name=name,
        text=[point.words.replace("<", "&lt;") for point in points],
        marker={
            "symbol": "triangle-up" if bought else "triangle-down",
            "size": 12,
            "color": _BOUGHT if bought else _SOLD,
            "line": {"color": "#ffffff", "width": 1},
        },
        hovertemplate="%{text}<br>" + _TIME + "<extra></extra>",
    )


def _numbers(values: Sequence[str]) -> list[float]:
    return [float(value) for value in values]


def _lay_out(figure: go.Figure, values: Sequence[float], height: int, *, legend: bool) -> None:
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        height=height,
        showlegend=legend,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _TEXT},
        xaxis=_AXIS,
        yaxis=_AXIS | {"tickformat": ",.6~g" if _is_small(values) else ",.2f"},
    )


def _is_small(values: Sequence[float]) -> bool:
    """Whether prices are so low that two decimals would hide them."""
    return bool(values) and max(map(abs, values)) < 1
