-- create_table
CREATE TABLE item (
	id NUMBER(19) NOT NULL,
	code VARCHAR2(20 CHAR),
	label VARCHAR2(20 CHAR),
	team_id INTEGER,
	PRIMARY KEY (id),
	UNIQUE (code),
	CONSTRAINT fk_item_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE CASCADE
)
/
CREATE INDEX ix_item_label ON item (label)
/
COMMENT ON TABLE item IS 'things 100%'
/
COMMENT ON COLUMN item.label IS 'shown to people'
/

-- create_table.if_not_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tables WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ITEM';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'CREATE TABLE item (
	id INTEGER NOT NULL,
	label VARCHAR2(20 CHAR),
	PRIMARY KEY (id)
)';
    EXECUTE IMMEDIATE 'CREATE INDEX ix_item_label ON item (label)';
  END IF;
END;
/

-- create_table.if_not_exists_already_there
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tables WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'TEAM';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'CREATE TABLE team (
	id INTEGER NOT NULL,
	label VARCHAR2(20 CHAR),
	PRIMARY KEY (id)
)';
  END IF;
END;
/

-- create_table.generated
-- UnsupportedOperation: oracle: create table item is not supported: (in table 'item', column 'gross'): Oracle Database computed columns do not support 'stored' persistence; set the 'persisted' flag to None or False for Oracle Database support.

-- create_table.checks
CREATE TABLE item (
	id INTEGER NOT NULL,
	a INTEGER CONSTRAINT ck_item_a CHECK (a > 0),
	b INTEGER CHECK (b > 0),
	on_sale BOOLEAN,
	PRIMARY KEY (id)
)
/

-- create_table.enum
CREATE TABLE item (
	id INTEGER NOT NULL,
	colour VARCHAR(5 CHAR),
	mood VARCHAR(20 CHAR),
	PRIMARY KEY (id),
	CONSTRAINT colour CHECK (colour IN ('red', 'green')),
	CONSTRAINT mood CHECK (mood IN ('sad', 'ok'))
)
/

-- create_table.schema
-- UnsupportedOperation: oracle: create schema em Shop is not supported: a schema is a user there; let an administrator run CREATE USER

-- create_table.options
CREATE TABLE item (
	id INTEGER NOT NULL,
	PRIMARY KEY (id)
)
 COMPRESS
/

-- drop_table
DROP TABLE account
/

-- drop_table.if_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tables WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'DROP TABLE account';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tables WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'NOWHERE';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'DROP TABLE nowhere';
  END IF;
END;
/

-- drop_table.enum
DROP TABLE diary
/

-- rename_table
ALTER TABLE account RENAME TO "user account"
/

-- create_table_comment
COMMENT ON TABLE team IS 'it''s a \ 100% :team'
/
COMMENT ON TABLE account IS 'another one'
/

-- drop_table_comment
COMMENT ON TABLE account IS ''
/

-- alter_table_options
-- nothing to do

-- batch_alter_table
ALTER TABLE account ADD nick VARCHAR2(20 CHAR)
/
ALTER TABLE account MODIFY email NOT NULL
/
ALTER TABLE account MODIFY name VARCHAR2(80 CHAR)
/
ALTER TABLE account DROP COLUMN seen
/
ALTER TABLE account RENAME COLUMN "Order" TO rank
/
CREATE INDEX ix_account_nick ON account (nick)
/
ALTER TABLE account ADD CONSTRAINT ck_account_team CHECK (team_id > 0)
/

-- batch_alter_table.one_column_twice
ALTER TABLE account MODIFY email NOT NULL
/
ALTER TABLE account MODIFY email VARCHAR2(200 CHAR)
/
ALTER TABLE account RENAME COLUMN email TO mail
/
COMMENT ON COLUMN account.mail IS 'where to write to'
/

-- batch_alter_table.replace_constraint
ALTER TABLE account DROP CONSTRAINT ck_account_score
/
ALTER TABLE account ADD CONSTRAINT ck_account_score CHECK (score > 1)
/
ALTER TABLE account DROP CONSTRAINT fk_account_team
/
ALTER TABLE account ADD CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE SET NULL
/

