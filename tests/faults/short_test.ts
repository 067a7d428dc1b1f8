import assert from "node:assert/strict";
import { closes } from "./harness/ledger.ts";
import { passed, reportText } from "./harness/report.ts";
import { runScenario } from "./harness/run_scenario.ts";
import { ANNOUNCED_WITHIN_MS } from "./harness/rig.ts";
import { scenarios } from "./scenarios.ts";
import { dropEvent } from "./scenarios/dropped.ts";

/** The short form is the same in each run; `deno task faults --short` accepts any seed. */
const SEED = 20_260_401;

for (const scenario of scenarios.filter(({ hasShortForm }) => hasShortForm)) {
  Deno.test(`no event is lost silently, when ${scenario.summary}`, async () => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const outcome = await runScenario(scenario, { seed: SEED, isShort: true, say });
    if (outcome.skipped !== undefined) console.log(`${scenario.name}: not run: ${outcome.skipped}`);
    assert(passed(outcome), `${lines.join("\n")}\n${reportText([outcome])}`);
  });
}

Deno.test("dropEvent reports the loss in time, when another event follows", async () => {
  const { rows, closedAfterMs } = await dropEvent("event");
  assert(rows.every(closes), reportOf(rows));
  assert(
    closedAfterMs !== undefined && closedAfterMs <= ANNOUNCED_WITHIN_MS,
    `${closedAfterMs} ms`,
  );
});

Deno.test("dropEvent leads to a silent loss and a failed ledger, when no event follows", async () => {
  const { rows, closedAfterMs } = await dropEvent("silence");
  assert.equal(closedAfterMs, undefined);
  const outcome = { name: "dropped", seconds: 0, rows, faults: [], remarks: [] };
  assert(!passed(outcome), "the harness detects it");
  const [witness, victim] = rows;
  assert.equal(witness?.silent, 0);
  assert.equal(victim?.silent, 1);
  assert.match(reportOf(rows), /SILENT: D#\d+/);
});

function reportOf(rows: Parameters<typeof passed>[0]["rows"]): string {
  return reportText([{ name: "dropped", seconds: 0, rows, faults: [], remarks: [] }]);
}
