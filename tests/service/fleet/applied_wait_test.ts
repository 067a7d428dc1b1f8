import assert from "node:assert/strict";
import { waitApplied } from "../../../service/fleet/applied_wait.ts";
import type { AppliedReport } from "../../../service/protocol/applied_report.ts";

const REPORT: AppliedReport = {
  publisher: "a",
  topic: "D",
  position: { publisher: "a", epoch: 1, topic: "D", seq: 1 },
  ...{ nodes: 1, applied: 0, needed: 1, unable: 0 },
  ...{ stragglers: [], ignored: [] },
};

/** Answers the requests in turn; undefined closes the connection, as a service that ends does. */
function service(answers: readonly (AppliedReport | undefined)[]) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const queries: URLSearchParams[] = [];
  const served = (async () => {
    for (const answer of answers) {
      using connection = await listener.accept();
      const text = new Uint8Array(4096);
      const request = new TextDecoder().decode(text.subarray(0, await connection.read(text) ?? 0));
      queries.push(new URL(request.split(" ")[1] ?? "", "http://a").searchParams);
      if (answer === undefined) continue;
      const body = JSON.stringify(answer);
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
      await connection.write(new TextEncoder().encode(head + body));
    }
  })();
  const pages = new URL(`http://127.0.0.1:${listener.addr.port}`);
  return { pages, queries, served, [Symbol.dispose]: () => listener.close() };
}

Deno.test("waitApplied says that the service has restarted, when it ends while the nodes are awaited", async () => {
  const restarted = { ...REPORT, reason: "it has restarted since", hasRestarted: true };
  using each = service([REPORT, undefined, restarted]);
  const deadline = performance.now() + 20_000;
  await assert.rejects(waitApplied(each, { topic: "D", nodes: "all", deadline }), {
    code: "REFUSED",
    message: /"a" does not know which nodes have applied the event: it has restarted since/,
  });
  await each.served;
  assert.deepEqual(each.queries.map((query) => [query.get("waitMs"), query.get("seq")]), [
    ["0", null],
    ["2000", "1"],
    ["2000", "1"],
  ]);
});
