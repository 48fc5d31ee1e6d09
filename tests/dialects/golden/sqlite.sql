-- create_table
CREATE TABLE item (
	id BIGINT NOT NULL,
	code VARCHAR(20),
	label VARCHAR(20),
	team_id INTEGER,
	PRIMARY KEY (id),
	UNIQUE (code),
	CONSTRAINT fk_item_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE CASCADE
);
CREATE INDEX ix_item_label ON item (label);

-- create_table.if_not_exists
CREATE TABLE IF NOT EXISTS item (
	id INTEGER NOT NULL,
	label VARCHAR(20),
	PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS ix_item_label ON item (label);

-- create_table.if_not_exists_already_there
CREATE TABLE IF NOT EXISTS team (
	id INTEGER NOT NULL,
	label VARCHAR(20),
	PRIMARY KEY (id)
);

-- create_table.generated
CREATE TABLE item (
	id INTEGER NOT NULL,
	net INTEGER NOT NULL,
	gross INTEGER GENERATED ALWAYS AS (net + 1) STORED,
	PRIMARY KEY (id)
);

-- create_table.checks
CREATE TABLE item (
	id INTEGER NOT NULL,
	a INTEGER CONSTRAINT ck_item_a CHECK (a > 0),
	b INTEGER CHECK (b > 0),
	on_sale BOOLEAN,
	PRIMARY KEY (id),
	CONSTRAINT ck_item_on_sale CHECK (on_sale IN (0, 1))
);

-- create_table.enum
CREATE TABLE item (
	id INTEGER NOT NULL,
	colour VARCHAR(5),
	mood VARCHAR(20),
	PRIMARY KEY (id),
	CONSTRAINT colour CHECK (colour IN ('red', 'green')),
	CONSTRAINT mood CHECK (mood IN ('sad', 'ok'))
);

-- create_table.schema
-- UnsupportedOperation: sqlite: create schema em Shop is not supported: a schema is an attached database: ATTACH it on the connection

-- create_table.options
CREATE TABLE item (
	id INTEGER NOT NULL,
	PRIMARY KEY (id)
)
 WITHOUT ROWID;

-- drop_table
DROP TABLE account;

-- drop_table.if_exists
DROP TABLE IF EXISTS account;
DROP TABLE IF EXISTS nowhere;

-- drop_table.enum
DROP TABLE diary;

-- rename_table
ALTER TABLE account RENAME TO "user account";

-- create_table_comment
-- nothing to do

-- drop_table_comment
-- nothing to do

-- alter_table_options
-- nothing to do

-- batch_alter_table
ALTER TABLE "account" RENAME COLUMN "Order" TO rank;
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(80) NOT NULL,
	email VARCHAR(100) NOT NULL,
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	team_id INTEGER,
	"rank" INTEGER,
	nick VARCHAR(20),
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0),
	CONSTRAINT ck_account_team CHECK (team_id > 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "team_id", "rank") SELECT "id", "name", "email", "score", "team_id", "rank" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
CREATE INDEX ix_account_nick ON account (nick);

-- batch_alter_table.one_column_twice
ALTER TABLE "account" RENAME COLUMN "email" TO mail;
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	mail VARCHAR(200) NOT NULL,
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (mail),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "mail", "score", "seen", "team_id", "Order") SELECT "id", "name", "mail", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- batch_alter_table.replace_constraint
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score > 1),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE SET NULL
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- add_column
ALTER TABLE account ADD COLUMN nick VARCHAR(20);
ALTER TABLE account ADD COLUMN age INTEGER DEFAULT '7' NOT NULL;

-- add_column.if_not_exists
ALTER TABLE account ADD COLUMN nick VARCHAR(20);

-- add_column.foreign_key
ALTER TABLE account ADD COLUMN owner_id INTEGER CONSTRAINT fk_account_owner REFERENCES team (id);

-- add_column.inline_references
ALTER TABLE account ADD COLUMN owner_id INTEGER CONSTRAINT fk_owner REFERENCES team (id) ON DELETE CASCADE;

-- add_column.inline_primary_key
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	id INTEGER NOT NULL PRIMARY KEY
);
INSERT OR ABORT INTO "bare" ("a", "b") SELECT "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- add_column.check
ALTER TABLE account ADD COLUMN age INTEGER CONSTRAINT ck_account_age CHECK (age > 0);
ALTER TABLE account ADD COLUMN size INTEGER CHECK (size > 0);