-- add_column
ALTER TABLE account ADD nick VARCHAR2(20 CHAR)
/
ALTER TABLE account ADD age INTEGER DEFAULT '7' NOT NULL
/

-- add_column.if_not_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tab_columns WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND column_name = 'NICK';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account ADD nick VARCHAR2(20 CHAR)';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tab_columns WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND column_name = 'NAME';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account ADD name VARCHAR2(20 CHAR)';
  END IF;
END;
/

-- add_column.foreign_key
ALTER TABLE account ADD owner_id INTEGER
/
ALTER TABLE account ADD CONSTRAINT fk_account_owner FOREIGN KEY(owner_id) REFERENCES team (id)
/

-- add_column.inline_references
ALTER TABLE account ADD owner_id INTEGER CONSTRAINT fk_owner REFERENCES team (id) ON DELETE CASCADE
/

-- add_column.inline_primary_key
ALTER TABLE bare ADD id INTEGER NOT NULL PRIMARY KEY
/

-- add_column.check
ALTER TABLE account ADD age INTEGER CONSTRAINT ck_account_age CHECK (age > 0)
/
ALTER TABLE account ADD "size" INTEGER CHECK (size > 0)
/

-- add_column.unique_and_index
ALTER TABLE account ADD nick VARCHAR2(20 CHAR)
/
ALTER TABLE account ADD UNIQUE (nick)
/
ALTER TABLE account ADD city VARCHAR2(20 CHAR)
/
CREATE INDEX ix_account_city ON account (city)
/

-- add_column.comment
ALTER TABLE account ADD nick VARCHAR2(20 CHAR)
/
COMMENT ON COLUMN account.nick IS 'it''s 100% short'
/

-- add_column.computed
ALTER TABLE account ADD twice NUMERIC(9, 2) GENERATED ALWAYS AS (score * 2) VIRTUAL
/

-- add_column.identity
ALTER TABLE bare ADD n INTEGER GENERATED ALWAYS AS IDENTITY (START WITH 5)
/

-- add_column.enum
ALTER TABLE account ADD mood VARCHAR(20 CHAR)
/
ALTER TABLE account ADD CONSTRAINT mood CHECK (mood IN ('sad', 'ok'))
/
ALTER TABLE account ADD colour VARCHAR(5 CHAR)
/

-- add_column.boolean
ALTER TABLE account ADD active BOOLEAN
/

-- add_column.expression_default
ALTER TABLE account ADD "size" INTEGER DEFAULT 1 + 2
/

-- add_column.quoted
CREATE TABLE "My Table" (
	a INTEGER
)
/
ALTER TABLE "My Table" ADD "Group" INTEGER
/
COMMENT ON COLUMN "My Table"."Group" IS 'quoted'
/

-- drop_column
ALTER TABLE account DROP COLUMN seen
/

-- drop_column.if_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tab_columns WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND column_name = 'SEEN';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account DROP COLUMN seen';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_tab_columns WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND column_name = 'NOTHING';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account DROP COLUMN nothing';
  END IF;
END;
/

-- drop_column.with_default_and_check
ALTER TABLE account DROP CONSTRAINT ck_account_score
/
ALTER TABLE account DROP COLUMN score
/

-- drop_column.with_foreign_key
ALTER TABLE account DROP CONSTRAINT fk_account_team
/
ALTER TABLE account DROP COLUMN team_id
/

-- alter_column.not_null
ALTER TABLE account MODIFY email NOT NULL
/

-- alter_column.null
ALTER TABLE account MODIFY name NULL
/

-- alter_column.type
ALTER TABLE account MODIFY name VARCHAR2(80 CHAR)
/

-- alter_column.type_with_default
ALTER TABLE account MODIFY score NUMERIC(12, 4)
/

-- alter_column.type_using
ALTER TABLE account MODIFY email VARCHAR2(60 CHAR)
/

-- alter_column.set_default
ALTER TABLE account MODIFY email DEFAULT 'a@b'
/
ALTER TABLE account MODIFY score DEFAULT 1
/

-- alter_column.expression_default
ALTER TABLE account MODIFY "Order" DEFAULT (1 + 2)
/

