-- create_table
CREATE TABLE item (
	id BIGINT NOT NULL AUTO_INCREMENT,
	code VARCHAR(20),
	label VARCHAR(20) COMMENT 'shown to people',
	team_id INTEGER,
	PRIMARY KEY (id),
	UNIQUE (code),
	CONSTRAINT fk_item_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE CASCADE
)COMMENT='things 100%';
CREATE INDEX ix_item_label ON item (label);

-- create_table.if_not_exists
CREATE TABLE IF NOT EXISTS item (
	id INTEGER NOT NULL AUTO_INCREMENT,
	label VARCHAR(20),
	PRIMARY KEY (id)
);
CREATE INDEX IF NOT EXISTS ix_item_label ON item (label);

-- create_table.if_not_exists_already_there
CREATE TABLE IF NOT EXISTS team (
	id INTEGER NOT NULL AUTO_INCREMENT,
	label VARCHAR(20),
	PRIMARY KEY (id)
);

-- create_table.generated
CREATE TABLE item (
	id INTEGER NOT NULL AUTO_INCREMENT,
	net INTEGER NOT NULL,
	gross INTEGER GENERATED ALWAYS AS (net + 1) STORED,
	PRIMARY KEY (id)
);

-- create_table.checks
CREATE TABLE item (
	id INTEGER NOT NULL,
	a INTEGER,
	b INTEGER,
	on_sale BOOL,
	PRIMARY KEY (id),
	CONSTRAINT ck_item_on_sale CHECK (on_sale IN (0, 1)),
	CONSTRAINT ck_item_a CHECK (a > 0),
	CHECK (b > 0)
);

-- create_table.enum
CREATE TABLE item (
	id INTEGER NOT NULL,
	colour ENUM('red','green'),
	mood ENUM('sad','ok'),
	PRIMARY KEY (id)
);

-- create_table.schema
CREATE SCHEMA `em Shop`;
CREATE TABLE `em Shop`.`Order` (
	id INTEGER NOT NULL,
	`Select` VARCHAR(20) COMMENT 'it''s quoted',
	PRIMARY KEY (id)
)COMMENT='orders';
CREATE INDEX `ix Order` ON `em Shop`.`Order` (`Select`);
DROP TABLE `em Shop`.`Order`;
DROP SCHEMA `em Shop`;

-- create_table.options
CREATE TABLE item (
	id INTEGER NOT NULL,
	PRIMARY KEY (id)
)ENGINE=InnoDB CHARSET=latin1;

-- drop_table
DROP TABLE account;

-- drop_table.if_exists
DROP TABLE IF EXISTS account;
DROP TABLE IF EXISTS nowhere;

-- drop_table.enum
DROP TABLE diary;

-- rename_table
ALTER TABLE account RENAME TO `user account`;

-- create_table_comment
ALTER TABLE team COMMENT 'it''s a \\ 100% :team';
ALTER TABLE account COMMENT 'another one';

-- drop_table_comment
ALTER TABLE account COMMENT '';

-- alter_table_options
ALTER TABLE bare DEFAULT CHARACTER SET=latin1;

-- batch_alter_table
ALTER TABLE account ADD COLUMN nick VARCHAR(20), MODIFY email VARCHAR(100) NOT NULL, MODIFY name VARCHAR(80) NOT NULL COMMENT 'what it''s called', DROP COLUMN seen, RENAME COLUMN `Order` TO rank, ADD INDEX ix_account_nick (nick), ADD CONSTRAINT ck_account_team CHECK (team_id > 0);

-- batch_alter_table.one_column_twice
ALTER TABLE account MODIFY email VARCHAR(100) NOT NULL;
ALTER TABLE account MODIFY email VARCHAR(200) NOT NULL;
ALTER TABLE account RENAME COLUMN email TO mail;
ALTER TABLE account MODIFY mail VARCHAR(200) NOT NULL COMMENT 'where to write to';