-- add_column.unique_and_index
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	nick VARCHAR(20) UNIQUE,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
ALTER TABLE account ADD COLUMN city VARCHAR(20);
CREATE INDEX ix_account_city ON account (city);

-- add_column.comment
ALTER TABLE account ADD COLUMN nick VARCHAR(20);

-- add_column.computed
ALTER TABLE account ADD COLUMN twice NUMERIC(9, 2) GENERATED ALWAYS AS (score * 2) VIRTUAL;

-- add_column.identity
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	n INTEGER NOT NULL
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- add_column.enum
ALTER TABLE account ADD COLUMN mood VARCHAR(20) CONSTRAINT mood CHECK (mood IN ('sad', 'ok'));
ALTER TABLE account ADD COLUMN colour VARCHAR(5);

-- add_column.boolean
ALTER TABLE account ADD COLUMN active BOOLEAN CONSTRAINT ck_active CHECK (active IN (0, 1));

-- add_column.expression_default
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	size INTEGER DEFAULT (1 + 2),
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order", "size") SELECT "id", "name", "email", "score", "seen", "team_id", "Order", ((1 + 2)) FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- add_column.quoted
CREATE TABLE "My Table" (
	a INTEGER
);
ALTER TABLE "My Table" ADD COLUMN "Group" INTEGER;

-- drop_column
ALTER TABLE "account" DROP COLUMN "seen";

-- drop_column.if_exists
ALTER TABLE "account" DROP COLUMN "seen";

-- drop_column.with_default_and_check
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
ALTER TABLE "account" DROP COLUMN "score";

-- drop_column.with_foreign_key
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
ALTER TABLE "account" DROP COLUMN "team_id";

-- alter_column.not_null
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100) NOT NULL,
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.null
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50),
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.type
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(80) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.type_with_default
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(12, 4) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.type_using
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(60),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.set_default
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100) DEFAULT 'a@b',
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100) DEFAULT 'a@b',
	score NUMERIC(8, 2) DEFAULT 1 NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.expression_default
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER DEFAULT (1 + 2),
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.drop_default
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.comment
-- nothing to do

-- alter_column.drop_comment
-- nothing to do

-- alter_column.rename
ALTER TABLE account RENAME COLUMN name TO "full name";

-- alter_column.everything
ALTER TABLE "account" RENAME COLUMN "email" TO mail;
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	mail VARCHAR(200) NOT NULL DEFAULT 'nobody',
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (mail),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "mail", "score", "seen", "team_id", "Order") SELECT "id", "name", coalesce("mail", 'nobody'), "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- alter_column.add_identity
-- nothing to do

-- alter_column.to_enum
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'glad'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- alter_column.from_enum
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(30) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- alter_column.to_computed
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER GENERATED ALWAYS AS (a + 1)
);
INSERT OR ABORT INTO "bare" (rowid, "a") SELECT rowid, "a" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- rename_column
ALTER TABLE account RENAME COLUMN name TO called;
ALTER TABLE account RENAME COLUMN called TO "Order by";

-- create_primary_key
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT pk_bare PRIMARY KEY (a)
);
INSERT OR ABORT INTO "bare" ("a", "b") SELECT "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- create_unique_constraint
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT uq_bare UNIQUE (a, b)
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- create_foreign_key
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT fk_bare_team FOREIGN KEY(b) REFERENCES team (id) ON DELETE CASCADE
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- create_foreign_key.deferrable
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT fk_bare_team FOREIGN KEY(b) REFERENCES team (id) DEFERRABLE INITIALLY DEFERRED
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- create_check_constraint
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT ck_bare CHECK (a > 5)
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT ck_bare CHECK (a > 5),
	CONSTRAINT ck_bare_text CHECK (b <> 10)
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- create_exclude_constraint
-- UnsupportedOperation: sqlite: create exclude constraint ex_bare on bare is not supported: it has no exclusion constraints

-- drop_constraint.primary
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER,
	CONSTRAINT pk_bare PRIMARY KEY (a)
);
INSERT OR ABORT INTO "bare" ("a", "b") SELECT "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;
PRAGMA legacy_alter_table = ON;
ALTER TABLE "bare" RENAME TO "_embedmig_bare";
CREATE TABLE bare (
	a INTEGER NOT NULL,
	b INTEGER
);
INSERT OR ABORT INTO "bare" (rowid, "a", "b") SELECT rowid, "a", "b" FROM "_embedmig_bare";
DROP TABLE "_embedmig_bare";
PRAGMA legacy_alter_table = OFF;

