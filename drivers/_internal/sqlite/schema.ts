import type { DatabaseSync } from "node:sqlite";
import { DbUnavailable } from "../../contract/errors.ts";

/** Marks the file as ours (`PRAGMA application_id`): the letters "dfps". */
const APPLICATION_ID = 0x64667073;

/** The version of the schema below (`PRAGMA user_version`); a file with another one is refused. */
const SCHEMA_VERSION = 1;

/**
 * Triggers count the writes of each table, so that writes of any version of any program count, and
 * `versions` keeps the count when the last row is gone.
 */
const SCHEMA = `
  CREATE TABLE northbound (
    table_name TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    topic TEXT,
    PRIMARY KEY (table_name, key)
  ) STRICT;
  CREATE INDEX northbound_by_topic ON northbound (table_name, topic, key);
  CREATE TABLE versions (table_name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  ${countingTrigger("INSERT", "NEW")}
  ${countingTrigger("UPDATE", "NEW")}
  ${countingTrigger("DELETE", "OLD")}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

function countingTrigger(event: string, row: string): string {
  return `CREATE TRIGGER count_${event.toLowerCase()} AFTER ${event} ON northbound BEGIN
    INSERT INTO versions VALUES (${row}.table_name, 1)
    ON CONFLICT (table_name) DO UPDATE SET version = version + 1;
  END;`;
}

/**
 * Creates the schema in an empty file, and accepts a file that has it.
 *
 * @throws {DbUnavailable} if the file belongs to another program or has another schema; it is then
 * unchanged. SQLite's errors are not translated.
 */
export function ensureSchema(database: DatabaseSync, path: string): void {
  if (hasSchema(database, path)) return;
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("BEGIN IMMEDIATE");
  if (isEmpty(database, path)) database.exec(SCHEMA);
  database.exec("COMMIT");
}

/** Whether the file has the current schema; false for an empty file. Throws like `ensureSchema`. */
export function hasSchema(database: DatabaseSync, path: string): boolean {
  // `exec` reads first, because its errors contain the reason in every version of the runtime.
  database.exec("BEGIN; SELECT count(*) FROM sqlite_schema");
  const empty = isEmpty(database, path);
  database.exec("COMMIT");
  return !empty;
}

/** Inside a transaction, so that all values are from before or after another process's commit. */
function isEmpty(database: DatabaseSync, path: string): boolean {
  const application = numberIn(database, "PRAGMA application_id");
  const version = numberIn(database, "PRAGMA user_version");
  const objects = numberIn(database, "SELECT count(*) FROM sqlite_schema");
  if (application === 0 && version === 0 && objects === 0) return true;
  if (application !== APPLICATION_ID) {
    throw new DbUnavailable(
      `Database "${path}" belongs to another program, wanted a database of df-pubsub or no file`,
    );
  }
  if (version !== SCHEMA_VERSION) {
    throw new DbUnavailable(
      `Database "${path}" has schema version ${version}, wanted ${SCHEMA_VERSION}`,
    );
  }
  return false;
}

function numberIn(database: DatabaseSync, query: string): number {
  const [value] = Object.values(database.prepare(query).get() ?? {});
  return Number(value);
}
