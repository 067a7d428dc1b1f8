import assert from "node:assert/strict";
import { run } from "../../../cli/program.ts";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { HttpServer } from "../../../cli/serve/http_server.ts";
import { parseExposition } from "../../support/exposition_parser.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

const READY = { ready: true, checks: [] };

/** A service with these subscribers, the furthest behind first. */
function serving(page: unknown): HttpServer {
  return new HttpServer(listenPlain({ hostname: "127.0.0.1", port: 0 }), ({ target }) => {
    const body = JSON.stringify(target.startsWith("/peers") ? page : READY);
    return Promise.resolve({ status: 200, headers: {}, body });
  });
}

function peer(node: string | null, more: Readonly<Record<string, unknown>> = {}) {
  const backlog = { events: 0, bytes: 0 };
  const none = { backlog, skipped: 0, lost: 0, applied: null };
  return { address: "192.0.2.7:40000", node, ...none, ...more };
}

const SLOW = peer("compute-7", {
  backlog: { events: 20, bytes: 2_000 },
  applied: { behind: 1_500, ageMs: 100 },
});
const UNLUCKY = peer(null, { skipped: 3, lost: 4 });
const PAGE = { total: 3, peers: [SLOW, peer("compute-1"), UNLUCKY] };

async function checked(page: unknown, ...flags: readonly string[]) {
  await using service = serving(page);
  const io = new FakeIo({ isTerminal: !flags.includes("--output"), env: { NO_COLOR: "1" } });
  const code = await run(["check", "--url", service.url, ...flags], io);
  return { code, out: io.out.text };
}

const DETAIL = "3 connected, compute-7 is 1500 events behind, 192.0.2.7:40000 has missed 7 events";

Deno.test("run check names the slowest subscriber and the subscriber that missed the most events", async () => {
  const { code, out } = await checked(PAGE);
  assert.equal(out, `service: ok: ready\nnodes: ok: ${DETAIL}\n`);
  assert.equal(code, 0);
  assert.match((await checked({ total: 0, peers: [] })).out, /^nodes: ok: 0 connected$/m);
});

Deno.test("run check applies its limits to lag, missed events and the number of subscribers", async () => {
  const cases: readonly (readonly [flags: string[], state: string, code: number])[] = [
    [["--warn-lag", "1501"], "OK", 0],
    [["--warn-lag", "1500"], "WARNING", 1],
    [["--warn-lag", "1", "--crit-lag", "1500"], "CRITICAL", 2],
    [["--warn-lost", "7"], "WARNING", 1],
    [["--warn-lost", "8", "--crit-lost", "9"], "OK", 0],
    [["--crit-lost", "7"], "CRITICAL", 2],
    [["--warn-nodes", "3", "--crit-nodes", "3"], "OK", 0],
    [["--warn-nodes", "4"], "WARNING", 1],
    [["--crit-nodes", "4"], "CRITICAL", 2],
  ];
  for (const [flags, state, code] of cases) {
    const result = await checked(PAGE, "--output", "nagios", ...flags);
    assert.match(result.out, new RegExp(`^DF_PUBSUB ${state} - .*compute-7`), flags.join(" "));
    assert.equal(result.code, code, flags.join(" "));
  }
  assert.equal((await checked(PAGE, "--crit-lag", "1")).code, 1, "as text, critical is a failure");
});

Deno.test("run check prints the limits next to the values, for a monitoring system", async () => {
  const flags = ["--warn-lag", "2000", "--crit-lag", "9000", "--warn-nodes", "2"];
  const { out } = await checked(PAGE, "--output", "nagios", ...flags);
  assert.match(out, / nodes=3;2:;;0; lag=1500;2000;9000;0; lost=7;;;0;\n$/);
});

Deno.test("run check says that a limit cannot be judged where subscribers are not seen", async () => {
  const unseen = {
    total: 0,
    peers: [],
    reason: "the network driver does not know its subscribers",
  };
  for (const page of [unseen, READY, 7, { total: "3", peers: [] }]) {
    assert.equal((await checked(page)).out, "service: ok: ready\n");
    const { code, out } = await checked(page, "--output", "nagios", "--warn-lag", "1");
    assert.equal(code, 3);
    assert.match(out, /UNKNOWN - nodes: unknown: (?!unknown).*subscribers.*; service: ready/);
  }
});

Deno.test("run check --output prometheus prints metrics that a parser accepts", async () => {
  const { code, out } = await checked(PAGE, "--output", "prometheus", "--warn-lag", "1000");
  assert.equal(code, 0);
  const families = parseExposition(out);
  const values = (name: string) =>
    families.get(name)?.samples.map(({ labels, value }) => [labels, value]);
  assert.deepEqual(values("df_pubsub_check_state"), [[{ check: "service" }, 0], [
    { check: "nodes" },
    1,
  ]]);
  assert.deepEqual(values("df_pubsub_check_lag"), [[{ node: "compute-7" }, 1_500]]);
  assert.deepEqual(values("df_pubsub_check_nodes"), [[{}, 3]]);
  assert.equal(values("df_pubsub_check_response_time_seconds")?.length, 1);
});
