"""The slow, obvious model of a history: sets, and the definitions written out.

Nothing here is clever. A revision comes after another if a chain of parents leads there; the rows
of a database are the applied revisions that no applied one comes after.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from embedmig.graph import Revision


@dataclass(frozen=True)
class Model:
    """The same revisions; `upgrade`, `downgrade` and `stamp` tell what must be the case after."""

    revisions: tuple[Revision, ...]

    @property
    def ids(self) -> set[str]:
        return {each.id for each in self.revisions}

    @property
    def labels(self) -> dict[str, str]:
        return {label: each.id for each in self.revisions for label in each.branch_labels}

    def down(self, id: str) -> set[str]:
        (found,) = (each for each in self.revisions if each.id == id)
        return set(found.down_revisions)

    def parents(self, id: str) -> set[str]:
        (found,) = (each for each in self.revisions if each.id == id)
        return self.down(id) | {self.labels.get(name, name) for name in found.depends_on}

    def before(self, ids: Iterable[str], *, dependencies: bool = True) -> set[str]:
        """The ids and everything a chain of parents leads down to."""
        step = self.parents if dependencies else self.down
        found = set(ids)
        while more := {parent for id in found for parent in step(id)} - found:
            found |= more
        return found

    def after(self, ids: Iterable[str], *, dependencies: bool = True) -> set[str]:
        """The ids and everything from which a chain of parents leads down to one of them."""
        ids = set(ids)
        return {id for id in self.ids if self.before([id], dependencies=dependencies) & ids}

    def rows(self, applied: Iterable[str]) -> set[str]:
        """The applied revisions that no other applied one comes after."""
        applied = set(applied)
        return {id for id in applied if not (self.after([id]) - {id}) & applied}

    def heads(self) -> set[str]:
        return {id for id in self.ids if self.after([id], dependencies=False) == {id}}

    def real_heads(self) -> set[str]:
        return {id for id in self.ids if self.after([id]) == {id}}

    def bases(self) -> set[str]:
        return {id for id in self.ids if not self.down(id)}

    def upgrade(self, rows: Iterable[str], targets: Iterable[str]) -> set[str]:
        """What must run."""
        return self.before(targets) - self.before(rows)

    def downgrade(self, rows: Iterable[str], target: str | None) -> set[str]:
        """What must be undone: everything applied after the children of the target."""
        applied = self.before(rows)
        if target is None:
            return applied
        children = {id for id in self.ids if target in self.down(id)}
        return self.after(children) & applied

    def stamp(self, rows: Iterable[str], target: str) -> set[str]:
        """The rows that must stand."""
        related = self.before([target]) | self.after([target])
        return (set(rows) - related) | {target}


def is_in_order(model: Model, order: list[str], done: Iterable[str]) -> bool:
    """Whether every revision comes once and after all of its parents."""
    seen = set(done)
    for id in order:
        if id in seen or not model.parents(id) <= seen:
            return False
        seen.add(id)
    return True


@st.composite
def histories(draw: st.DrawFn, max_size: int = 10) -> tuple[Revision, ...]:
    """Any valid history: several bases, branches, merges, dependencies, labels, any order."""
    size = draw(st.integers(1, max_size))
    reach = draw(st.sampled_from([1, 2, 3, size]))
    revisions: list[Revision] = []
    for number in range(size):
        earlier = [each.id for each in revisions]
        near = earlier[-reach:]
        down = draw(st.lists(st.sampled_from(near), unique=True, max_size=3)) if near else []
        names = [id for id in earlier if id not in down]
        names += [label for each in revisions for label in each.branch_labels]
        if number and not down and draw(st.integers(0, 3)):
            down = [earlier[-1]]
        depends = draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else []
        if draw(st.integers(0, 2)):
            depends = []
        labels = (f"branch{number}",) if not draw(st.integers(0, 4)) else ()
        first = draw(st.sampled_from("ab"))
        revisions.append(
            Revision(
                f"{first}{number:03}",
                down,
                depends_on=[name for name in depends if name not in down],
                branch_labels=labels,
            )
        )
    return tuple(draw(st.permutations(revisions)) if draw(st.booleans()) else revisions)


@st.composite
def standing(draw: st.DrawFn, max_size: int = 10) -> tuple[tuple[Revision, ...], tuple[str, ...]]:
    """A history, and version rows a database may have."""
    revisions = draw(histories(max_size))
    model = Model(revisions)
    some = draw(st.lists(st.sampled_from(sorted(model.ids)), max_size=3))
    return revisions, tuple(sorted(model.rows(model.before(some))))
