import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
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

Deno.test("replay reports the events before the damage of a compressed file, and exits 1", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const line = `${JSON.stringify({ table: "lport", key: "port-1", action: "set", value: "x" })}\n`;
  const bytes = gzipSync(line.repeat(3_000));
  bytes.subarray(-8).fill(0);
  const file = deployment.path("events.jsonl.gz");
  await Deno.writeFile(file, bytes);
  const { code, stderr } = await deployment.runHere(["replay", file, "--yes", "--speed", "max"]);
  assert.equal(code, 1, stderr);
  const [, published = ""] = /^published (\d+) events, refused 0$/m.exec(stderr) ?? [];
  const relayed = await service.program.stop();
  assert.match(
    relayed.stderr,
    new RegExp(`^stopped: ${published} events relayed, 0 refused$`, "m"),
  );
  assert.match(stderr, /^df-pubsub: Cannot read ".*": incorrect data check$/m);
  assert.match(stderr, new RegExp(`: continue with --from-line ${Number(published) + 1}$`, "m"));
});