-- batch_alter_table.replace_constraint
ALTER TABLE account DROP CONSTRAINT ck_account_score;
ALTER TABLE account ADD CONSTRAINT ck_account_score CHECK (score > 1);
ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX IF EXISTS fk_account_team;
ALTER TABLE account ADD CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE SET NULL;

-- add_column
ALTER TABLE account ADD COLUMN nick VARCHAR(20);
ALTER TABLE account ADD COLUMN age INTEGER NOT NULL DEFAULT '7';

-- add_column.if_not_exists
ALTER TABLE account ADD COLUMN IF NOT EXISTS nick VARCHAR(20);
ALTER TABLE account ADD COLUMN IF NOT EXISTS name VARCHAR(20);

-- add_column.foreign_key
ALTER TABLE account ADD COLUMN owner_id INTEGER;
ALTER TABLE account ADD CONSTRAINT fk_account_owner FOREIGN KEY(owner_id) REFERENCES team (id);

-- add_column.inline_references
ALTER TABLE account ADD COLUMN owner_id INTEGER;
ALTER TABLE account ADD CONSTRAINT fk_owner FOREIGN KEY(owner_id) REFERENCES team (id) ON DELETE CASCADE;

-- add_column.inline_primary_key
ALTER TABLE bare ADD COLUMN id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY;

-- add_column.check
ALTER TABLE account ADD COLUMN age INTEGER;
ALTER TABLE account ADD CONSTRAINT ck_account_age CHECK (age > 0);
ALTER TABLE account ADD COLUMN size INTEGER;
ALTER TABLE account ADD CHECK (size > 0);

-- add_column.unique_and_index
ALTER TABLE account ADD COLUMN nick VARCHAR(20);
ALTER TABLE account ADD UNIQUE (nick);
ALTER TABLE account ADD COLUMN city VARCHAR(20);
CREATE INDEX ix_account_city ON account (city);

-- add_column.comment
ALTER TABLE account ADD COLUMN nick VARCHAR(20) COMMENT 'it''s 100% short';

-- add_column.computed
ALTER TABLE account ADD COLUMN twice NUMERIC(9, 2) GENERATED ALWAYS AS (score * 2) VIRTUAL;

-- add_column.identity
ALTER TABLE bare ADD COLUMN n INTEGER NOT NULL;

-- add_column.enum
ALTER TABLE account ADD COLUMN mood ENUM('sad','ok');
ALTER TABLE account ADD COLUMN colour ENUM('red','green');

-- add_column.boolean
ALTER TABLE account ADD COLUMN active BOOL;
ALTER TABLE account ADD CONSTRAINT ck_active CHECK (active IN (0, 1));

-- add_column.expression_default
ALTER TABLE account ADD COLUMN size INTEGER DEFAULT (1 + 2);

-- add_column.quoted
CREATE TABLE `My Table` (
	a INTEGER
);
ALTER TABLE `My Table` ADD COLUMN `Group` INTEGER COMMENT 'quoted';

-- drop_column
ALTER TABLE account DROP COLUMN seen;

-- drop_column.if_exists
ALTER TABLE account DROP COLUMN IF EXISTS seen;
ALTER TABLE account DROP COLUMN IF EXISTS nothing;

-- drop_column.with_default_and_check
ALTER TABLE account DROP CONSTRAINT ck_account_score;
ALTER TABLE account DROP COLUMN score;

-- drop_column.with_foreign_key
ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX IF EXISTS fk_account_team;
ALTER TABLE account DROP COLUMN team_id;

-- alter_column.not_null
ALTER TABLE account MODIFY email VARCHAR(100) NOT NULL;

-- alter_column.null
ALTER TABLE account MODIFY name VARCHAR(50) NULL COMMENT 'what it''s called';

-- alter_column.type
ALTER TABLE account MODIFY name VARCHAR(80) NOT NULL COMMENT 'what it''s called';

-- alter_column.type_with_default
ALTER TABLE account MODIFY score NUMERIC(12, 4) NOT NULL DEFAULT '0';

-- alter_column.type_using
ALTER TABLE account MODIFY email VARCHAR(60) NULL;

