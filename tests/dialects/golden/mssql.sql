-- create_table
CREATE TABLE item (
	id BIGINT NOT NULL IDENTITY,
	code VARCHAR(20) NULL,
	label VARCHAR(20) NULL,
	team_id INTEGER NULL,
	PRIMARY KEY (id),
	UNIQUE (code),
	CONSTRAINT fk_item_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE CASCADE
);
GO
CREATE INDEX ix_item_label ON item (label);
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'item') AND minor_id = 0 AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'things 100%', N'SCHEMA', @embedmig, N'TABLE', N'item'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'things 100%', N'SCHEMA', @embedmig, N'TABLE', N'item';
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'item') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'item'), N'label', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'shown to people', N'SCHEMA', @embedmig, N'TABLE', N'item', N'COLUMN', N'label'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'shown to people', N'SCHEMA', @embedmig, N'TABLE', N'item', N'COLUMN', N'label';
GO

-- create_table.if_not_exists
IF NOT (OBJECT_ID(N'item') IS NOT NULL)
BEGIN
EXEC(N'CREATE TABLE item (
	id INTEGER NOT NULL IDENTITY,
	label VARCHAR(20) NULL,
	PRIMARY KEY (id)
)');
EXEC(N'CREATE INDEX ix_item_label ON item (label)');
END;
GO

-- create_table.if_not_exists_already_there
IF NOT (OBJECT_ID(N'team') IS NOT NULL)
BEGIN
EXEC(N'CREATE TABLE team (
	id INTEGER NOT NULL IDENTITY,
	label VARCHAR(20) NULL,
	PRIMARY KEY (id)
)');
END;
GO

-- create_table.generated
CREATE TABLE item (
	id INTEGER NOT NULL IDENTITY(10,1),
	net INTEGER NOT NULL,
	gross AS (net + 1) PERSISTED,
	PRIMARY KEY (id)
);
GO

-- create_table.checks
CREATE TABLE item (
	id INTEGER NOT NULL,
	a INTEGER NULL CONSTRAINT ck_item_a CHECK (a > 0),
	b INTEGER NULL CHECK (b > 0),
	on_sale BIT NULL,
	PRIMARY KEY (id)
);
GO

-- create_table.enum
CREATE TABLE item (
	id INTEGER NOT NULL,
	colour VARCHAR(5) NULL,
	mood VARCHAR(20) NULL,
	PRIMARY KEY (id),
	CONSTRAINT colour CHECK (colour IN ('red', 'green')),
	CONSTRAINT mood CHECK (mood IN ('sad', 'ok'))
);
GO

-- create_table.schema
CREATE SCHEMA [em Shop];
GO
CREATE TABLE [em Shop].[Order] (
	id INTEGER NOT NULL,
	[Select] VARCHAR(20) NULL,
	PRIMARY KEY (id)
);
GO
CREATE INDEX [ix Order] ON [em Shop].[Order] ([Select]);
GO
DECLARE @embedmig sysname = N'em Shop';
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'[em Shop].[Order]') AND minor_id = 0 AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'orders', N'SCHEMA', @embedmig, N'TABLE', N'Order'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'orders', N'SCHEMA', @embedmig, N'TABLE', N'Order';
GO
DECLARE @embedmig sysname = N'em Shop';
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'[em Shop].[Order]') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'[em Shop].[Order]'), N'Select', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'it''s quoted', N'SCHEMA', @embedmig, N'TABLE', N'Order', N'COLUMN', N'Select'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'it''s quoted', N'SCHEMA', @embedmig, N'TABLE', N'Order', N'COLUMN', N'Select';
GO
DROP TABLE [em Shop].[Order];
GO
DROP SCHEMA [em Shop];
GO

-- create_table.options
CREATE TABLE item (
	id INTEGER NOT NULL,
	PRIMARY KEY (id)
);
GO

-- drop_table
DROP TABLE account;
GO

-- drop_table.if_exists
DROP TABLE IF EXISTS account;
GO
DROP TABLE IF EXISTS nowhere;
GO

-- drop_table.enum
DROP TABLE diary;
GO

-- rename_table
EXEC sp_rename N'account', N'user account', N'OBJECT';
GO

