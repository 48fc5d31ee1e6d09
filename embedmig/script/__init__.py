"""A range of revisions as SQL text: the artifact that a release hands to whoever runs it.

Nothing is asked of a database. What the tables are at every point comes from the earlier revisions,
and what the runner would look at, the script looks at by itself when it runs.
"""

from .frame import render, statements

__all__ = ["render", "statements"]
