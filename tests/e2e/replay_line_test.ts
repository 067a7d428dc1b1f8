import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

Deno.test("replay names the line after the last event that was published, when it has refused one before", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const seconds = [0, 0, 0, 0, 3600];
  const lines = seconds.map((second, index) => {
    const value = index === 1 ? "x".repeat(2_000) : "x";
    const sentAt = new Date(Date.UTC(2026, 10, 29) + second * 1_000).toISOString();
    return JSON.stringify({
      table: "lport",
      key: `port-${index + 1}`,
      action: "set",
      value,
      sentAt,
    });
  });
  const file = deployment.path("events.jsonl");
  await Deno.writeTextFile(file, lines.join("\n"));
  await using node = await deployment.subscribeHere(["--json", "--count", "3"]);
  const limit = { "df.pub_sub_max_event_bytes": "1024" };
  await using replay = deployment.start(["replay", file, "--yes"], limit);
  assert.equal((await node.result()).code, 0);
  replay.kill("SIGINT");
  const { code, stderr } = await replay.result();
  assert.equal(code, 1, stderr);
  assert.match(stderr, /^published 3 events, refused 1$/m);
  assert.match(stderr, /: continue with --from-line 5$/m);
});
