import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { Deployment } from "./deployment.ts";
import { eventually } from "./eventually.ts";

/** One row as `publishers list` prints it. */
export type ListedPublisher = Readonly<Record<string, unknown>>;

const ATTEMPTS = 100;

/** The output of `publishers list`. */
export async function listedPublishers(deployment: Deployment): Promise<ListedPublisher[]> {
  const rows = await listOnce(deployment);
  assert(rows !== undefined, "there is no database");
  return rows;
}

/** The rows, or undefined before a service has created the database. */
async function listOnce(deployment: Deployment): Promise<ListedPublisher[] | undefined> {
  const { code, stdout, stderr } = await deployment.run(["publishers", "list"]);
  if (code === 3 && /No database at|The database at .* is empty/.test(stderr)) return undefined;
  assert.equal(code, 0, stderr);
  return parseRows(stdout);
}

/**
 * Runs `publishers list` until the rows are as wanted. Each run starts a process, which takes its
 * own time.
 */
export async function untilListed(
  deployment: Deployment,
  isWanted: (rows: readonly ListedPublisher[]) => boolean,
): Promise<ListedPublisher[]> {
  let rows: ListedPublisher[] = [];
  for (let count = 0; count < ATTEMPTS; count++) {
    rows = await listOnce(deployment) ?? [];
    if (isWanted(rows)) return rows;
  }
  throw new Error(`after ${ATTEMPTS} attempts the publishers are ${JSON.stringify(rows)}`);
}

/**
 * Waits until a publisher has refreshed its row several times. Only then do others know that it has
 * a short `publisher_timeout`.
 */
export async function untilRefreshed(db: NbDbDriver, id: unknown): Promise<void> {
  const seen = new Set<unknown>();
  await eventually(async () => {
    seen.add(JSON.parse(await db.get("publisher", String(id)))["last_activity_timestamp"]);
    return seen.size;
  }, (count) => count > 5);
}

/** The rows in lines of JSON. */
export function parseRows(text: string): ListedPublisher[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
