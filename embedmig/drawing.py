"""The history as a picture: plain text for a terminal, Mermaid for a page, SVG for a browser.

Newest first in text and SVG. `current` are a database's version rows: what has been applied is
drawn filled, and the rows are marked. Everything returns a string; an empty history gives an
empty picture.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from .graph import Revision, RevisionGraph

_ROW, _LANE, _RADIUS, _MARGIN, _GLYPH_WIDTH = 26, 20, 5, 18, 7.3
# What a terminal obeys and XML forbids (https://www.w3.org/TR/xml/#charsets).
_FORBIDDEN: Final = dict.fromkeys([*range(32), *range(127, 160), 0xFFFE, 0xFFFF], "\ufffd")
_MERMAID: Final = str.maketrans({c: f"#{ord(c)};" for c in '#"<>&`\\;{}[]|'})


def draw_text(graph: RevisionGraph, *, current: Iterable[str] = ()) -> str:
    """Lines as of a railway map, one revision a line; dependencies are told in words.

    Raises `UnknownRevision` for rows the history does not know, as all three do.
    """
    names = _Names(graph, current)
    lines: list[str] = []
    for place in _layout(graph):
        if place.closing:
            lines.append(_turn(place, place.closing, ("╯", "╰", "┴")))
        glyph = "●" if place.revision.id in names.applied else "○"
        tracks = place.passing | {place.column}
        cells = [_cell(x, place.column, glyph, tracks) for x in range(max(tracks) + 1)]
        lines.append(f"{' '.join(cells)} {names.describe(place.revision)}".rstrip())
        if place.opening:
            lines.append(_turn(place, place.opening, ("╮", "╭", "┬")))
    return "".join(f"{line}\n" for line in lines)


def draw_mermaid(graph: RevisionGraph, *, current: Iterable[str] = ()) -> str:
    """A flowchart (https://mermaid.js.org/syntax/flowchart.html); dependencies are dotted."""
    names = _Names(graph, current)
    key = {revision.id: f"r{number}" for number, revision in enumerate(graph)}
    lines = ["flowchart TB"]
    for revision in graph:
        label = "<br>".join(part.translate(_MERMAID) for part in names.parts(revision))
        applied = ":::applied" if revision.id in names.applied else ""
        lines.append(f'  {key[revision.id]}["{label}"]{applied}')
    for revision in graph:
        down = graph.down_revisions[revision.id]
        lines += [f"  {key[parent]} --> {key[revision.id]}" for parent in down]
        lines += [f"  {key[d]} -.-> {key[revision.id]}" for d in names.dependencies(revision)]
    if names.applied:
        lines.append("  classDef applied stroke-width:3px")
    return "".join(f"{line}\n" for line in lines)


def draw_svg(graph: RevisionGraph, *, current: Iterable[str] = ()) -> str:
    """A stand-alone SVG document in the colour of the text around it; dependencies are dashed."""
    names = _Names(graph, current)
    places = _layout(graph)
    spots = {place.revision.id: _spot(place) for place in places}
    left = _MARGIN + _LANE * (1 + max((max(place.tracks) for place in places), default=0))
    longest = max((len(names.describe(place.revision)) for place in places), default=0)
    width, height = round(left + longest * _GLYPH_WIDTH + _MARGIN), _ROW * (len(places) + 1)
    body = [*_tracks(graph, places, spots, names)]
    for place in places:
        x, y = spots[place.revision.id]
        fill = "currentColor" if place.revision.id in names.applied else "white"
        text = escape(names.describe(place.revision))
        body.append(f'<circle cx="{x}" cy="{y}" r="{_RADIUS}" fill="{fill}"/>')
        body.append(f'<text x="{left}" y="{y + 4}" fill="currentColor" stroke="none">{text}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="monospace" font-size="12" '
        'fill="none" stroke="currentColor" stroke-width="2">\n'
        "<title>Migration history</title>\n"
        f"{''.join(f'{each}{chr(10)}' for each in body)}</svg>\n"
    )


class _Names:
    """What is written beside each revision."""

    def __init__(self, graph: RevisionGraph, current: Iterable[str]) -> None:
        self._graph = graph
        self._rows = {graph.alias(row) for row in current}
        self.applied = graph.ancestors(self._rows)

    def dependencies(self, revision: Revision) -> list[str]:
        down = self._graph.down_revisions[revision.id]
        return [id for id in self._graph.parents[revision.id] if id not in down]

    def parts(self, revision: Revision) -> list[str]:
        marks = [f"[{label}]" for label in revision.branch_labels]
        marks += ["(current)"] if revision.id in self._rows else []
        message = " ".join((revision.message or "").split()).translate(_FORBIDDEN)
        return [" ".join([revision.id, *marks]), *filter(None, [message])]

    def describe(self, revision: Revision) -> str:
        needs = self.dependencies(revision)
        needed = [f"(depends on {', '.join(needs)})"] if needs else []
        return " ".join([*self.parts(revision), *needed])


@dataclass(frozen=True, slots=True)
class _Place:
    """A revision on the map: its row and column, and the tracks around it."""

    revision: Revision
    row: int
    column: int
    passing: frozenset[int]  # tracks of others
    closing: frozenset[int]  # tracks from children that end here, beside its own column
    opening: frozenset[int]  # tracks to further parents that begin here
    lanes: dict[str, int]  # parent → the column of the track that leads there

    @property
    def tracks(self) -> frozenset[int]:
        return self.passing | self.closing | self.opening | {self.column}


def _layout(graph: RevisionGraph) -> list[_Place]:
    tracks: list[str | None] = []  # column → the parent the track leads to
    places = []
    for row, revision in enumerate(reversed(tuple(graph))):
        mine = [x for x, parent in enumerate(tracks) if parent == revision.id]
        column = mine[0] if mine else _free(tracks)
        for x in mine:
            tracks[x] = None
        passing = frozenset(x for x, parent in enumerate(tracks) if parent is not None)
        lanes: dict[str, int] = {}
        for parent in graph.down_revisions[revision.id]:
            lanes[parent] = _free(tracks) if lanes else column
            _occupy(tracks, lanes[parent], parent)
        opening = frozenset(lanes.values()) - {column}
        closing = frozenset(mine) - {column}
        places.append(_Place(revision, row, column, passing, closing, opening, lanes))
    return places


def _free(tracks: list[str | None]) -> int:
    return tracks.index(None) if None in tracks else len(tracks)


def _occupy(tracks: list[str | None], column: int, parent: str) -> None:
    tracks += [None] * (column + 1 - len(tracks))
    tracks[column] = parent


def _cell(x: int, column: int, glyph: str, tracks: Collection[int]) -> str:
    if x == column:
        return glyph
    return "│" if x in tracks else " "


def _turn(place: _Place, turning: frozenset[int], corners: tuple[str, str, str]) -> str:
    """The line on which tracks leave or reach a revision's column, crossing others."""
    right, left, between = corners
    ends = turning | {place.column}
    first, last = min(ends), max(ends)
    line = ""
    for x in range(max(ends | place.passing) + 1):
        if x == place.column:
            cell = "┼" if first < x < last else "├" if x < last else "┤"
        elif x in turning:
            cell = between if first < x < last else right if x == last else left
        elif first < x < last:
            cell = "┼" if x in place.passing else "─"
        else:
            cell = "│" if x in place.passing else " "
        line += cell + ("─" if first <= x < last else " ")
    return line.rstrip()


def _spot(place: _Place) -> tuple[int, int]:
    return _MARGIN + _LANE * place.column, _ROW * (place.row + 1)


def _tracks(
    graph: RevisionGraph,
    places: list[_Place],
    spots: dict[str, tuple[int, int]],
    names: _Names,
) -> Iterator[str]:
    for place in places:
        x, y = spots[place.revision.id]
        for parent in graph.down_revisions[place.revision.id]:
            lane, (to_x, to_y) = _MARGIN + _LANE * place.lanes[parent], spots[parent]
            bend = _ROW // 2
            yield (
                f'<path d="M{x} {y} C{x} {y + bend} {lane} {y + bend} {lane} {y + _ROW} '
                f'V{to_y - _ROW} C{lane} {to_y - bend} {to_x} {to_y - bend} {to_x} {to_y}"/>'
                if to_y - y > _ROW
                else f'<path d="M{x} {y} C{x} {y + bend} {to_x} {to_y - bend} {to_x} {to_y}"/>'
            )
        for dependency in names.dependencies(place.revision):
            to_x, to_y = spots[dependency]
            yield f'<path d="M{x} {y} L{to_x} {to_y}" stroke-dasharray="3 4" stroke-width="1"/>'