-- create_table_comment
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'team') AND minor_id = 0 AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'it''s a \ 100% :team', N'SCHEMA', @embedmig, N'TABLE', N'team'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'it''s a \ 100% :team', N'SCHEMA', @embedmig, N'TABLE', N'team';
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = 0 AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'another one', N'SCHEMA', @embedmig, N'TABLE', N'account'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'another one', N'SCHEMA', @embedmig, N'TABLE', N'account';
GO

-- drop_table_comment
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = 0 AND name = N'MS_Description')
EXEC sys.sp_dropextendedproperty N'MS_Description', N'SCHEMA', @embedmig, N'TABLE', N'account';
GO

-- alter_table_options
-- nothing to do

-- batch_alter_table
ALTER TABLE account ADD nick VARCHAR(20) NULL;
GO
ALTER TABLE account ALTER COLUMN email VARCHAR(100) NOT NULL;
GO
ALTER TABLE account ALTER COLUMN name VARCHAR(80) NOT NULL;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'seen';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN seen;
GO
EXEC sp_rename N'account.[Order]', N'rank', N'COLUMN';
GO
CREATE INDEX ix_account_nick ON account (nick);
GO
ALTER TABLE account ADD CONSTRAINT ck_account_team CHECK (team_id > 0);
GO

-- batch_alter_table.one_column_twice
ALTER TABLE account ALTER COLUMN email VARCHAR(100) NOT NULL;
GO
ALTER TABLE account ALTER COLUMN email VARCHAR(200) NOT NULL;
GO
EXEC sp_rename N'account.email', N'mail', N'COLUMN';
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'account'), N'mail', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'where to write to', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'mail'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'where to write to', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'mail';
GO

-- batch_alter_table.replace_constraint
ALTER TABLE account DROP CONSTRAINT ck_account_score;
GO
ALTER TABLE account ADD CONSTRAINT ck_account_score CHECK (score > 1);
GO
ALTER TABLE account DROP CONSTRAINT fk_account_team;
GO
ALTER TABLE account ADD CONSTRAINT fk_account_team FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE SET NULL;
GO

-- add_column
ALTER TABLE account ADD nick VARCHAR(20) NULL;
GO
ALTER TABLE account ADD age INTEGER NOT NULL DEFAULT '7';
GO

-- add_column.if_not_exists
IF NOT (COL_LENGTH(N'account', N'nick') IS NOT NULL)
BEGIN
EXEC(N'ALTER TABLE account ADD nick VARCHAR(20) NULL');
END;
GO
IF NOT (COL_LENGTH(N'account', N'name') IS NOT NULL)
BEGIN
EXEC(N'ALTER TABLE account ADD name VARCHAR(20) NULL');
END;
GO

-- add_column.foreign_key
ALTER TABLE account ADD owner_id INTEGER NULL;
GO
ALTER TABLE account ADD CONSTRAINT fk_account_owner FOREIGN KEY(owner_id) REFERENCES team (id);
GO

-- add_column.inline_references
ALTER TABLE account ADD owner_id INTEGER NULL CONSTRAINT fk_owner REFERENCES team (id) ON DELETE CASCADE;
GO

-- add_column.inline_primary_key
ALTER TABLE bare ADD id INTEGER NOT NULL IDENTITY PRIMARY KEY;
GO

-- add_column.check
ALTER TABLE account ADD age INTEGER NULL CONSTRAINT ck_account_age CHECK (age > 0);
GO
ALTER TABLE account ADD size INTEGER NULL CHECK (size > 0);
GO

-- add_column.unique_and_index
ALTER TABLE account ADD nick VARCHAR(20) NULL;
GO
ALTER TABLE account ADD UNIQUE (nick);
GO
ALTER TABLE account ADD city VARCHAR(20) NULL;
GO
CREATE INDEX ix_account_city ON account (city);
GO

-- add_column.comment
ALTER TABLE account ADD nick VARCHAR(20) NULL;
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'account'), N'nick', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'it''s 100% short', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'nick'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'it''s 100% short', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'nick';
GO

-- add_column.computed
ALTER TABLE account ADD twice AS (score * 2);
GO

-- add_column.identity
ALTER TABLE bare ADD n INTEGER NOT NULL IDENTITY(5,1);
GO

