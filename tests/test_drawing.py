"""The drawn history shows every revision, every way and every state, whatever stands in it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedmig.drawing import _layout, draw_mermaid, draw_svg, draw_text
from embedmig.errors import UnknownRevision
from embedmig.graph import Revision, RevisionGraph
from tests.graph_model import Model, histories
from tests.test_graph import branched

SVG = "{http://www.w3.org/2000/svg}"


def joined() -> RevisionGraph:
    """Branches that start at one revision, cross and meet again."""
    return RevisionGraph(
        [*branched(), Revision("k1", "a1"), Revision("m2", ("m1", "k1", "x2"), message="all")]
    )


def test_text_draws_branches_merges_and_crossings() -> None:
    assert draw_text(joined()) == (
        "○ m2 all\n"
        "├─┬─╮\n"
        "○ │ │ m1\n"
        "├─┼─┼─╮\n"
        "│ │ ○ │ x2 (depends on b1)\n"
        "○ │ │ │ b1 [L]\n"
        "│ │ │ ○ c1\n"
        "│ ○ │ │ k1\n"
        "├─┴─┼─╯\n"
        "○   │ a1 begin\n"
        "    ○ x1 [X]\n"
    )


def test_text_tells_what_is_applied_and_where_the_database_stands() -> None:
    graph = RevisionGraph(branched()[:2])
    assert draw_text(graph, current=["a1"]) == "○ b1 [L]\n● a1 (current) begin\n"


def test_mermaid_has_solid_lines_for_parents_and_dotted_ones_for_dependencies() -> None:
    graph = RevisionGraph(
        [
            Revision("a1", None, message='say "hi" & <go>'),
            Revision("b1", "a1"),
            Revision("c1", None, depends_on="b1"),
        ]
    )
    assert draw_mermaid(graph, current=["a1"]) == (
        "flowchart TB\n"
        '  r0["a1 (current)<br>say #34;hi#34; #38; #60;go#62;"]:::applied\n'
        '  r1["b1"]\n'
        '  r2["c1"]\n'
        "  r0 --> r1\n"
        "  r1 -.-> r2\n"
        "  classDef applied stroke-width:3px\n"
    )


def test_svg_has_a_circle_and_a_text_per_revision_and_a_path_per_way() -> None:
    root = ET.fromstring(draw_svg(joined(), current=["m1"]))
    assert root.tag == f"{SVG}svg"
    assert [each.text for each in root.iter(f"{SVG}text")][:2] == ["m2 all", "m1 (current)"]
    filled = [each.get("fill") for each in root.iter(f"{SVG}circle")]
    assert filled.count("currentColor") == len({"m1", "b1", "c1", "a1"})
    paths = list(root.iter(f"{SVG}path"))
    assert len(paths) == 9 + 1
    assert sum("stroke-dasharray" in each.attrib for each in paths) == 1


def test_an_empty_history_is_an_empty_picture() -> None:
    graph = RevisionGraph([])
    assert draw_text(graph) == ""
    assert draw_mermaid(graph) == "flowchart TB\n"
    assert len(ET.fromstring(draw_svg(graph))) == 1


@pytest.mark.parametrize("draw", [draw_text, draw_mermaid, draw_svg])
def test_rows_that_nobody_knows_are_refused(draw: object) -> None:
    assert callable(draw)
    with pytest.raises(UnknownRevision):
        draw(joined(), current=["gone"])


@given(st.text())
def test_no_message_breaks_a_drawing(message: str) -> None:
    message = message.encode("utf-8", "ignore").decode("utf-8")
    graph = RevisionGraph([Revision("a1", None, message=message)])
    ET.fromstring(draw_svg(graph))
    assert len(draw_text(graph).split("\n")) == 2
    assert len(draw_mermaid(graph).split("\n")) == 3


@given(histories(max_size=12))
def test_every_revision_has_its_line_and_every_way_a_track_of_its_own(
    revisions: tuple[Revision, ...],
) -> None:
    graph, model = RevisionGraph(revisions), Model(revisions)
    places = _layout(graph)
    row = {place.revision.id: place.row for place in places}
    taken: set[tuple[int, int]] = {(place.row, place.column) for place in places}
    assert len(taken) == len(row) == len(model.ids)
    for place in places:
        assert set(place.lanes) == model.down(place.revision.id)
        for parent, column in place.lanes.items():
            between = range(place.row + 1, row[parent])
            assert all(column in places[at].passing for at in between)
            way = {(at, column) for at in between}
            assert not way & taken
            taken |= way
    drawn = [line for line in draw_text(graph).splitlines() if "○" in line]
    assert [line.split("○")[1].strip("│ ").split()[0] for line in drawn] == list(row)
