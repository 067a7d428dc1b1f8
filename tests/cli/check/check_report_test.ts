import assert from "node:assert/strict";
import {
  type CheckResult,
  type CheckState,
  exitCodeFor,
  jsonReport,
  pluginCodeFor,
  pluginLine,
  pluginReport,
  textReport,
  worstState,
} from "../../../cli/check/check_report.ts";

function result(name: string, state: CheckState, more: Partial<CheckResult> = {}): CheckResult {
  return { name, state, detail: `${name} it is`, isReachable: true, measures: [], ...more };
}

const SERVICE = result("service", "ok", {
  measures: [{ name: "response_time", value: 0.012, unit: "s" }],
});
const STALE = result("publishers", "warning", {
  detail: "1 | 2\n3",
  measures: [{ name: "publishers_alive", value: 1 }],
});

Deno.test("worstState is the worst of all states, and unknown for none", () => {
  const states: readonly CheckState[] = ["ok", "warning", "unknown", "critical"];
  for (const [index, state] of states.entries()) {
    assert.equal(worstState(states.slice(0, index + 1).map((each) => result("a", each))), state);
  }
  assert.equal(worstState([]), "unknown");
});

Deno.test("exitCodeFor distinguishes a failure from an unreachable dependency, and ignores a warning", () => {
  const gone = result("a", "critical", { isReachable: false });
  assert.equal(exitCodeFor([result("a", "ok"), result("b", "warning")]), 0);
  assert.equal(exitCodeFor([result("a", "ok"), result("b", "critical")]), 1);
  assert.equal(exitCodeFor([result("a", "unknown")]), 1);
  assert.equal(exitCodeFor([result("a", "critical"), gone]), 3);
});

Deno.test("pluginReport is one line with performance data, whatever the details contain", () => {
  assert.equal(
    pluginReport([SERVICE, STALE]),
    "DF_PUBSUB WARNING - publishers: warning: 1 / 2 3; service: service it is" +
      " | response_time=0.012s;;;0; publishers_alive=1;;;0;\n",
  );
  assert.equal(pluginLine("unknown", "a\x1b\nb"), "DF_PUBSUB UNKNOWN - a\\x1b b\n");
  const codes = (["ok", "warning", "critical", "unknown"] as const).map(pluginCodeFor);
  assert.deepEqual(codes, [0, 1, 2, 3]);
});

Deno.test("pluginReport begins with the checks that are not ok, the worst first", () => {
  const states = ["ok", "warning", "critical", "ok", "unknown"] as const;
  const results = states.map((state, index) => result(`c${index}`, state, { detail: "it" }));
  assert.equal(
    pluginReport(results),
    "DF_PUBSUB CRITICAL - c2: critical: it; c4: unknown: it; c1: warning: it; c0: it; c3: it\n",
  );
});

Deno.test("textReport has one line and jsonReport one object per check", () => {
  const results = [SERVICE, STALE];
  assert.equal(
    textReport(results),
    "service: ok: service it is\npublishers: warning: 1 | 2\\x0a3\n",
  );
  assert.deepEqual(JSON.parse(jsonReport(results)), {
    state: "warning",
    checks: [
      { name: "service", state: "ok", detail: "service it is" },
      { name: "publishers", state: "warning", detail: "1 | 2\n3" },
    ],
    measures: { response_time: 0.012, publishers_alive: 1 },
  });
});
