import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

Deno.test("wait and why say that they were interrupted, when a signal ends their wait for a service", async () => {
  await using deployment = await Deployment.create();
  for (const command of [["wait"], ["why", "lport", "port-1"]]) {
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${silent.addr.port}`;
    await using program = deployment.start([...command, "--url", url]);
    using _request = await silent.accept();
    const { code, stderr } = await program.stop("SIGINT");
    assert.deepEqual([code, stderr], [1, "df-pubsub: Interrupted by a signal\n"]);
  }
});
