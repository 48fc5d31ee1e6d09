"""Where embedmig writes other SQL than Alembic on purpose, and why.

An entry rewrites both sides until the difference it stands for is gone. What is still different
after all entries is a difference that nobody intended; an entry that changes nothing is stale.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from tests.generated_operations import Generated

#: Statements, or the error that came instead of them.
Outcome = list[str] | str
Pair = tuple[Outcome, Outcome]
ALL = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")
FAMILY = ("mysql", "mariadb")


@dataclass(frozen=True)
class Intended:
    """One reason to differ. `words` are those of `Generated` that it is about."""

    reason: str
    dialects: tuple[str, ...]
    rewrite: Callable[[Outcome, Outcome], Pair]
    words: tuple[str, ...] = field(default=())

    def applied(self, dialect: str, case: Generated, pair: Pair) -> Pair:
        if dialect not in self.dialects or not case.about(*self.words):
            return pair
        return self.rewrite(*pair)


# -- small rewriters ---------------------------------------------------------------------------


def each(outcome: Outcome, change: Callable[[str], str]) -> Outcome:
    return outcome if isinstance(outcome, str) else [s for s in map(change, outcome) if s]


def alembic(pattern: str, replacement: str) -> Callable[[Outcome, Outcome], Pair]:
    """Change Alembic's statements by a regular expression."""
    return lambda ours, theirs: (
        ours,
        each(theirs, lambda s: re.sub(pattern, replacement, s, flags=re.DOTALL)),
    )


def own(pattern: str, replacement: str) -> Callable[[Outcome, Outcome], Pair]:
    """Change our statements by a regular expression."""
    return lambda ours, theirs: (
        each(ours, lambda s: re.sub(pattern, replacement, s, flags=re.DOTALL)),
        theirs,
    )


def both(pattern: str, replacement: str) -> Callable[[Outcome, Outcome], Pair]:
    """Change both by a regular expression."""
    return lambda ours, theirs: alembic(pattern, replacement)(
        *own(pattern, replacement)(ours, theirs)
    )


def alembic_fails(error: str) -> Callable[[Outcome, Outcome], Pair]:
    """Alembic raises where embedmig has statements."""

    def rewrite(ours: Outcome, theirs: Outcome) -> Pair:
        failed = isinstance(theirs, str) and theirs.startswith(error)
        return (ours, ours) if failed and isinstance(ours, list) else (ours, theirs)

    return rewrite


def we_refuse(reason: str) -> Callable[[Outcome, Outcome], Pair]:
    """Embedmig says that it cannot be done; Alembic writes what the server refuses, or fails."""

    def rewrite(ours: Outcome, theirs: Outcome) -> Pair:
        refused = (
            isinstance(ours, str) and ours.startswith("UnsupportedOperation") and reason in ours
        )
        return (theirs, theirs) if refused else (ours, theirs)

    return rewrite


def unwrapped(pattern: str, noise: str) -> Callable[[Outcome, Outcome], Pair]:
    """Take our statements out of the condition around them, and Alembic's IF … EXISTS away."""

    def rewrite(ours: Outcome, theirs: Outcome) -> Pair:
        if isinstance(ours, str) or not any(re.search(pattern, s) for s in ours):
            return ours, theirs
        inner = [
            found.replace("''", "'") for s in ours for found in re.findall(pattern, s, re.DOTALL)
        ]
        kept = [s for s in ours if not re.search(pattern, s) and not re.search(noise, s)]
        return kept + inner, each(theirs, lambda s: re.sub(r"IF (?:NOT )?EXISTS ", "", s))

    return rewrite


def not_null_last(ours: Outcome, theirs: Outcome) -> Pair:
    if isinstance(theirs, str):
        return ours, theirs
    for at, (first, second) in enumerate(pairwise(theirs)):
        if first.endswith(" NOT NULL") and " SET DEFAULT " in second:
            return ours, [*theirs[:at], second, first, *theirs[at + 2 :]]
    return ours, theirs


def modify_once(ours: Outcome, theirs: Outcome) -> Pair:
    """Alembic's several MODIFYs as the one of ours: type, default, nullability."""
    if isinstance(theirs, str):
        return ours, theirs
    pattern = re.compile(r"(ALTER TABLE .+? MODIFY \w+) (.+)")
    found = [m for m in map(pattern.match, theirs) if m]
    if len(found) < 2:
        return ours, theirs
    parts = sorted((m[2] for m in found), key=_place_in_modify)
    rest = [s for s in theirs if not pattern.match(s)]
    return ours, [f"{found[0][1]} {' '.join(parts)}", *rest]


