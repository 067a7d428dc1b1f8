import assert from "node:assert/strict";
import { widthOf } from "../../../cli/terminal/cells.ts";
import { frameOf, plainFrameOf, type View } from "../../../cli/top/frame.ts";
import { NOW, row, viewOf } from "./top_fixture.ts";

function textsOf(view: View, columns: number, rows: number): string[] {
  return frameOf(view, { columns, rows }).map(({ text }) => text);
}

const BUSY = {
  ready: false,
  checks: [
    { name: "service", ok: true, detail: "running" },
    { name: "database", ok: false, detail: "no answer within 2 s" },
    { name: "announced", ok: true, detail: "tcp://127.0.0.1:8866", warning: "only this host" },
  ],
  publishers: [
    { id: "one", state: "alive", uri: "tcp://192.0.2.1:8866", lastActivityAt: NOW },
    { id: "two", state: "stale", uri: "tcp://192.0.2.2:8866", lastActivityAt: NOW - 300_000 },
    { id: "three", state: "unreadable", uri: null, lastActivityAt: null },
  ],
  total: 40,
  topics: [["tenant-1", 1_200], ["D", 5]],
  tables: [["lport", 12.5]],
  peers: [
    ...Array.from({ length: 38 }, (_, index) => row(`compute-${index + 10}`)),
    row("compute-7", {
      state: "behind",
      behind: 1_234_567,
      behindFor: 61,
      lost: 3,
      skipped: 4,
      replayed: 5,
    }),
    row("compute-8", { state: "gone", goneSince: NOW - 300_000 }),
  ],
};

Deno.test("frameOf fills 80x24 with head, nodes and keys, the worst node first", () => {
  const lines = textsOf(viewOf(BUSY), 80, 24);
  assert.deepEqual(lines.slice(0, 18), [
    "NOT READY   controller   df-pubsub 0.1.0, up 5 s",
    "Events/s   in 1,234   out 99   relay p50 0.123 ms   p99 -   database 1.5 ms",
    "Nodes   40 connected   1 behind   1 gone   slowest compute-7: 1.2M behind",
    "Missed   skipped 4   replayed 5   lost 3",
    "  database: no answer within 2 s",
    "  announced: tcp://127.0.0.1:8866: only this host",
    "Publishers   1 alive   1 stale   1 unreadable",
    "  stale for 5 min: two tcp://192.0.2.2:8866",
    "  unreadable: three",
    "Checks   service ok   database failed   announced ok",
    "Topics   tenant-1 1,200/s   D 5/s",
    "Tables   lport 12.5/s",
    "",
    "NODE                    STATE    BEHIND      BY  QUEUED SKIPPED REPLAYED    LOST",
    "compute-8               gone          0               0       0        0       0",
    "compute-7               behind     1.2M    61 s       0       4        5       3",
    "compute-10              current       0               0       0        0       0",
    "compute-11              current       0               0       0        0       0",
  ]);
  assert.equal(lines.length, 24);
  assert.match(lines[23] ?? "", /^q quit {3}p pause {3}s sort: state {3}r reverse {3}\/ filter/);
});

Deno.test("frameOf keeps state, rates, the worst nodes and keys in 40x10", () => {
  const lines = textsOf(viewOf(BUSY), 40, 10);
  assert.equal(lines.length, 10);
  assert.match(lines[0] ?? "", /^NOT READY {3}controller/);
  assert.equal(lines[1], "Events/s   in 1,234   out 99");
  assert.equal(lines[5], "NODE             STATE    BEHIND    LOST");
  assert.equal(lines[6], "compute-8        gone          0       0");
  assert.equal(lines[7], "compute-7        behind     1.2M       3");
  assert.match(lines[9] ?? "", /^q quit/);
});

Deno.test("frameOf shows every column in 200x50, and every node that has room", () => {
  const lines = textsOf(viewOf(BUSY), 200, 50);
  const heading = lines.findIndex((line) => line.startsWith("NODE"));
  assert.match(lines[heading] ?? "", /REPLAYED +LOST +SINCE ADDRESS$/);
  assert.match(lines[heading + 1] ?? "", /^compute-8 .* 5 min tcp:\/\/compute-8$/);
  assert.equal(lines.filter((line) => line.startsWith("compute-")).length, 50 - heading - 2);
});

Deno.test("frameOf stays within every size, when names are wide, hostile or long", () => {
  const hostile = [
    "\x1b]0;owned\x07\x1b[2J\r\n",
    "計算ノード一号機計算ノード一号機計算ノード一号機",
    "🚀".repeat(60),
    "e\u0301".repeat(30),
    `x${"\u0300".repeat(200)}`,
    "\u202egnp.exe\u200d\ufeff\u2028\u0085\x9b31m",
    "\ud800",
    "long".repeat(200),
  ];
  const name = hostile.join("");
  const view = viewOf({
    about: { host: name, version: name, startedAt: "x" },
    checks: hostile.map((each) => ({ name: each, ok: false, detail: each, warning: each })),
    publishers: hostile.map((each) => ({ id: each, state: each, uri: each, lastActivityAt: NOW })),
    topics: hostile.map((each) => [each, 1e300]),
    reason: name,
    peers: hostile.map((each) => row(each, { behind: 1e300, since: -1e300, behindFor: 1e300 })),
  }, { outage: name, filter: "" });
  for (const [columns, rows] of [[80, 24], [40, 10], [200, 50], [20, 5], [1, 1]] as const) {
    for (const shown of [view, { ...view, filter: name, isTyping: true }]) {
      const lines = textsOf(shown, columns, rows);
      assert.equal(lines.length, rows);
      for (const line of [...lines, ...plainFrameOf(shown, columns).map(({ text }) => text)]) {
        assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
        assert(widthOf(line) <= columns, `${columns}: ${line}`);
      }
    }
  }
});

Deno.test("frameOf shows an outage, a pause, and the filter that is typed", () => {
  const outage = "NO CONNECTION for 5 s: connection refused";
  const [title] = frameOf(viewOf({}, { outage, isPaused: true }), { columns: 80, rows: 24 });
  assert.equal(title?.text.startsWith(`PAUSED   ${outage}   controller`), true);
  assert.equal(title?.style, "bad");
  const typing = viewOf(BUSY, { filter: "GONE", isTyping: true });
  const lines = textsOf(typing, 80, 24);
  assert.equal(lines.at(-1), "Filter: GONE_   Enter: keep   Esc: all");
  assert.deepEqual(
    lines.filter((line) => line.startsWith("compute-")).map((line) => line.slice(0, 9)),
    ["compute-8"],
  );
});

Deno.test("frameOf sorts, reverses and scrolls, at most to the last node", () => {
  const named = (view: Partial<View>) =>
    textsOf(viewOf(BUSY, view), 80, 24).filter((line) => /^compute-/.test(line))
      .map((line) => /^\S+/.exec(line)?.[0]);
  assert.equal(named({ sort: "lost" })[0], "compute-7");
  assert.equal(named({ sort: "node", isReversed: true })[0], "compute-8");
  assert.equal(named({ sort: "node", offset: 1 })[0], "compute-11");
  const last = named({ sort: "node", offset: 1_000 });
  assert.equal(last.at(-1), "compute-8");
  assert.equal(last.length, 9);
});

Deno.test("plainFrameOf has every node, and no keys", () => {
  const lines = plainFrameOf(viewOf(BUSY), 80).map(({ text }) => text);
  assert.equal(lines.filter((line) => line.startsWith("compute-")).length, 40);
  assert.doesNotMatch(lines.join("\n"), /quit/);
});