-- alter_column.set_default
ALTER TABLE account ALTER COLUMN email SET DEFAULT 'a@b';
ALTER TABLE account ALTER COLUMN score SET DEFAULT 1;

-- alter_column.expression_default
ALTER TABLE account ALTER COLUMN `Order` SET DEFAULT (1 + 2);

-- alter_column.drop_default
ALTER TABLE account ALTER COLUMN score DROP DEFAULT;

-- alter_column.comment
ALTER TABLE account MODIFY email VARCHAR(100) NULL COMMENT 'it''s where we write to';
ALTER TABLE account MODIFY name VARCHAR(50) NOT NULL COMMENT 'changed';

-- alter_column.drop_comment
ALTER TABLE account MODIFY name VARCHAR(50) NOT NULL;

-- alter_column.rename
ALTER TABLE account RENAME COLUMN name TO `full name`;

-- alter_column.everything
ALTER TABLE account CHANGE email mail VARCHAR(200) NOT NULL DEFAULT 'nobody' COMMENT 'all at once';

-- alter_column.add_identity
ALTER TABLE diary MODIFY id INTEGER NOT NULL AUTO_INCREMENT;

-- alter_column.to_enum
ALTER TABLE diary MODIFY mood ENUM('sad','ok','glad') NOT NULL DEFAULT 'ok';

-- alter_column.from_enum
ALTER TABLE diary MODIFY mood VARCHAR(30) NOT NULL DEFAULT 'ok';

-- alter_column.to_computed
-- UnsupportedOperation: mariadb: alter column bare.b is not supported: a plain column cannot become a VIRTUAL one in place; drop the column and add it again

-- rename_column
ALTER TABLE account RENAME COLUMN name TO called;
ALTER TABLE account RENAME COLUMN called TO `Order by`;

-- create_primary_key
ALTER TABLE bare ADD CONSTRAINT pk_bare PRIMARY KEY (a);

-- create_unique_constraint
ALTER TABLE bare ADD CONSTRAINT uq_bare UNIQUE (a, b);

-- create_foreign_key
ALTER TABLE bare ADD CONSTRAINT fk_bare_team FOREIGN KEY(b) REFERENCES team (id) ON DELETE CASCADE;

-- create_foreign_key.deferrable
-- UnsupportedOperation: mariadb: create foreign key fk_bare_team on bare is not supported: constraint 'fk_bare_team' is deferrable, which mariadb has not

-- create_check_constraint
ALTER TABLE bare ADD CONSTRAINT ck_bare CHECK (a > 5);
ALTER TABLE bare ADD CONSTRAINT ck_bare_text CHECK (b <> 10);

-- create_exclude_constraint
-- UnsupportedOperation: mariadb: create exclude constraint ex_bare on bare is not supported: it has no exclusion constraints

-- drop_constraint.primary
ALTER TABLE bare ADD CONSTRAINT pk_bare PRIMARY KEY (a);
ALTER TABLE bare DROP PRIMARY KEY;

-- drop_constraint.unique
ALTER TABLE account DROP INDEX uq_account_email;

-- drop_constraint.foreign_key
ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX IF EXISTS fk_account_team;

-- drop_constraint.check
ALTER TABLE account DROP CONSTRAINT ck_account_score;

-- drop_constraint.kind_unknown
ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX IF EXISTS fk_account_team;
ALTER TABLE account DROP INDEX uq_account_email;
ALTER TABLE account DROP CONSTRAINT ck_account_score;

-- drop_constraint.by_columns
ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX IF EXISTS fk_account_team;
ALTER TABLE account DROP INDEX uq_account_email;

-- drop_constraint.if_exists
ALTER TABLE account DROP INDEX IF EXISTS uq_account_email;
ALTER TABLE account DROP INDEX IF EXISTS uq_nothing;
ALTER TABLE account DROP FOREIGN KEY IF EXISTS fk_nothing;
ALTER TABLE account DROP CONSTRAINT IF EXISTS ck_nothing;

-- rename_constraint.unique
ALTER TABLE account RENAME INDEX uq_account_email TO uq_mail;

