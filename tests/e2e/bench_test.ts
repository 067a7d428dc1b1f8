import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { endAfterTests } from "../support/end_after_tests.ts";

// Every machine can sustain this rate: these tests are about the command, not the machine.
const SMALL = ["--events", "300", "--rate", "2000", "--warmup", "0.1"];

const servers = new AsyncDisposableStack();
const deployment = servers.use(await Deployment.create());
servers.use(await deployment.serve());

Deno.test("bench relay sends a load through the service and reports no loss", async () => {
  const many = ["--publishers", "2", "--topics", "3", "--subscribers", "2", "--size", "400"];
  const limits = ["--max-loss", "0", "--max-p99", "20s", "--min-rate", "1"];
  const { code, stdout } = await deployment.run(["bench", "relay", ...SMALL, ...many, ...limits]);
  assert.equal(code, 0, stdout);
  const { bench, setup, sent, received, subscribers, met, interrupted } = JSON.parse(stdout);
  assert.deepEqual([bench, met, interrupted], ["relay", true, false]);
  const size = { size: 400, topics: 3, publishers: 2, subscribers: 2, rate: 2000 };
  assert.deepEqual(setup, size);
  assert.deepEqual([sent.events, sent.bytes], [300, 300 * 400]);
  assert.deepEqual([sent.acknowledged, sent.uncertain, sent.lossPercent], [true, 0, 0]);
  assert.equal(sent.accepted, sent.events);
  assert.deepEqual([received.events, received.expected, received.lost], [600, 600, 0]);
  assert.equal(received.bytes, 600 * 400);
  assert.deepEqual(subscribers.map(({ events }: { events: number }) => events), [300, 300]);
  const { min, p50, p99, p99_9, max } = received.latencyMs;
  assert(min > 0 && min <= p50 && p50 <= p99 && p99 <= p99_9 && p99_9 <= max);
});

Deno.test("bench relay at full speed loses nothing, because the sender waits", async () => {
  const args = ["--events", "30000", "--warmup", "0", "--max-loss", "0"];
  const { code, stdout, stderr } = await deployment.run(["bench", "relay", ...args]);
  assert.equal(code, 0, stdout + stderr);
  assert.equal(JSON.parse(stdout).received.events, 30_000);
});

Deno.test("bench relay measures no event behind its warm-up", async () => {
  const minimumMs = async (warmup: string) => {
    const args = ["--events", "20", "--subscribers", "8", "--warmup", warmup];
    const { code, stdout, stderr } = await deployment.runHere(["bench", "relay", ...args]);
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout).received.latencyMs.min;
  };
  const withoutMs = await minimumMs("0");
  const withMs = await minimumMs("1");
  assert(withMs < 20 * Math.max(withoutMs, 5), `${withMs} ms, and ${withoutMs} ms without`);
});

Deno.test("bench latency keeps a rate, reports percentiles, and exits 1 for a missed limit", async () => {
  const args = ["--duration", "0.5", "--rate", "200", "--warmup", "0", "--max-p99", "1us", "--csv"];
  const { code, stdout, stderr } = await deployment.runHere(["bench", "latency", ...args]);
  assert.equal(code, 1, stdout + stderr);
  const [header = [], ...rows] = stdout.trimEnd().split("\n").map((line) => line.split(","));
  const row = (scope: string) => rows.find((fields) => fields[1] === scope) ?? [];
  const field = (scope: string, name: string) => row(scope)[header.indexOf(name)];
  assert.deepEqual(rows.map((fields) => fields[1]), ["sent", "received"]);
  const events = Number(field("sent", "events"));
  assert(events >= 50 && events <= 101, `${events} events`);
  assert.equal(field("received", "events"), String(events));
  assert.equal(field("received", "verdict"), "missed");
  assert(Number(field("received", "p99_9_ms")) >= Number(field("received", "p50_ms")));
});