-- add_column.enum
ALTER TABLE account ADD mood VARCHAR(20) NULL;
GO
ALTER TABLE account ADD CONSTRAINT mood CHECK (mood IN ('sad', 'ok'));
GO
ALTER TABLE account ADD colour VARCHAR(5) NULL;
GO

-- add_column.boolean
ALTER TABLE account ADD active BIT NULL;
GO

-- add_column.expression_default
ALTER TABLE account ADD size INTEGER NULL DEFAULT 1 + 2;
GO

-- add_column.quoted
CREATE TABLE [My Table] (
	a INTEGER NULL
);
GO
ALTER TABLE [My Table] ADD [Group] INTEGER NULL;
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'[My Table]') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'[My Table]'), N'Group', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'quoted', N'SCHEMA', @embedmig, N'TABLE', N'My Table', N'COLUMN', N'Group'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'quoted', N'SCHEMA', @embedmig, N'TABLE', N'My Table', N'COLUMN', N'Group';
GO

-- drop_column
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'seen';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN seen;
GO

-- drop_column.if_exists
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'seen';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN IF EXISTS seen;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'nothing';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN IF EXISTS nothing;
GO

-- drop_column.with_default_and_check
ALTER TABLE account DROP CONSTRAINT ck_account_score;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.check_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND (COL_NAME(c.parent_object_id, c.parent_column_id) = N'score' OR c.definition LIKE N'%[[]score]%');
EXEC sp_executesql @embedmig;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'score';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN score;
GO

-- drop_column.with_foreign_key
ALTER TABLE account DROP CONSTRAINT fk_account_team;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.foreign_keys AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND EXISTS (SELECT 1 FROM sys.foreign_key_columns AS k WHERE k.constraint_object_id = c.object_id AND COL_NAME(c.parent_object_id, k.parent_column_id) = N'team_id');
EXEC sp_executesql @embedmig;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'team_id';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN team_id;
GO

-- alter_column.not_null
ALTER TABLE account ALTER COLUMN email VARCHAR(100) NOT NULL;
GO

-- alter_column.null
ALTER TABLE account ALTER COLUMN name VARCHAR(50) NULL;
GO

-- alter_column.type
ALTER TABLE account ALTER COLUMN name VARCHAR(80) NOT NULL;
GO

-- alter_column.type_with_default
ALTER TABLE account ALTER COLUMN score NUMERIC(12, 4) NOT NULL;
GO

-- alter_column.type_using
ALTER TABLE account ALTER COLUMN email VARCHAR(60) NULL;
GO

-- alter_column.set_default
ALTER TABLE account ADD DEFAULT 'a@b' FOR email;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'score';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account ADD DEFAULT 1 FOR score;
GO

-- alter_column.expression_default
ALTER TABLE account ADD DEFAULT (1 + 2) FOR [Order];
GO

-- alter_column.drop_default
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'score';
EXEC sp_executesql @embedmig;
GO

-- alter_column.comment
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'account'), N'email', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'it''s where we write to', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'email'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'it''s where we write to', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'email';
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'account'), N'name', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'changed', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'name'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'changed', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'name';
GO

-- alter_column.drop_comment
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'account'), N'name', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_dropextendedproperty N'MS_Description', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'name';
GO

-- alter_column.rename
EXEC sp_rename N'account.name', N'full name', N'COLUMN';
GO

-- alter_column.everything
ALTER TABLE account ALTER COLUMN email VARCHAR(200) NOT NULL;
GO
ALTER TABLE account ADD DEFAULT 'nobody' FOR email;
GO
DECLARE @embedmig sysname = SCHEMA_NAME();
IF EXISTS (SELECT 1 FROM sys.extended_properties WHERE class = 1 AND major_id = OBJECT_ID(N'account') AND minor_id = COLUMNPROPERTY(OBJECT_ID(N'account'), N'email', 'ColumnId') AND name = N'MS_Description')
EXEC sys.sp_updateextendedproperty N'MS_Description', N'all at once', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'email'
ELSE
EXEC sys.sp_addextendedproperty N'MS_Description', N'all at once', N'SCHEMA', @embedmig, N'TABLE', N'account', N'COLUMN', N'email';
GO
EXEC sp_rename N'account.email', N'mail', N'COLUMN';
GO

