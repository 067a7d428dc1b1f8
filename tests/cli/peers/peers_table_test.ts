import assert from "node:assert/strict";
import { type PeerRow, peerRows, selectRows } from "../../../cli/peers/peer_row.ts";
import { peersTable } from "../../../cli/peers/peers_table.ts";

Deno.test("peerRows have the same names in the same order, for connected and disconnected subscribers", () => {
  const gone = { address: "192.0.2.10:40000", node: "a", processId: 7, version: "1.0.0" };
  const goneSince = new Date(0).toISOString();
  const report = { publisher: "p", total: 0, peers: [], gone: [{ ...gone, goneSince }] };
  const [disconnected] = peerRows(report, 0);
  assert.deepEqual(Object.keys(disconnected ?? {}), Object.keys(row("a")));
});

function row(node: string | null, more: Partial<PeerRow> = {}): PeerRow {
  const [known] = peerRows({
    publisher: "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f00aa",
    total: 1,
    peers: [{
      node,
      address: "192.0.2.10:40000",
      processId: 7,
      version: "1.0.0",
      socketType: "SUB",
      topics: ["D"],
      topicCount: 1,
      connectedAt: new Date(0).toISOString(),
      backlog: { events: 0, bytes: 0 },
      skipped: 0,
      replayed: 0,
      lost: 0,
      applied: { behind: 0, behindMs: 0, ageMs: 0 },
    }],
    gone: [],
  }, 60_000);
  assert(known !== undefined);
  return { ...known, ...more };
}

const ROWS = [
  row("level"),
  row("slow", { lagEvents: 900, lagSeconds: 12 }),
  row("reporting", { lagEvents: 1_000, lagSeconds: 1 }),
  row(null, { version: null, lagEvents: null, lagSeconds: null }),
  row("dead", { goneSince: new Date(0).toISOString(), topics: ["t"] }),
];

function names(selection: Parameters<typeof selectRows>[1]) {
  return selectRows(ROWS, selection).map(({ node }) => node);
}

Deno.test("selectRows sorts by lag, and puts disconnected subscribers first", () => {
  assert.deepEqual(names({ sort: "lag" }), ["dead", "reporting", "slow", null, "level"]);
  assert.deepEqual(names({ sort: "node" }), [null, "dead", "level", "reporting", "slow"]);
});

Deno.test("selectRows selects subscribers behind by a number, or without a number for longer than a report takes", () => {
  assert.deepEqual(names({ sort: "lag", behind: 950 }), ["dead", "reporting"]);
  assert.deepEqual(names({ sort: "lag", behind: 0 }), ["dead", "slow"]);
  assert.deepEqual(names({ sort: "lag", topic: "t" }), ["dead"]);
});

Deno.test("peersTable omits columns without room, and shows a dash for unknown values", () => {
  const wide = peersTable(ROWS, 200);
  assert.match(wide[0] ?? "", /^NODE +ADDRESS +VERSION +TOPICS +CONNECTED +BACKLOG +LAG +SKIPPED/);
  assert.match(wide[2] ?? "", /^slow .* 900 \(12 s\) /);
  assert.match(wide[4] ?? "", /^- +192\.0\.2\.10:40000 +- .* - +0 +0 +0$/);
  const narrow = peersTable(ROWS, 80);
  assert(narrow.every(({ length }) => length <= 80), narrow.join("\n"));
  assert.match(narrow[0] ?? "", /^NODE .*BACKLOG +LAG +SKIPPED/);
});