Deno.test("bench sub reports the arrivals from a bench pub in another process, and ends with it", async () => {
  const hears = ["bench", "sub", "--topics", "2", "--duration", "25", "--max-loss", "0"];
  await using subscriber = deployment.start(hears);
  await subscriber.stderr.waitFor(/^listening on tcp:/m);
  const sends = ["bench", "pub", "--topics", "2", "--publishers", "2", ...SMALL];
  const published = await deployment.runHere([...sends, "--max-loss", "0", "--min-rate", "10"]);
  assert.equal(published.code, 0, published.stdout + published.stderr);
  const { sent, received: nothing, met } = JSON.parse(published.stdout);
  assert.deepEqual([sent.events, sent.lossPercent, nothing, met], [300, 0, undefined, true]);
  const { code, stdout, stderr } = await subscriber.result();
  assert.equal(code, 0, stdout + stderr);
  const { received, verdicts } = JSON.parse(stdout);
  assert.deepEqual([received.events, received.lost, received.bytes], [300, 0, 300 * 250]);
  assert.equal(verdicts.length, 1);
  assert.match(stderr, /clocks of sender and receiver/);
});

Deno.test("bench sub --events stops, when it has that many", async () => {
  await using subscriber = deployment.start(["bench", "sub", "--events", "50"]);
  await subscriber.stderr.waitFor(/^listening on tcp:/m);
  await deployment.runHere(["bench", "pub", ...SMALL]);
  const { code, stdout } = await subscriber.result();
  assert.equal(code, 0, stdout);
  const { events, lost } = JSON.parse(stdout).received;
  assert.deepEqual([events, lost], [50, 0]);
});

Deno.test("bench sub suggests checks and exits 5, when no event arrives", async () => {
  await using deployment = await Deployment.create();
  const { code, stdout, stderr } = await deployment.runHere(["bench", "sub", "--duration", "0.2"]);
  assert.equal(code, 5);
  assert.deepEqual(JSON.parse(stdout).received.latencyMs, null);
  assert.match(stderr, /Nothing arrived\. To check:/);
});

Deno.test("bench reports that there is no service and exits 3, when none runs", async () => {
  await using deployment = await Deployment.create({ "df.pub_sub_send_timeout": 0.3 });
  for (const name of ["pub", "relay"]) {
    const { code, stdout, stderr } = await deployment.runHere(["bench", name, "--events", "1"]);
    assert.equal(code, 3, stderr);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /No publisher service listens at "ipc:|No publisher is live: .*publishers list/,
    );
  }
});

Deno.test("bench relay ends on SIGINT with the figures so far", async () => {
  await using subscriber = deployment.start(["bench", "sub", "--duration", "25"]);
  await subscriber.stderr.waitFor(/^listening on tcp:/m);
  const endless = ["--duration", "600", "--rate", "100", "--warmup", "0", "--max-loss", "0"];
  await using relay = deployment.start(["bench", "relay", ...endless]);
  // The other subscriber receives events too: by then there are figures. Up to five events may
  // arrive before it reports that it listens.
  const five = ["subscribe", "--topic", "df-pubsub-bench.1", "--count", "5"];
  await using watch = deployment.startHere(five);
  assert.equal((await watch.result()).code, 0);
  const { code, stdout, stderr } = await relay.stop("SIGINT");
  assert.equal(code, 0, stdout + stderr);
  const { interrupted, sent, received } = JSON.parse(stdout);
  assert(interrupted);
  assert(sent.events >= 5);
  assert.deepEqual([received.events, received.lost], [sent.events, 0]);
  assert.equal((await subscriber.result()).code, 0, "it received the end");
});

Deno.test("bench relay reports its figures so far and exits 3, when the service is killed", async () => {
  await using deployment = await Deployment.create({ "df.pub_sub_send_timeout": 0.5 });
  await using service = await deployment.serve();
  const endless = ["--duration", "600", "--rate", "200", "--warmup", "0"];
  await using relay = deployment.start(["bench", "relay", ...endless]);
  // The other subscriber may receive an event before the one of the command does.
  const twenty = ["subscribe", "--topic", "df-pubsub-bench.1", "--count", "20"];
  await using watch = deployment.startHere(twenty);
  assert.equal((await watch.result()).code, 0);
  await service.program.stop("SIGKILL");
  const { code, stdout, stderr } = await relay.result();
  assert.equal(code, 3, stdout + stderr);
  const { sent, received } = JSON.parse(stdout);
  assert(received.events >= 5 && received.events <= sent.events, stdout);
  assert.match(stderr, /No publisher service listens at "ipc:/);
});

endAfterTests(servers);