-- drop_constraint.unique
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- drop_constraint.foreign_key
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- drop_constraint.check
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- drop_constraint.kind_unknown
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- drop_constraint.by_columns
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- drop_constraint.if_exists
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- rename_constraint.unique
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_mail UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- rename_constraint.foreign_key
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_account_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- rename_constraint.check
PRAGMA legacy_alter_table = ON;
ALTER TABLE "account" RENAME TO "_embedmig_account";
CREATE TABLE account (
	id INTEGER NOT NULL,
	name VARCHAR(50) NOT NULL,
	email VARCHAR(100),
	score NUMERIC(8, 2) DEFAULT '0' NOT NULL,
	seen DATETIME DEFAULT CURRENT_TIMESTAMP,
	team_id INTEGER,
	"Order" INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id),
	CONSTRAINT uq_account_email UNIQUE (email),
	CONSTRAINT ck_score CHECK (score >= 0)
);
INSERT OR ABORT INTO "account" ("id", "name", "email", "score", "seen", "team_id", "Order") SELECT "id", "name", "email", "score", "seen", "team_id", "Order" FROM "_embedmig_account";
DROP TABLE "_embedmig_account";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX ix_account_name ON account (name);

-- create_index
CREATE INDEX ix_account_seen ON account (seen, "Order");
CREATE UNIQUE INDEX ix_account_team ON account (team_id, name);

-- create_index.if_not_exists
CREATE INDEX IF NOT EXISTS ix_account_name ON account (name);
CREATE INDEX IF NOT EXISTS ix_account_seen ON account (seen);

-- create_index.expression
CREATE INDEX ix_account_lower ON account (lower(name));

-- create_index.options
CREATE INDEX ix_account_part ON account (name) WHERE score > 5;

-- create_index.concurrently
CREATE INDEX ix_account_seen ON account (seen);

-- drop_index
DROP INDEX ix_account_name;

-- drop_index.without_table
DROP INDEX ix_account_name;

-- drop_index.if_exists
DROP INDEX IF EXISTS ix_account_name;
DROP INDEX IF EXISTS ix_nothing;

-- rename_index
DROP INDEX "ix_account_name";
CREATE INDEX ix_called ON account (name);

-- create_schema
-- UnsupportedOperation: sqlite: create schema em_shop is not supported: a schema is an attached database: ATTACH it on the connection

-- create_sequence
-- UnsupportedOperation: sqlite: create sequence invoice is not supported: it has no sequences

-- create_sequence.if_not_exists
-- UnsupportedOperation: sqlite: create sequence invoice is not supported: it has no sequences

-- add_enum_value
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'glad'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- add_enum_value.before
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('angry', 'sad', 'ok'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('angry', 'sad', 'tired', 'ok'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- rename_enum_value
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'blue'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;
UPDATE diary SET mood = 'blue' WHERE mood = 'sad';
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('blue', 'ok'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- drop_enum_value
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('ok'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- drop_enum_value.replacement
UPDATE diary SET mood = 'ok' WHERE mood = 'sad';
PRAGMA legacy_alter_table = ON;
ALTER TABLE "diary" RENAME TO "_embedmig_diary";
CREATE TABLE diary (
	id INTEGER NOT NULL,
	mood VARCHAR(20) DEFAULT 'ok' NOT NULL,
	page INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT mood CHECK (mood IN ('ok'))
);
INSERT OR ABORT INTO "diary" ("id", "mood", "page") SELECT "id", "mood", "page" FROM "_embedmig_diary";
DROP TABLE "_embedmig_diary";
PRAGMA legacy_alter_table = OFF;

-- create_enum
ALTER TABLE account ADD COLUMN size VARCHAR(1);
ALTER TABLE "account" DROP COLUMN "size";

-- execute
UPDATE account SET name = 'a:b' WHERE name LIKE '100%';
UPDATE account SET name='it''s' WHERE account.score > 1.5;

-- bulk_insert
CREATE TABLE stuff (
	id INTEGER NOT NULL,
	name VARCHAR(50),
	day DATE,
	price NUMERIC(8, 2),
	done BOOLEAN,
	PRIMARY KEY (id)
);
INSERT INTO stuff (id, name, day, price, done) VALUES (1, 'it''s a \ 100% :x', '2026-01-31', 9.50, 1);
INSERT INTO stuff (id, name, day, price, done) VALUES (2, NULL, NULL, NULL, 0);