-- alter_column.drop_default
ALTER TABLE account MODIFY score DEFAULT NULL
/

-- alter_column.comment
COMMENT ON COLUMN account.email IS 'it''s where we write to'
/
COMMENT ON COLUMN account.name IS 'changed'
/

-- alter_column.drop_comment
COMMENT ON COLUMN account.name IS ''
/

-- alter_column.rename
ALTER TABLE account RENAME COLUMN name TO "full name"
/

-- alter_column.everything
ALTER TABLE account MODIFY email VARCHAR2(200 CHAR) DEFAULT 'nobody' NOT NULL
/
COMMENT ON COLUMN account.email IS 'all at once'
/
ALTER TABLE account RENAME COLUMN email TO mail
/

-- alter_column.add_identity
-- UnsupportedOperation: oracle: alter column diary.id is not supported: Oracle makes no identity of a column that exists; add a new column, copy the rows, and drop the old one

-- alter_column.to_enum
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary MODIFY mood VARCHAR(20 CHAR)
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'glad'))
/

-- alter_column.from_enum
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary MODIFY mood VARCHAR2(30 CHAR)
/

-- alter_column.to_computed
-- UnsupportedOperation: oracle: alter column bare.b is not supported: whether and how a column is generated cannot be changed in place; drop the column and add it again

-- rename_column
ALTER TABLE account RENAME COLUMN name TO called
/
ALTER TABLE account RENAME COLUMN called TO "Order by"
/

-- create_primary_key
ALTER TABLE bare ADD CONSTRAINT pk_bare PRIMARY KEY (a)
/

-- create_unique_constraint
ALTER TABLE bare ADD CONSTRAINT uq_bare UNIQUE (a, b)
/

-- create_foreign_key
ALTER TABLE bare ADD CONSTRAINT fk_bare_team FOREIGN KEY(b) REFERENCES team (id) ON DELETE CASCADE
/

-- create_foreign_key.deferrable
ALTER TABLE bare ADD CONSTRAINT fk_bare_team FOREIGN KEY(b) REFERENCES team (id) DEFERRABLE INITIALLY DEFERRED
/

-- create_check_constraint
ALTER TABLE bare ADD CONSTRAINT ck_bare CHECK (a > 5)
/
ALTER TABLE bare ADD CONSTRAINT ck_bare_text CHECK (b <> 10)
/

-- create_exclude_constraint
-- UnsupportedOperation: oracle: create exclude constraint ex_bare on bare is not supported: it has no exclusion constraints

-- drop_constraint.primary
ALTER TABLE bare ADD CONSTRAINT pk_bare PRIMARY KEY (a)
/
ALTER TABLE bare DROP CONSTRAINT pk_bare
/

-- drop_constraint.unique
ALTER TABLE account DROP CONSTRAINT uq_account_email
/

-- drop_constraint.foreign_key
ALTER TABLE account DROP CONSTRAINT fk_account_team
/

-- drop_constraint.check
ALTER TABLE account DROP CONSTRAINT ck_account_score
/

-- drop_constraint.kind_unknown
ALTER TABLE account DROP CONSTRAINT fk_account_team
/
ALTER TABLE account DROP CONSTRAINT uq_account_email
/
ALTER TABLE account DROP CONSTRAINT ck_account_score
/

-- drop_constraint.by_columns
ALTER TABLE account DROP CONSTRAINT fk_account_team
/
ALTER TABLE account DROP CONSTRAINT uq_account_email
/

-- drop_constraint.if_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_constraints WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND constraint_name = 'UQ_ACCOUNT_EMAIL';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account DROP CONSTRAINT uq_account_email';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_constraints WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND constraint_name = 'UQ_NOTHING';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account DROP CONSTRAINT uq_nothing';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_constraints WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND constraint_name = 'FK_NOTHING';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account DROP CONSTRAINT fk_nothing';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_constraints WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND table_name = 'ACCOUNT' AND constraint_name = 'CK_NOTHING';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'ALTER TABLE account DROP CONSTRAINT ck_nothing';
  END IF;
END;
/