-- alter_column.add_identity
-- UnsupportedOperation: mssql: alter column diary.id is not supported: SQL Server can neither give nor take IDENTITY from a column that exists; add a new column, copy the rows, and drop the old one

-- alter_column.to_enum
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ALTER COLUMN mood VARCHAR(20) NOT NULL;
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'glad'));
GO

-- alter_column.from_enum
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ALTER COLUMN mood VARCHAR(30) NOT NULL;
GO

-- alter_column.to_computed
-- UnsupportedOperation: mssql: alter column bare.b is not supported: whether and how a column is generated cannot be changed in place; drop the column and add it again

-- rename_column
EXEC sp_rename N'account.name', N'called', N'COLUMN';
GO
EXEC sp_rename N'account.called', N'Order by', N'COLUMN';
GO

-- create_primary_key
ALTER TABLE bare ADD CONSTRAINT pk_bare PRIMARY KEY (a);
GO

-- create_unique_constraint
ALTER TABLE bare ADD CONSTRAINT uq_bare UNIQUE (a, b);
GO

-- create_foreign_key
ALTER TABLE bare ADD CONSTRAINT fk_bare_team FOREIGN KEY(b) REFERENCES team (id) ON DELETE CASCADE;
GO

-- create_foreign_key.deferrable
-- UnsupportedOperation: mssql: create foreign key fk_bare_team on bare is not supported: constraint 'fk_bare_team' is deferrable, which mssql has not

-- create_check_constraint
ALTER TABLE bare ADD CONSTRAINT ck_bare CHECK (a > 5);
GO
ALTER TABLE bare ADD CONSTRAINT ck_bare_text CHECK (b <> 10);
GO

-- create_exclude_constraint
-- UnsupportedOperation: mssql: create exclude constraint ex_bare on bare is not supported: it has no exclusion constraints

-- drop_constraint.primary
ALTER TABLE bare ADD CONSTRAINT pk_bare PRIMARY KEY (a);
GO
ALTER TABLE bare DROP CONSTRAINT pk_bare;
GO

-- drop_constraint.unique
ALTER TABLE account DROP CONSTRAINT uq_account_email;
GO

-- drop_constraint.foreign_key
ALTER TABLE account DROP CONSTRAINT fk_account_team;
GO

-- drop_constraint.check
ALTER TABLE account DROP CONSTRAINT ck_account_score;
GO

-- drop_constraint.kind_unknown
ALTER TABLE account DROP CONSTRAINT fk_account_team;
GO
ALTER TABLE account DROP CONSTRAINT uq_account_email;
GO
ALTER TABLE account DROP CONSTRAINT ck_account_score;
GO

-- drop_constraint.by_columns
ALTER TABLE account DROP CONSTRAINT fk_account_team;
GO
ALTER TABLE account DROP CONSTRAINT uq_account_email;
GO

-- drop_constraint.if_exists
ALTER TABLE account DROP CONSTRAINT IF EXISTS uq_account_email;
GO
ALTER TABLE account DROP CONSTRAINT IF EXISTS uq_nothing;
GO
ALTER TABLE account DROP CONSTRAINT IF EXISTS fk_nothing;
GO
ALTER TABLE account DROP CONSTRAINT IF EXISTS ck_nothing;
GO

-- rename_constraint.unique
EXEC sp_rename N'uq_account_email', N'uq_mail', N'OBJECT';
GO

-- rename_constraint.foreign_key
EXEC sp_rename N'fk_account_team', N'fk_team', N'OBJECT';
GO

-- rename_constraint.check
EXEC sp_rename N'ck_account_score', N'ck_score', N'OBJECT';
GO

-- create_index
CREATE INDEX ix_account_seen ON account (seen, [Order]);
GO
CREATE UNIQUE INDEX ix_account_team ON account (team_id, name);
GO

