import { dirname } from "node:path";
import { freeBytes } from "../../drivers/host.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { isRetired, type PublisherRow } from "../../service/publishers/publishers_table.ts";
import { type OpenedTable, withTable } from "../bus/open_table.ts";
import type { Composition } from "../composition.ts";
import { importantValues } from "./examine_configuration.ts";
import { type Examination, type Finding, inTime, millis } from "./finding.ts";

/** The content of the database, and what is wrong with it. */
export interface DatabaseExamination extends Examination {
  /** The publishers table; undefined if it cannot be read. */
  readonly rows: readonly PublisherRow[] | undefined;
  /** Whether other hosts read the same table. */
  readonly isShared: boolean;
}

const MIN_FREE_BYTES = 64 * 2 ** 20;

/** Reads the publishers table twice. @throws {Error} if the database cannot be reached */
export async function examineDatabase(
  composition: Composition,
  timeoutMs: number,
): Promise<DatabaseExamination> {
  return await inTime(withTable(composition, look), timeoutMs);
}

async function look({ place, db, table }: OpenedTable): Promise<DatabaseExamination> {
  await table.list();
  const start = performance.now();
  const rows = (await table.list()).filter((row) => !isRetired(row));
  const took = millis(performance.now() - start);
  const count = (state: PublisherRow["state"]) => rows.filter((row) => row.state === state).length;
  const counts = `${count("alive")} alive, ${count("stale")} stale, ${
    count("unreadable")
  } unreadable`;
  return {
    rows,
    isShared: (db.reach ?? "network") === "network",
    looks: [
      { subject: "database", detail: `${place}: read in ${took}` },
      { subject: "table", detail: `publishers: ${counts}` },
    ],
    findings: [],
  };
}

/** Examines the disk of an embedded database, also if the database cannot be read. */
export function examineDisk(config: EffectiveConfig): Examination {
  const path = importantValues(config).find(({ option }) => option === "[df] sqlite_path")?.value;
  const free = path === undefined ? undefined : freeBytes(dirname(path));
  if (path === undefined || free === undefined) return { looks: [], findings: [] };
  const looks = [{ subject: "disk", detail: `${mebibytes(free)} free under "${path}"` }];
  if (free >= MIN_FREE_BYTES) return { looks, findings: [] };
  const finding: Finding = {
    severity: free === 0 ? "critical" : "warning",
    subject: path,
    what: `Only ${mebibytes(free)} are free under the database "${path}"`,
    why: "When the disk is full, no row can be written: publishers become stale, and changes fail.",
    advice: `Free at least ${mebibytes(MIN_FREE_BYTES)}, or move the database: [df] sqlite_path.`,
  };
  return { looks, findings: [finding] };
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
}
