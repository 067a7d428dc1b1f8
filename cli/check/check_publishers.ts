import { messageOf } from "../../drivers/contract/errors.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import { isRetired, type PublisherRow } from "../../service/publishers/publishers_table.ts";
import type { CheckResult } from "./check_report.ts";
import type { Composition } from "../composition.ts";
import { withTable } from "../bus/open_table.ts";

/** Checks the database and the publishers table in it, within a timeout. */
export async function checkPublishers(
  composition: Composition,
  timeoutMs: number,
): Promise<CheckResult[]> {
  const tooLate = () => {
    throw new Error(`no answer from the database within ${timeoutMs / 1000} s`);
  };
  try {
    // A late check is abandoned: it has a timeout of its own, and nothing waits for it.
    return await waitFor(look(composition), { timeoutMs }, tooLate);
  } catch (error) {
    return [{ ...result("database", "critical", messageOf(error)), isReachable: false }];
  }
}

async function look(composition: Composition): Promise<CheckResult[]> {
  return await withTable(composition, async ({ place, table }) => {
    const rows = (await table.list()).filter((row) => !isRetired(row));
    return [result("database", "ok", place), judge(rows, composition.configSource)];
  });
}

function judge(rows: readonly PublisherRow[], configSource: string): CheckResult {
  const count = (state: PublisherRow["state"]) => rows.filter((row) => row.state === state).length;
  const [alive, stale, unreadable] = [count("alive"), count("stale"), count("unreadable")];
  const detail = `${alive} alive, ${stale} stale, ${unreadable} unreadable` +
    (rows.length === 0 ? `; configuration: ${configSource}` : "");
  const state = alive === 0 ? "critical" : stale + unreadable > 0 ? "warning" : "ok";
  return {
    ...result("publishers", state, detail),
    measures: [
      { name: "publishers_alive", value: alive },
      { name: "publishers_stale", value: stale },
      { name: "publishers_unreadable", value: unreadable },
    ],
  };
}

function result(name: string, state: CheckResult["state"], detail: string): CheckResult {
  return { name, state, detail, isReachable: true, measures: [] };
}