-- rename_constraint.foreign_key
ALTER TABLE account DROP FOREIGN KEY fk_account_team, DROP INDEX IF EXISTS fk_account_team;
ALTER TABLE account ADD CONSTRAINT fk_team FOREIGN KEY(team_id) REFERENCES team (id);

-- rename_constraint.check
ALTER TABLE account DROP CONSTRAINT ck_account_score, ADD CONSTRAINT ck_score CHECK (score >= 0);

-- create_index
CREATE INDEX ix_account_seen ON account (seen, `Order`);
CREATE UNIQUE INDEX ix_account_team ON account (team_id, name);

-- create_index.if_not_exists
CREATE INDEX IF NOT EXISTS ix_account_name ON account (name);
CREATE INDEX IF NOT EXISTS ix_account_seen ON account (seen);

-- create_index.expression
-- UnsupportedOperation: mariadb: create index ix_account_lower on account is not supported: MariaDB indexes columns only; add a generated column with the expression and index that

-- create_index.options
CREATE INDEX ix_account_part ON account (name(10));

-- create_index.concurrently
CREATE INDEX ix_account_seen ON account (seen);

-- drop_index
DROP INDEX ix_account_name ON account;

-- drop_index.without_table
DROP INDEX ix_account_name ON account;

-- drop_index.if_exists
DROP INDEX IF EXISTS ix_account_name ON account;
DROP INDEX IF EXISTS ix_nothing ON account;

-- rename_index
ALTER TABLE account RENAME INDEX ix_account_name TO ix_called;

-- create_schema
CREATE SCHEMA em_shop;
CREATE SCHEMA IF NOT EXISTS em_shop;
DROP SCHEMA IF EXISTS em_shop;
DROP SCHEMA IF EXISTS em_shop;

-- create_sequence
CREATE SEQUENCE invoice INCREMENT BY 5 START WITH 1000;
ALTER SEQUENCE invoice INCREMENT BY 10;
DROP SEQUENCE invoice;

-- create_sequence.if_not_exists
CREATE SEQUENCE IF NOT EXISTS invoice;
DROP SEQUENCE IF EXISTS invoice;

-- add_enum_value
ALTER TABLE diary MODIFY mood ENUM('sad','ok','glad') NOT NULL DEFAULT 'ok';

-- add_enum_value.before
ALTER TABLE diary MODIFY mood ENUM('angry','sad','ok') NOT NULL DEFAULT 'ok';
ALTER TABLE diary MODIFY mood ENUM('angry','sad','tired','ok') NOT NULL DEFAULT 'ok';

-- rename_enum_value
ALTER TABLE diary MODIFY mood ENUM('sad','blue','ok') NOT NULL DEFAULT 'ok';
UPDATE diary SET mood = 'blue' WHERE mood = 'sad';
ALTER TABLE diary MODIFY mood ENUM('blue','ok') NOT NULL DEFAULT 'ok';

-- drop_enum_value
ALTER TABLE diary MODIFY mood ENUM('ok') NOT NULL DEFAULT 'ok';

-- drop_enum_value.replacement
UPDATE diary SET mood = 'ok' WHERE mood = 'sad';
ALTER TABLE diary MODIFY mood ENUM('ok') NOT NULL DEFAULT 'ok';

-- create_enum
ALTER TABLE account ADD COLUMN size ENUM('s','m','l');
ALTER TABLE account DROP COLUMN size;

-- execute
UPDATE account SET name = 'a:b' WHERE name LIKE '100%';
UPDATE account SET name='it''s' WHERE account.score > 1.5;

-- bulk_insert
CREATE TABLE stuff (
	id INTEGER NOT NULL AUTO_INCREMENT,
	name VARCHAR(50),
	day DATE,
	price NUMERIC(8, 2),
	done BOOL,
	PRIMARY KEY (id)
);
INSERT INTO stuff (id, name, day, price, done) VALUES (1, 'it''s a \\ 100% :x', '2026-01-31', 9.50, true);
INSERT INTO stuff (id, name, day, price, done) VALUES (2, NULL, NULL, NULL, false);
