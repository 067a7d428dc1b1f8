import type { DatabaseSync } from "node:sqlite";
import { DbUnavailable } from "../../contract/errors.ts";

/** Marks the file as ours (`PRAGMA application_id`): the letters "dfps". */
export const APPLICATION_ID = 0x64667073;

/** The layout below (`PRAGMA user_version`); a file with another is left alone. */
export const SCHEMA_VERSION = 1;

/**
 * Triggers count the writes of each table, so that writers of any version of any program are seen,
 * and `versions` keeps the count when the last row has gone.
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
 * Brings an empty file to the present layout and accepts one that has it.
 *
 * @throws {DbUnavailable} when the file belongs to another program or has
 * another layout; it is then unchanged. SQLite's errors come as they are.
 */
export function ensureSchema(database: DatabaseSync, path: string): void {
  if (hasSchema(database, path)) return;
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("BEGIN IMMEDIATE");
  if (isEmpty(database, path)) database.exec(SCHEMA);
  database.exec("COMMIT");
}

/** Whether the file has the present layout; false for an empty one. Throws as `ensureSchema` does. */
export function hasSchema(database: DatabaseSync, path: string): boolean {
  // `exec` reads first: its errors say why in every version of the runtime.
  database.exec("BEGIN; SELECT count(*) FROM sqlite_schema");
  const empty = isEmpty(database, path);
  database.exec("COMMIT");
  return !empty;
}

/** Inside a transaction, lest the answers come from before and after another process's commit. */
function isEmpty(database: DatabaseSync, path: string): boolean {
  const application = numberIn(database, "PRAGMA application_id");
  const version = numberIn(database, "PRAGMA user_version");
  const objects = numberIn(database, "SELECT count(*) FROM sqlite_schema");
  if (application === 0 && version === 0 && objects === 0) return true;
  if (application !== APPLICATION_ID) {
    throw new DbUnavailable(
      `Database "${path}": belongs to another program, wanted one of df-pubsub or no file`,
    );
  }
  if (version !== SCHEMA_VERSION) {
    throw new DbUnavailable(
      `Database "${path}": has schema version ${version}, wanted ${SCHEMA_VERSION}`,
    );
  }
  return false;
}

function numberIn(database: DatabaseSync, query: string): number {
  const [value] = Object.values(database.prepare(query).get() ?? {});
  return Number(value);
}
