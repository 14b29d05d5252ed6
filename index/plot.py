"""Plots in HTML pages that need nothing else; the one file that imports Plotly (extra `report`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Literal

from index.errors import SettingError

if TYPE_CHECKING:
    import plotly.graph_objects

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:.85rem;display:block;overflow-x:auto}"
    "td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:right}"
    "details{margin:.5rem 0;border-left:3px solid #ccc;padding-left:.7rem}"
)


@dataclass(frozen=True, slots=True)
class Trace:
    """Points or bars of one colour; `texts` are shown beside the pointer."""

    name: str
    x: Sequence[object]
    y: Sequence[object]
    kind: Literal["histogram", "lines", "markers", "lines+markers"]
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with named axes."""

    title: str
    x: str
    y: str
    traces: Sequence[Trace] = field(default_factory=list)
    height: int = 450  # pixels

    def html(self) -> str:
        """The plot as a part of a page made by `page`; raises `SettingError` without Plotly."""
        graphs = _plotly()
        figure = graphs.Figure()
        for trace in self.traces:
            if trace.kind == "histogram":
                bins = {"start": 0, "end": 1.0001, "size": 0.05}
                figure.add_trace(graphs.Histogram(x=list(trace.x), name=trace.name, xbins=bins))
            else:
                figure.add_trace(
                    graphs.Scatter(
                        x=list(trace.x),
                        y=list(trace.y),
                        name=trace.name,
                        mode=trace.kind,
                        text=[escape(text) for text in trace.texts],
                        hoverinfo="text+name" if trace.texts else "x+y+name",
                    )
                )
        figure.update_layout(
            title=self.title,
            xaxis_title=self.x,
            yaxis_title=self.y,
            height=self.height,
            template="plotly_white",
            legend={"orientation": "h", "y": -0.15},
        )
        shown: str = figure.to_html(full_html=False, include_plotlyjs=False)
        return shown


def page(title: str, parts: Sequence[str]) -> str:
    """A whole page with Plotly's program inside; `parts` are HTML."""
    from plotly.offline import get_plotlyjs

    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )


@cache
def _plotly() -> "plotly.graph_objects":
    try:
        from plotly import graph_objects
    except ImportError:
        raise SettingError(
            "plots need Plotly, which is not installed: pip install 'mali-bot[report]'"
        ) from None
    return graph_objects
