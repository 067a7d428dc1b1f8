import assert from "node:assert/strict";
import type { HttpRequest } from "../../../cli/serve/http_request.ts";
import { answer, type PageParts } from "../../../cli/serve/pages.ts";
import { nothingKnown } from "../../../service/controller/observability/applied_queries.ts";
import { nothingSearched } from "../../../service/protocol/row_events.ts";
import { readinessOf } from "../../../service/controller/observability/readiness.ts";

const TOKEN = "0123456789abcde:";

const OPEN: PageParts = {
  source: {
    isAlive: true,
    readiness: () => Promise.resolve(readinessOf([])),
    metrics: () => [],
    peers: () => Promise.resolve({ publisher: "", total: 0, peers: [], gone: [] }),
    rowEvents: () => Promise.resolve(nothingSearched("")),
    applied: (query) => Promise.resolve(nothingKnown("", query, "")),
  },
  feed: { stream: () => new ReadableStream() },
  token: undefined,
};

const PAGE = ["/", "/page/page.js", "/events", "/peers", "/applied?topic=D", "/row?table=a&key=b"];
const PROBES = ["/livez", "/readyz", "/metrics"];

function get(target: string, parts = OPEN, more: Partial<HttpRequest> = {}) {
  const request = { method: "GET", target, accept: "", host: "localhost", authorization: "" };
  return answer({ ...request, ...more }, parts);
}

async function statuses(paths: readonly string[], parts: PageParts, authorization = "") {
  const answers = await Promise.all(paths.map((path) => get(path, parts, { authorization })));
  return [...new Set(answers.map(({ status }) => status))];
}

Deno.test("answer sends the page and all of its files, with a policy that allows no others", async () => {
  const { status, headers, body } = await get("/?x");
  assert.deepEqual([status, headers["content-type"]], [200, "text/html; charset=utf-8"]);
  assert.match(headers["content-security-policy"] ?? "", /^default-src 'none'; script-src 'self';/);
  const named = [...String(body).matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path = ""]) => path);
  assert(named.length >= 3);
  for (const path of named) assert.equal((await get(path)).status, 200, path);
  const scripts = await Promise.all(["page", "peers_table"].map((name) => get(`/page/${name}.js`)));
  const imported = scripts.flatMap(({ body }) => [...String(body).matchAll(/ from "\.([^"]*)"/g)]);
  assert(imported.length >= 2);
  for (const [, path = ""] of imported) assert.equal((await get(`/page${path}`)).status, 200, path);
});

Deno.test("answer sends no header that lets another site read", async () => {
  for (const path of [...PAGE, ...PROBES]) {
    const names = Object.keys((await get(path)).headers);
    assert(!names.some((name) => name.startsWith("access-control-")), path);
  }
});

Deno.test("answer sends events as a stream, and no stream to a HEAD", async () => {
  const { headers, body } = await get("/events");
  assert.equal(headers["content-type"], "text/event-stream");
  assert(body instanceof ReadableStream);
  assert.equal((await get("/events", OPEN, { method: "HEAD" })).body, "");
  assert.equal((await get("/events", OPEN, { method: "POST" })).status, 405);
});

Deno.test("answer requires the token for the page and /peers, and for nothing else", async () => {
  const guarded = { ...OPEN, token: TOKEN };
  assert.deepEqual(await statuses(PAGE, guarded), [401]);
  assert.deepEqual(await statuses(PROBES, guarded), [200]);
  assert.match((await get("/", guarded)).headers["www-authenticate"] ?? "", /^Basic realm=/);
  const good = [`Bearer ${TOKEN}`, `basic ${btoa(`:${TOKEN}`)}`, `Basic ${btoa(`any:${TOKEN}`)}`];
  for (const each of good) assert.deepEqual(await statuses(PAGE, guarded, each), [200], each);
  const bad = [
    ...["Bearer", "Bearer x", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, TOKEN],
    ...[`Basic ${TOKEN}`, "Basic ****", `Basic ${btoa(TOKEN.slice(0, -1))}`, `Digest ${TOKEN}`],
  ];
  for (const each of bad) assert.deepEqual(await statuses(PAGE, guarded, each), [401], each);
});

Deno.test("answer has neither the page nor /peers, when http_page is off", async () => {
  const off = { ...OPEN, feed: undefined };
  assert.deepEqual(await statuses(PAGE, off), [404]);
  assert.deepEqual(await statuses(PROBES, off), [200]);
});
