import assert from "node:assert/strict";
import type { NbDbDriver } from "../../drivers/contract/db.ts";
import type { Deployment } from "./deployment.ts";
import { eventually } from "./eventually.ts";
import { jsonLines } from "./lines.ts";

/** One row as `publishers list` prints it. */
export type ListedPublisher = Readonly<Record<string, unknown>>;

const LIST = ["publishers", "list"];

/** The output of `publishers list`. */
export async function listedPublishers(deployment: Deployment): Promise<ListedPublisher[]> {
  const { code, stdout, stderr } = await deployment.runHere(LIST);
  assert.equal(code, 0, stderr);
  return parseRows(stdout);
}

/** Runs `publishers list` until the rows are as wanted, also while the database does not answer. */
export async function untilListed(
  deployment: Deployment,
  isWanted: (rows: readonly ListedPublisher[]) => boolean,
): Promise<ListedPublisher[]> {
  const { stdout } = await eventually(async () => {
    const result = await deployment.runHere(LIST);
    assert(result.code === 0 || result.code === 3, result.stderr);
    return result;
  }, ({ code, stdout }) => code === 0 && isWanted(parseRows(stdout)));
  return parseRows(stdout);
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
export const parseRows = jsonLines<ListedPublisher>;
