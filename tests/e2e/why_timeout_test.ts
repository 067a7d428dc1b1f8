import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

Deno.test("why advises a longer --timeout when a service does not answer in time", async () => {
  await using deployment = await Deployment.create();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${silent.addr.port}`;
  await using why = deployment.start(["why", "lport", "p1", "--url", url, "--timeout", "0.5"]);
  using _request = await silent.accept();
  const { code, stderr } = await why.result();
  assert.equal(code, 3);
  assert.match(stderr, /: waited 0\.\d{1,3} s: use a longer --timeout$/m);
});
