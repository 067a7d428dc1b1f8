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

Deno.test("publish --stdin exits 1 and says so, when a signal ends it before its input", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const line = `${JSON.stringify({ action: "log", topic: "t" })}\n`;
  for (const flags of [[], ["--rate", "100"]]) {
    await using node = await deployment.subscribeHere(["--only-topic", "t", "--count", "1"]);
    const path = deployment.path("events.jsonl");
    await Deno.writeTextFile(path, line.repeat(1_000_000));
    const command = ["sh", "-c", 'exec "$@" <"$0"', path];
    await using publish = deployment.start(["publish", "--stdin", ...flags], {}, { by: command });
    assert.equal((await node.result()).code, 0);
    const { code, stderr } = await publish.stop("SIGTERM");
    assert.match(stderr, /^published \d+ events?, refused 0\ninterrupted before the end of /m);
    assert.equal(code, 1);
  }
});