def _place_in_modify(part: str) -> int:
    return 2 if part in ("NULL", "NOT NULL") else 1 if part.startswith("DEFAULT") else 0


def rebuilt(ours: Outcome, theirs: Outcome) -> Pair:
    if isinstance(ours, list) and any("_embedmig_" in statement for statement in ours):
        return ours, ours
    return ours, theirs


def without(pattern: str) -> Callable[[Outcome, Outcome], Pair]:
    """Leave out statements on both sides."""

    def kept(outcome: Outcome) -> Outcome:
        if isinstance(outcome, str):
            return outcome
        return [s for s in outcome if not re.search(pattern, s, re.DOTALL | re.IGNORECASE)]

    return lambda ours, theirs: (kept(ours), kept(theirs))


_MYSQL_IF = r"SET @embedmig_sql = IF\(@embedmig_there [>=] 0, '((?:[^']|'')*)', 'DO 0'\)"
_MYSQL_NOISE = r"^(?:SET @embedmig_there|PREPARE|EXECUTE embedmig|DEALLOCATE)"
_MSSQL_IF = r"EXEC\(N'((?:[^']|'')*)'\)"
_ORACLE_IF = r"EXECUTE IMMEDIATE '((?:[^']|'')*)'"

INTENDED: tuple[Intended, ...] = (
    # -- everywhere
    Intended(
        "Alembic's offline SQL keeps the doubled % that is meant for a driver's parameters; in a "
        "script it would be stored as two.",
        ALL,
        alembic("%%", "%"),
    ),
    Intended(
        "if_not_exists of a table holds for its indexes too: else a second run stops at the index.",
        ("postgresql", "mariadb", "sqlite"),
        alembic("CREATE INDEX (?!IF)", "CREATE INDEX IF NOT EXISTS "),
        ("create_table", "if_not_exists"),
    ),
    Intended(
        "An inline reference keeps the name the foreign key was given.",
        ("postgresql", "sqlite"),
        own("CONSTRAINT fk_new REFERENCES", "REFERENCES"),
        ("inline_references",),
    ),
    # -- PostgreSQL
    Intended(
        "RENAME COLUMN is written out, as the SQL standard and every other database have it.",
        ("postgresql",),
        alembic(r"RENAME (?!COLUMN|TO)", "RENAME COLUMN "),
        ("alter_column", "rename"),
    ),
    Intended(
        "The default is set before NOT NULL, so that rows that come in between satisfy both.",
        ("postgresql",),
        not_null_last,
        ("alter_column", "default"),
    ),
    Intended(
        "An identity column must be NOT NULL first, or the server refuses it.",
        ("postgresql",),
        without(r"ALTER COLUMN a SET NOT NULL"),
        ("add-identity",),
    ),
    Intended(
        "The counter of a new identity goes on behind the rows there are.",
        ("postgresql",),
        without(r"^SELECT setval"),
        ("add-identity",),
    ),
    Intended(
        "An enum type is created before the column that uses it; Alembic forgets it.",
        ("postgresql",),
        without("^CREATE TYPE"),
        ("add_column", "enum"),
    ),
    # -- MySQL and MariaDB
    Intended(
        "A mere rename is RENAME COLUMN, which needs to know nothing of the column.",
        FAMILY,
        alembic(r"CHANGE (\S+) (`[^`]+`|\S+) (?:VARCHAR|INTEGER).*", r"RENAME COLUMN \1 TO \2"),
        ("alter_column", "rename"),
    ),
    Intended(
        "A named CHECK stands at the table: at a column MariaDB takes it for a syntax error.",
        FAMILY,
        both(r" CONSTRAINT ck_new CHECK \(new > 0\)|, CONSTRAINT ck_new CHECK \(new > 0\)", ""),
        ("check",),
    ),
    Intended(
        "… and so it is a statement of its own beside ADD COLUMN.",
        FAMILY,
        without(r"ALTER TABLE plain ADD$"),
        ("add_column", "check"),
    ),
    Intended(
        "REFERENCES at a column is read and forgotten by MySQL, so the key is added by itself.",
        FAMILY,
        lambda ours, theirs: alembic(r" REFERENCES.*", "")(
            *without("ADD CONSTRAINT fk_new FOREIGN KEY")(ours, theirs)
        ),
        ("add_column", "inline_references"),
    ),
    Intended(
        "The index that the server made for a foreign key goes with it, as it came with it.",
        FAMILY,
        own(r", DROP INDEX (?:IF EXISTS )?`fk old`", ""),
        ("drop_constraint",),
    ),
    Intended(
        "if_exists is honoured where Alembic ignores it.",
        ("mariadb",),
        own(r"DROP (FOREIGN KEY|INDEX|CONSTRAINT) IF EXISTS", r"DROP \1"),
        ("drop_constraint", "if_exists"),
    ),
    Intended(
        "DROP PRIMARY KEY has no IF EXISTS; DROP CONSTRAINT `PRIMARY` has.",
        ("mariadb",),
        own(r"DROP CONSTRAINT `PRIMARY`", "DROP PRIMARY KEY"),
        ("drop_constraint", "primary", "if_exists"),
    ),
    Intended(
        "MySQL has IF EXISTS for tables only: a prepared statement asks information_schema, where "
        "Alembic writes a clause that MySQL does not know, or ignores the flag.",
        ("mysql",),
        unwrapped(_MYSQL_IF, _MYSQL_NOISE),
    ),
    Intended(
        "IF NOT EXISTS of the table itself, which the entry above has taken off Alembic's side.",
        ("mysql",),
        own("CREATE TABLE IF NOT EXISTS", "CREATE TABLE"),
        ("create_table", "if_not_exists"),
    ),
    Intended(
        "A constraint's kind is looked up where it is not given.",
        FAMILY,
        alembic_fails("NotImplementedError: No generic 'DROP CONSTRAINT'"),
        ("drop_constraint", "kind-unknown"),
    ),
    Intended(
        "An expression in an index has parentheses of its own, without which MySQL cannot read it.",
        ("mysql",),
        own(r"\(\(lower\(b\)\)\)", "(lower(b))"),
        ("create_index", "expression"),
    ),
    Intended(
        "MariaDB and SQL Server index columns only.",
        ("mariadb", "mssql"),
        we_refuse("indexes columns only"),
        ("create_index", "expression"),
    ),
    Intended(
        "These databases have no deferrable constraints; Alembic writes the syntax error.",
        (*FAMILY, "mssql"),
        we_refuse("deferrable"),
        ("create_foreign_key", "deferrable"),
    ),
    Intended(
        "An identity is AUTO_INCREMENT here, and MODIFY can give it.",
        FAMILY,
        alembic_fails("CompileError: Adding, removing or modifying"),
        ("add-identity",),
    ),
    # -- SQL Server
    Intended(
        "A dialect that never met a server stands for a current one: DATE and the (max) types.",
        ("mssql",),
        lambda ours, theirs: alembic(r"\bDATETIME\b", "DATE")(
            *alembic(r"\bTEXT\b", "VARCHAR(max)")(
                *alembic(r"\bIMAGE\b", "VARBINARY(max)")(ours, theirs)
            )
        ),
    ),
    Intended(
        "A CHECK or REFERENCES that stands at a new column is not lost.",
        ("mssql", "oracle"),
        own(r" CONSTRAINT (?:ck_new CHECK|fk_new REFERENCES).*", ""),
        ("add_column",),
    ),
    Intended(
        "if_not_exists is honoured, by a condition around the statement; Alembic leaves it out.",
        ("mssql",),
        unwrapped(_MSSQL_IF, "^nothing$"),
    ),
    Intended(
        "sp_rename takes the old name as Unicode, and the new one letter by letter: quoted, its "
        "brackets would become part of the name.",
        ("mssql",),
        lambda ours, theirs: both(r"N'OBJECT'|'COLUMN'|N'COLUMN'", "KIND")(
            *own(r"(EXEC sp_rename) N('[^']*'), N'([^']*)', KIND", r"\1 \2, \3")(
                *alembic(r"(EXEC sp_rename '[^']*'), \[?([^\],]*)\]?(?:, KIND)?", r"\1, \2")(
                    *both(r"N'OBJECT'|N?'COLUMN'", "KIND")(ours, theirs)
                )
            )
        ),
    ),
    Intended(
        "Comments need neither an explicit schema nor the old comment: the block finds out.",
        ("mssql",),
        alembic_fails("AssertionError"),
    ),
    Intended(
        "The same when a table is created with comments.",
        ("mssql",),
        alembic_fails("AttributeError: 'NoneType' object has no attribute 'startswith'"),
    ),
    Intended(
        "Where Alembic writes a comment, it fails if there is (or is not) one already.",
        ("mssql",),
        without("extendedproperty"),
    ),
    Intended(
        "A default is dropped whatever its name and however long, from one table alone.",
        ("mssql",),
        both(r"^(?i:declare) @\w+ \w+\(\w+\).*sys\.default_constraints.*", "<drop default>"),
    ),
    Intended(
        "What is known to have no default gets no attempt to drop it.",
        ("mssql",),
        without("^<drop default>$"),
        ("alter_column", "a"),
    ),
    Intended(
        "A column's default goes with the column, unasked; else the server refuses.",
        ("mssql",),
        without("^<drop default>$"),
        ("drop_column",),
    ),
    Intended(
        "All CHECKs that speak of the column go, not only one; and before the default.",
        ("mssql",),
        without("sys.check_constraints"),
        ("drop_column", "mssql-options"),
    ),
    Intended(
        "IDENTITY cannot be given to a column that exists, and the message says what to do.",
        ("mssql", "oracle"),
        we_refuse("add a new column"),
        ("add-identity",),
    ),
    Intended(
        "IDENTITY_INSERT is for values of an identity column; Alembic always switches it.",
        ("mssql",),
        without("^SET IDENTITY_INSERT"),
        ("bulk_insert",),
    ),
    # -- Oracle
    Intended(
        "One MODIFY: since DDL commits, three would be three places to stop at.",
        ("oracle",),
        modify_once,
        ("alter_column",),
    ),
    Intended(
        "A column's comment is set in the table's schema, and the names are quoted.",
        ("oracle",),
        alembic(r"ON COLUMN Order by\.b", 'ON COLUMN shop."Order by".b'),
        ("alter_column", "schema"),
    ),
    Intended(
        "IF EXISTS came with 23ai; a PL/SQL block does the same everywhere.",
        ("oracle",),
        unwrapped(_ORACLE_IF, "^nothing$"),
    ),
    Intended(
        "What SQLAlchemy cannot compile is an UnsupportedOperation that names the operation.",
        ("oracle",),
        we_refuse("computed columns do not support 'stored'"),
        ("computed",),
    ),
    # -- SQLite
    Intended(
        "SQLite has no such ALTER: the table's stored text is edited and the table rebuilt, where "
        "Alembic raises or writes what SQLite cannot read.",
        ("sqlite",),
        rebuilt,
    ),
    Intended(
        "A foreign key comes with its column, since SQLite cannot add it afterwards.",
        ("sqlite",),
        alembic_fails("NotImplementedError: No support for ALTER of constraints"),
        ("add_column",),
    ),
    Intended(
        "The CHECK of a Boolean or an Enum comes with its column, too; Alembic leaves it out.",
        ("sqlite",),
        own(r" CONSTRAINT (?:ck_bool|kind) CHECK \(.*", ""),
        ("add_column",),
    ),
    Intended(
        "SQLite has IF EXISTS for tables and indexes only; the catalog is asked.",
        ("sqlite",),
        alembic("COLUMN IF (?:NOT )?EXISTS", "COLUMN"),
    ),
    Intended(
        "A constraint is looked for in the catalog; there is none of that name, and that is fine.",
        ("sqlite",),
        alembic_fails("NotImplementedError: No support for ALTER of constraints"),
        ("drop_constraint", "if_exists"),
    ),
    Intended(
        "An INTEGER PRIMARY KEY numbers rows by itself; elsewhere identity is ignored here.",
        ("sqlite",),
        alembic_fails("CompileError: Adding, removing or modifying"),
        ("add-identity",),
    ),
    Intended(
        "What is edited in the stored text is quoted; that is no other name.",
        ("sqlite",),
        own(r'ALTER TABLE (?:("?)shop\1\.)?"plain"', "ALTER TABLE plain"),
        ("drop_column",),
    ),
    Intended(
        "… in a schema as well.",
        ("sqlite",),
        alembic(r"shop\.plain", "plain"),
        ("drop_column", "schema"),
    ),
    Intended(
        "SQLite stores no comments; a model that has some is no reason to fail.",
        ("sqlite",),
        alembic_fails("UnsupportedCompilationError"),
    ),
    Intended(
        "… and COMMENT ON is a syntax error there.",
        ("sqlite",),
        without("^COMMENT ON"),
    ),
)
