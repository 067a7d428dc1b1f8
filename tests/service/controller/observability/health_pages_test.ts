import assert from "node:assert/strict";
import {
  answerPage,
  type PageSource,
} from "../../../../service/controller/observability/health_pages.ts";
import { nothingKnown } from "../../../../service/controller/observability/applied_queries.ts";
import { gauge } from "../../../../service/controller/observability/metric.ts";
import { nothingSearched } from "../../../../service/protocol/row_events.ts";
import { readinessOf } from "../../../../service/controller/observability/readiness.ts";

const GOOD: PageSource = {
  isAlive: true,
  readiness: () => Promise.resolve(readinessOf([{ name: "database", ok: true, detail: "sqlite" }])),
  metrics: () => [gauge("a", { help: "A", value: 1 })],
  peers: (limit) =>
    Promise.resolve({ publisher: "a", total: 0, peers: [], gone: [], reason: `at most ${limit}` }),
  rowEvents: (query) => Promise.resolve({ ...nothingSearched("a"), next: query.key }),
  applied: (query) => Promise.resolve(nothingKnown("a", query, JSON.stringify(query))),
};

const BAD: PageSource = {
  ...GOOD,
  isAlive: false,
  readiness: () =>
    Promise.resolve(readinessOf([
      { name: "service", ok: true, detail: "running" },
      { name: "database", ok: false, detail: "cannot open\n it" },
    ])),
};

async function get(target: string, source = GOOD, more = {}) {
  const response = await answerPage({ method: "GET", target, accept: "", ...more }, source);
  return { ...response, body: [response.body].flat().join("") };
}

Deno.test("answerPage answers /livez with ok, or with 503 when only a restart helps", async () => {
  assert.deepEqual(await get("/livez"), {
    status: 200,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    body: "ok\n",
  });
  const { status, body } = await get("/livez", BAD);
  assert.deepEqual([status, body], [503, "the relay has ended\n"]);
});

Deno.test("answerPage answers /readyz with one line per dependency", async () => {
  const good = await get("/readyz");
  assert.deepEqual([good.status, good.body], [200, "ready\ndatabase: ok: sqlite\n"]);
  const bad = await get("/readyz?verbose", BAD);
  assert.deepEqual([bad.status, bad.body], [
    503,
    "not ready\nservice: ok: running\ndatabase: failed: cannot open it\n",
  ]);
});

Deno.test("answerPage answers /readyz as JSON, when the query or the header requests it", async () => {
  const requests = [
    await get("/readyz?format=json", BAD),
    await get("/readyz", BAD, { accept: "text/html, Application/JSON" }),
  ];
  for (const { status, headers, body } of requests) {
    assert.equal(status, 503);
    assert.equal(headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(body), await BAD.readiness());
  }
  const text = await get("/readyz?format=text", GOOD, { accept: "application/json" });
  assert.match(text.body, /^ready\n/);
});

Deno.test("answerPage answers /metrics in the text format", async () => {
  const { status, headers, body } = await get("/metrics");
  assert.equal(status, 200);
  assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(body, "# HELP a A\n# TYPE a gauge\na 1\n");
});

Deno.test("answerPage answers /peers with JSON, limited by the query and by the page's maximum", async () => {
  const { status, headers, body } = await get("/peers");
  assert.deepEqual([status, headers["content-type"]], [200, "application/json"]);
  assert.deepEqual(JSON.parse(body), await GOOD.peers(1_000));
  const requests = async (limit: string) =>
    JSON.parse((await get(`/peers?limit=${limit}`)).body).reason;
  assert.deepEqual([await requests("7"), await requests("5000")], ["at most 7", "at most 1000"]);
  for (const limit of ["0", "-1", "x", "", "1e3", "9".repeat(40)]) {
    const refused = await get(`/peers?limit=${limit}`);
    assert.equal(refused.status, 400, limit);
    assert.match(refused.body, /^"limit" must be a whole number from 1 to 1000\n$/);
  }
});

Deno.test("answerPage refuses other paths and methods in one line", async () => {
  for (const target of ["/", "/metrics/", "/livezz", "//livez", "*"]) {
    const { status, body } = await get(target);
    assert.equal(status, 404, target);
    assert.match(body, /^[^\n]+\n$/);
  }
  const { status, headers, body } = await get("/livez", GOOD, { method: "POST" });
  assert.deepEqual([status, headers["allow"]], [405, "GET, HEAD"]);
  assert.match(body, /^[^\n]+\n$/);
  assert.equal((await get("/livez", GOOD, { method: "HEAD" })).status, 200);
});

Deno.test("answerPage answers /applied with a JSON report, and explains an invalid query", async () => {
  const { status, headers, body } = await get("/applied?topic=D&nodes=90%25&waitMs=100");
  assert.deepEqual([status, headers["content-type"]], [200, "application/json"]);
  const { topic, reason } = JSON.parse(body);
  assert.deepEqual([topic, JSON.parse(reason).nodes, JSON.parse(reason).waitMs], [
    "D",
    { percent: 90 },
    100,
  ]);
  const bad = await get("/applied?topic=D&nodes=none");
  assert.deepEqual([bad.status, /"nodes" must be/.test(bad.body)], [400, true]);
});

Deno.test("answerPage answers /row with the kept events of a row, and explains an invalid query", async () => {
  const { status, body } = await get("/row?table=lport&key=port-1&before=3%3A64");
  assert.equal(status, 200);
  assert.equal(JSON.parse(String(body)).next, "port-1");
  assert.equal(JSON.parse((await get("/row?table=lport&key=a?b?c")).body).next, "a?b?c");
  for (const query of ["", "table=lport", "table=lport&key=a&before=x"]) {
    assert.equal((await get(`/row?${query}`)).status, 400, query);
  }
  const broken: PageSource = { ...GOOD, rowEvents: () => Promise.reject(new Error("an\nerror")) };
  const failed = await get("/row?table=lport&key=a", broken);
  assert.deepEqual([failed.status, failed.body], [503, "cannot read the recorder: an error\n"]);
});
