"""A graph that exists is valid; what it says about ancestors, heads and names holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedmig.errors import (
    AmbiguousTarget,
    DuplicateBranchLabel,
    DuplicateRevision,
    InvalidTarget,
    MissingParent,
    MultipleHeads,
    RevisionCycle,
    UnknownRevision,
)
from embedmig.graph import Revision, RevisionGraph
from tests.graph_model import Model, histories, is_in_order
from tests.graph_oracle import Alembic
from tests.test_revision import made


def branched() -> tuple[Revision, ...]:
    """a1 → (b1 with label L, c1) → m1; x1 with label X → x2, which depends on b1."""
    return (
        Revision("a1", None, message="begin"),
        Revision("b1", "a1", branch_labels="L"),
        Revision("c1", "a1"),
        Revision("m1", ("b1", "c1")),
        Revision("x1", None, branch_labels="X"),
        Revision("x2", "x1", depends_on="b1"),
    )


def longer_names() -> RevisionGraph:
    return RevisionGraph(
        [
            Revision("ae1027d6acf", None),
            Revision("ae10aaaaaaa", "ae1027d6acf"),
            Revision("28911233dd", "ae1027d6acf", branch_labels="shoppingcart"),
            Revision("x.1", None),
        ]
    )


# ----------------------------------------------------------------------- what makes it valid


def test_an_id_stands_for_one_function_and_the_error_names_both_places() -> None:
    with pytest.raises(DuplicateRevision) as caught:
        RevisionGraph([made(), made()])
    assert all("test_revision.py:" in place for place in caught.value.locations)


def test_the_same_revision_given_twice_is_a_duplicate_too() -> None:
    one = Revision("a1", None)
    with pytest.raises(DuplicateRevision):
        RevisionGraph([one, one])


@pytest.mark.parametrize(
    ("revision", "kind"),
    [
        (Revision("b1", "gone"), "down_revision"),
        (Revision("b1", ("a1", "gone")), "down_revision"),
        (Revision("b1", "a1", depends_on="gone"), "depends_on"),
    ],
)
def test_a_parent_that_is_not_registered_is_named(revision: Revision, kind: str) -> None:
    with pytest.raises(MissingParent) as caught:
        RevisionGraph([Revision("a1", None), revision])
    assert (caught.value.id, caught.value.parent, caught.value.kind) == ("b1", "gone", kind)


@pytest.mark.parametrize(
    ("revisions", "cycle"),
    [
        ([Revision("a1", "a1")], {"a1"}),
        ([Revision("a1", None), Revision("b1", "a1", depends_on="b1")], {"b1"}),
        ([Revision("a1", "c1"), Revision("b1", "a1"), Revision("c1", "b1")], {"a1", "b1", "c1"}),
        (
            [
                Revision("z1", None),
                Revision("a1", "z1", depends_on="c1"),
                Revision("c1", "a1"),
                Revision("d1", "c1"),
            ],
            {"a1", "c1"},
        ),
    ],
)
def test_a_circle_is_shown_without_what_merely_hangs_on_it(
    revisions: list[Revision], cycle: set[str]
) -> None:
    with pytest.raises(RevisionCycle) as caught:
        RevisionGraph(revisions)
    assert set(caught.value.cycle) == cycle
    assert len(caught.value.cycle) == len(cycle)


def test_a_label_names_one_branch_and_no_revision() -> None:
    for other in (Revision("b1", "a1", branch_labels="L"), Revision("L", "a1")):
        with pytest.raises(DuplicateBranchLabel):
            RevisionGraph([Revision("a1", None, branch_labels="L"), other])


def test_an_empty_history_is_a_history() -> None:
    graph = RevisionGraph([])
    assert (len(graph), list(graph), graph.heads, graph.bases) == (0, [], (), ())
    assert graph.resolve_all("head") == graph.resolve_all("heads") == ()


# -------------------------------------------------------------------------------- its shape


def test_heads_have_no_child_and_real_heads_no_dependent_either() -> None:
    graph = RevisionGraph([*branched()[:2], *branched()[4:]])
    assert graph.heads == ("b1", "x2")
    assert graph.real_heads == ("x2",)
    assert graph.head_set == {"x2"}
    assert graph.bases == ("a1", "x1")


def test_a_dependency_may_be_named_by_its_branch_label() -> None:
    graph = RevisionGraph([*branched(), Revision("y1", None, depends_on="L")])
    assert graph.parents["y1"] == ("b1",)


def test_a_parent_that_is_a_dependency_too_counts_once() -> None:
    graph = RevisionGraph([Revision("a1", None), Revision("b1", "a1", depends_on="a1")])
    assert graph.parents["b1"] == ("a1",)
    assert graph.dependents["a1"] == ["b1"]


def test_a_revision_is_found_by_its_id_only() -> None:
    graph = RevisionGraph(branched())
    assert graph["a1"].message == "begin"
    assert graph.get("a") is None
    assert "a1" in graph
    assert "a" not in graph
    with pytest.raises(UnknownRevision):
        graph["L"]


@given(histories())
def test_parents_come_first_whatever_the_order_of_registration(
    revisions: tuple[Revision, ...],
) -> None:
    graph, model = RevisionGraph(revisions), Model(revisions)
    order = [each.id for each in graph]
    assert len(order) == len(graph) == len(model.ids)
    assert is_in_order(model, order, ())
    assert order == [each.id for each in RevisionGraph(revisions)]


@given(histories(), st.data())
def test_ends_ancestors_and_descendants_are_those_of_the_model(
    revisions: tuple[Revision, ...], data: st.DataObject
) -> None:
    graph, model = RevisionGraph(revisions), Model(revisions)
    assert set(graph.heads) == model.heads()
    assert set(graph.real_heads) == model.real_heads()
    assert set(graph.bases) == model.bases()
    some = data.draw(st.lists(st.sampled_from(sorted(model.ids)), max_size=3))
    within = model.before(data.draw(st.lists(st.sampled_from(sorted(model.ids)))))
    for dependencies in (True, False):
        before = model.before(some, dependencies=dependencies)
        after = model.after(some, dependencies=dependencies)
        assert graph.ancestors(some, dependencies=dependencies) == before
        assert graph.descendants(some, dependencies=dependencies) == after
        assert graph.lineage(some, dependencies=dependencies) == before | after
    assert graph.descendants(some, within=within) == model.after(set(some) & within) & within
    assert set(graph.maximal(within)) == model.rows(within)


@given(histories(), st.data())
def test_a_convex_set_is_walked_down_children_first(
    revisions: tuple[Revision, ...], data: st.DataObject
) -> None:
    graph, model = RevisionGraph(revisions), Model(revisions)
    ids = st.lists(st.sampled_from(sorted(model.ids)))
    below = model.before(data.draw(ids))
    wanted = model.before(data.draw(ids)) - below
    heads = graph.as_registered(model.rows(wanted))
    order = graph.descend(set(wanted), heads)
    assert set(order) == wanted
    assert is_in_order(model, order[::-1], below)


def test_a_node_with_many_children_waits_for_them_all() -> None:
    many = [Revision(f"c{number:02}", "a1") for number in range(40)]
    graph = RevisionGraph([Revision("a1", None), *many])
    order = [each.id for each in graph]
    assert order[0] == "a1"
    assert sorted(order[1:]) == [each.id for each in many]


def test_a_history_is_as_deep_as_it_likes() -> None:
    ids = [f"{number:05}" for number in range(20_000)]
    line = [Revision(id, ids[n - 1] if n else None) for n, id in enumerate(ids)]
    graph = RevisionGraph(reversed(line))
    assert [each.id for each in graph] == ids
    with pytest.raises(RevisionCycle):
        RevisionGraph([Revision(ids[0], ids[-1]), *line[1:]])


# -------------------------------------------------------------------------------- its names


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("ae1027d6acf", "ae1027d6acf"),
        ("ae102", "ae1027d6acf"),
        ("2", "28911233dd"),
        ("shop", "28911233dd"),
        ("shoppingcart", "28911233dd"),
        ("shoppingcart@head", "28911233dd"),
        ("shoppingcart@heads", "28911233dd"),
        ("shoppingcart@ae", "ae1027d6acf"),
        ("2891@head", "28911233dd"),
        ("x.1", "x.1"),
    ],
)
def test_a_name_is_an_id_a_unique_prefix_or_a_label(name: str, id: str) -> None:
    assert longer_names().resolve(name) == id


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ae10", AmbiguousTarget),
        ("x.", UnknownRevision),  # three characters have no prefixes
        ("zz", UnknownRevision),
        ("", UnknownRevision),
        ("nobody@head", UnknownRevision),
        ("shoppingcart@ae10aaaaaaa", InvalidTarget),
        ("ae1027d6acf@head", MultipleHeads),
        ("head", MultipleHeads),
        ("heads", MultipleHeads),
        ("base", InvalidTarget),
    ],
)
def test_a_name_that_means_no_single_revision_is_refused(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        longer_names().resolve(name)


def test_several_targets_are_resolved_one_by_one() -> None:
    graph = RevisionGraph(branched())
    assert graph.resolve_all(["L", "X@head"]) == ("b1", "x2")
    assert graph.resolve_all("heads") == ("m1", "x2")
    assert graph.resolve_all("X@base") == graph.resolve_all(None) == ()


def test_a_label_counts_up_to_the_heads_and_down_to_the_branch_point() -> None:
    labels = RevisionGraph(branched()).branch_labels
    assert labels == {"b1": ("L",), "m1": ("L",), "x1": ("X",), "x2": ("X",)}
    stem = RevisionGraph([Revision("a1", None), Revision("b1", "a1", branch_labels="L")])
    assert stem.branch_labels == {"a1": ("L",), "b1": ("L",)}


@given(histories(max_size=8))
def test_alembic_knows_the_same_heads_and_bases(revisions: tuple[Revision, ...]) -> None:
    graph, alembic = RevisionGraph(revisions), Alembic(revisions).map
    assert graph.heads == alembic.heads
    assert graph.real_heads == alembic._real_heads
    assert graph.bases == alembic.bases
