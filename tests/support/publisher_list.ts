import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { Deployment } from "./deployment.ts";
import { eventually } from "./eventually.ts";

/** A row as `publishers list` prints it. */
export type ListedPublisher = Readonly<Record<string, unknown>>;

const LOOKS = 100;

/** What `publishers list` prints. */
export async function listedPublishers(deployment: Deployment): Promise<ListedPublisher[]> {
  const rows = await look(deployment);
  assert(rows !== undefined, "there is no database");
  return rows;
}

/** The rows; undefined before a service has made the database. */
async function look(deployment: Deployment): Promise<ListedPublisher[] | undefined> {
  const { code, stdout, stderr } = await deployment.run(["publishers", "list"]);
  if (code === 3 && /No database at|The database at .* is empty/.test(stderr)) return undefined;
  assert.equal(code, 0, stderr);
  return parseRows(stdout);
}

/** Looks again until the rows are as wanted; each look is a process and so takes its time. */
export async function untilListed(
  deployment: Deployment,
  isWanted: (rows: readonly ListedPublisher[]) => boolean,
): Promise<ListedPublisher[]> {
  let rows: ListedPublisher[] = [];
  for (let count = 0; count < LOOKS; count++) {
    rows = await look(deployment) ?? [];
    if (isWanted(rows)) return rows;
  }
  throw new Error(`after ${LOOKS} looks the publishers are ${JSON.stringify(rows)}`);
}

/**
 * Waits until a publisher has refreshed its row several times: only then do others know that it has a
 * short `publisher_timeout`.
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