-- create_index.if_not_exists
IF NOT (EXISTS (SELECT 1 FROM sys.indexes WHERE name = N'ix_account_name' AND object_id = OBJECT_ID(N'account')))
BEGIN
EXEC(N'CREATE INDEX ix_account_name ON account (name)');
END;
GO
IF NOT (EXISTS (SELECT 1 FROM sys.indexes WHERE name = N'ix_account_seen' AND object_id = OBJECT_ID(N'account')))
BEGIN
EXEC(N'CREATE INDEX ix_account_seen ON account (seen)');
END;
GO

-- create_index.expression
-- UnsupportedOperation: mssql: create index ix_account_lower on account is not supported: SQL Server indexes columns only; add a computed column with the expression and index that

-- create_index.options
CREATE INDEX ix_account_part ON account (name) INCLUDE (email) WHERE score > 5;
GO

-- create_index.concurrently
CREATE INDEX ix_account_seen ON account (seen);
GO

-- drop_index
DROP INDEX ix_account_name ON account;
GO

-- drop_index.without_table
DROP INDEX ix_account_name ON account;
GO

-- drop_index.if_exists
DROP INDEX IF EXISTS ix_account_name ON account;
GO
DROP INDEX IF EXISTS ix_nothing ON account;
GO

-- rename_index
EXEC sp_rename N'account.ix_account_name', N'ix_called', N'INDEX';
GO

-- create_schema
CREATE SCHEMA em_shop;
GO
IF NOT (SCHEMA_ID(N'em_shop') IS NOT NULL)
BEGIN
EXEC(N'CREATE SCHEMA em_shop');
END;
GO
DROP SCHEMA IF EXISTS em_shop;
GO
DROP SCHEMA IF EXISTS em_shop;
GO

-- create_sequence
CREATE SEQUENCE invoice INCREMENT BY 5 START WITH 1000;
GO
ALTER SEQUENCE invoice INCREMENT BY 10;
GO
DROP SEQUENCE invoice;
GO

-- create_sequence.if_not_exists
IF NOT (OBJECT_ID(N'invoice') IS NOT NULL)
BEGIN
EXEC(N'CREATE SEQUENCE invoice');
END;
GO
DROP SEQUENCE IF EXISTS invoice;
GO

-- add_enum_value
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('sad', 'ok', 'glad'));
GO

-- add_enum_value.before
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('angry', 'sad', 'ok'));
GO
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('angry', 'sad', 'tired', 'ok'));
GO

-- rename_enum_value
ALTER TABLE diary DROP CONSTRAINT mood;
GO
UPDATE diary SET mood = 'blue' WHERE mood = 'sad';
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('blue', 'ok'));
GO

-- drop_enum_value
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('ok'));
GO

-- drop_enum_value.replacement
UPDATE diary SET mood = 'ok' WHERE mood = 'sad';
GO
ALTER TABLE diary DROP CONSTRAINT mood;
GO
ALTER TABLE diary ADD CONSTRAINT mood CHECK (mood IN ('ok'));
GO

-- create_enum
ALTER TABLE account ADD size VARCHAR(1) NULL;
GO
DECLARE @embedmig nvarchar(max) = N'';
SELECT @embedmig += N'ALTER TABLE account DROP CONSTRAINT ' + QUOTENAME(c.name) + N';'
FROM sys.default_constraints AS c
WHERE c.parent_object_id = OBJECT_ID(N'account')
AND COL_NAME(c.parent_object_id, c.parent_column_id) = N'size';
EXEC sp_executesql @embedmig;
GO
ALTER TABLE account DROP COLUMN size;
GO

-- execute
UPDATE account SET name = 'a:b' WHERE name LIKE '100%';
GO
UPDATE account SET name='it''s' WHERE account.score > 1.5;
GO

-- bulk_insert
CREATE TABLE stuff (
	id INTEGER NOT NULL IDENTITY,
	name VARCHAR(50) NULL,
	day DATE NULL,
	price NUMERIC(8, 2) NULL,
	done BIT NULL,
	PRIMARY KEY (id)
);
GO
SET IDENTITY_INSERT stuff ON;
GO
INSERT INTO stuff (id, name, day, price, done) VALUES (1, 'it''s a \ 100% :x', '2026-01-31', 9.50, 1);
GO
INSERT INTO stuff (id, name, day, price, done) VALUES (2, NULL, NULL, NULL, 0);
GO
SET IDENTITY_INSERT stuff OFF;
GO