-- rename_constraint.unique
ALTER TABLE account RENAME CONSTRAINT uq_account_email TO uq_mail
/

-- rename_constraint.foreign_key
ALTER TABLE account RENAME CONSTRAINT fk_account_team TO fk_team
/

-- rename_constraint.check
ALTER TABLE account RENAME CONSTRAINT ck_account_score TO ck_score
/

-- create_index
CREATE INDEX ix_account_seen ON account (seen, "Order")
/
CREATE UNIQUE INDEX ix_account_team ON account (team_id, name)
/

-- create_index.if_not_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_indexes WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND index_name = 'IX_ACCOUNT_NAME';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'CREATE INDEX ix_account_name ON account (name)';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_indexes WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND index_name = 'IX_ACCOUNT_SEEN';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'CREATE INDEX ix_account_seen ON account (seen)';
  END IF;
END;
/

-- create_index.expression
CREATE INDEX ix_account_lower ON account (lower(name))
/

-- create_index.options
CREATE BITMAP INDEX ix_account_part ON account (name)
/

-- create_index.concurrently
CREATE INDEX ix_account_seen ON account (seen)
/

-- drop_index
DROP INDEX ix_account_name
/

-- drop_index.without_table
DROP INDEX ix_account_name
/

-- drop_index.if_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_indexes WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND index_name = 'IX_ACCOUNT_NAME';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'DROP INDEX ix_account_name';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_indexes WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND index_name = 'IX_NOTHING';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'DROP INDEX ix_nothing';
  END IF;
END;
/

-- rename_index
ALTER INDEX ix_account_name RENAME TO ix_called
/

-- create_schema
-- UnsupportedOperation: oracle: create schema em_shop is not supported: a schema is a user there; let an administrator run CREATE USER

-- create_sequence
CREATE SEQUENCE invoice INCREMENT BY 5 START WITH 1000
/
ALTER SEQUENCE invoice INCREMENT BY 10
/
DROP SEQUENCE invoice
/

-- create_sequence.if_not_exists
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_sequences WHERE sequence_owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND sequence_name = 'INVOICE';
  IF found = 0 THEN
    EXECUTE IMMEDIATE 'CREATE SEQUENCE invoice';
  END IF;
END;
/
DECLARE
  found NUMBER;
BEGIN
  SELECT COUNT(*) INTO found FROM all_sequences WHERE sequence_owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND sequence_name = 'INVOICE';
  IF found > 0 THEN
    EXECUTE IMMEDIATE 'DROP SEQUENCE invoice';
  END IF;
END;
/

-- add_enum_value
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'glad'))
/

-- add_enum_value.before
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('angry', 'sad', 'ok'))
/
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('angry', 'sad', 'tired', 'ok'))
/

-- rename_enum_value
ALTER TABLE diary DROP CONSTRAINT mood
/
UPDATE diary SET mood = 'blue' WHERE mood = 'sad'
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('blue', 'ok'))
/

-- drop_enum_value
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('ok'))
/

-- drop_enum_value.replacement
UPDATE diary SET mood = 'ok' WHERE mood = 'sad'
/
ALTER TABLE diary DROP CONSTRAINT mood
/
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('ok'))
/

-- create_enum
ALTER TABLE account ADD "size" VARCHAR(1 CHAR)
/
ALTER TABLE account DROP COLUMN "size"
/

-- execute
UPDATE account SET name = 'a:b' WHERE name LIKE '100%'
/
UPDATE account SET name='it''s' WHERE account.score > 1.5
/

-- bulk_insert
CREATE TABLE stuff (
	id INTEGER NOT NULL,
	name VARCHAR2(50 CHAR),
	day DATE,
	price NUMERIC(8, 2),
	done BOOLEAN,
	PRIMARY KEY (id)
)
/
INSERT INTO stuff (id, name, day, price, done) VALUES (1, 'it''s a \ 100% :x', TO_DATE('2026-01-31', 'YYYY-MM-DD'), 9.50, 1)
/
INSERT INTO stuff (id, name, day, price, done) VALUES (2, NULL, NULL, NULL, 0)
/
