import assert from "node:assert/strict";
import { optionTable } from "../../cli/composition.ts";
import { Deployment, freePort } from "../support/deployment.ts";
import { programCommand } from "../support/program.ts";
import { listedPublishers, untilListed } from "../support/publisher_list.ts";
import { startNode } from "../support/python_node.ts";

const FQDN_ID = "import socket, uuid; print(uuid.uuid5(uuid.NAMESPACE_DNS, socket.getfqdn()))";

const MULTIPROC = "zmq_pubsub_multiproc_driver";

/** More than the kernel buffers for a node that does not read. */
const MANY_LARGE = [
  ...["publish", "--table", "t", "--key", "k", "--action", "set"],
  ...["--value", "x".repeat(100_000), "--count", "200"],
];

Deno.test("serve prints each bound address and READY, and registers the id that Python would compute", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const { text } = service.program.stderr;
  assert.match(text, /^listening on tcp:\/\/0\.0\.0\.0:\d+ for subscribers$/m);
  assert(text.includes(`listening on ipc://${deployment.socketPath} for local publishers\n`));
  assert.match(text, /warn Advertising tcp:\/\/127\.0\.0\.1:\d+, which only this host can reach/);
  const python = await new Deno.Command("/usr/bin/python3", { args: ["-c", FQDN_ID] }).output();
  const id = new TextDecoder().decode(python.stdout).trim();
  const [row, ...others] = await listedPublishers(deployment);
  assert.deepEqual(others, []);
  assert.equal(row?.["id"], id);
  assert.equal(row?.["uri"], service.uri);
  assert.equal(row?.["state"], "alive");
  assert.equal(service.program.stdout.text, "");
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`serve leaves the publishers table and exits 0 on ${signal}`, async () => {
    await using deployment = await Deployment.create({
      "df.publisher_id_name": "controller.example.com",
    });
    await using service = await deployment.serve();
    const [row] = await listedPublishers(deployment);
    assert.equal(row?.["id"], "975ba0f4-e4b5-5e8a-9501-f23d9b9abca6");
    const { code, stderr } = await service.program.stop(signal);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^stopped: 0 events relayed, 0 refused$/m);
    assert.deepEqual(await listedPublishers(deployment), []);
    await assert.rejects(Deno.lstat(deployment.socketPath), Deno.errors.NotFound);
  });
}

Deno.test("serve exits 4 at once, when a second signal arrives during the drain", async () => {
  await using deployment = await Deployment.create({ "df.drain_timeout": 60 });
  await using service = await deployment.serve();
  await using node = await startNode(deployment, service);
  node.kill("SIGSTOP");
  assert.equal((await deployment.runHere(MANY_LARGE)).code, 0);
  service.program.kill("SIGTERM");
  await service.program.stderr.waitFor(/^stopping: /m);
  const { code, stderr } = await service.program.stop("SIGTERM");
  assert.equal(code, 4, stderr);
});

Deno.test("serve exits 4 with a message, when the drain timeout passes", async () => {
  await using deployment = await Deployment.create({ "df.drain_timeout": 0.3 });
  await using service = await deployment.serve();
  await using node = await startNode(deployment, service);
  node.kill("SIGSTOP");
  assert.equal((await deployment.runHere(MANY_LARGE)).code, 0);
  const { code, stderr } = await service.program.stop();
  assert.equal(code, 4, stderr);
  assert.match(stderr, /Accepted events, or syncs of refused ones, may be lost/);
});

Deno.test("serve exits 3 when its port is in use", async () => {
  const port = freePort();
  using _listener = Deno.listen({ port });
  await using deployment = await Deployment.create({ "df.publisher_port": port });
  const { code, stderr } = await deployment.run(["serve"]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, new RegExp(`df-pubsub: .*tcp://\\*:${port}.*in use`, "i"));
});

Deno.test("serve exits 3 and names the process, when another service has the socket", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const { code, stderr } = await deployment.run(["serve"]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, new RegExp(`\\(process ${service.program.pid}\\) listens at`));
  const event = ["--table", "t", "--key", "k", "--action", "set"];
  const { code: after } = await deployment.runHere(["publish", ...event, "--confirm"]);
  assert.equal(after, 0, "the first service must be unaffected");
});

Deno.test("serve exits 3 and leaves no socket behind, when its database cannot be opened", async () => {
  await using deployment = await Deployment.create();
  await Deno.mkdir(deployment.databasePath);
  const { code, stderr } = await deployment.run(["serve"]);
  assert.equal(code, 3, stderr);
  assert(stderr.includes(deployment.databasePath), stderr);
  await assert.rejects(Deno.lstat(deployment.socketPath), Deno.errors.NotFound);
});

Deno.test("serve exits 2 before it opens anything, when its configuration is wrong", async () => {
  await using deployment = await Deployment.create();
  const file = deployment.path("dragonflow.ini");
  await Deno.writeTextFile(file, "[df]\npublisher_timeout = soon\n");
  const cases: readonly (readonly [args: string[], says: string[]])[] = [
    [["--config-file", file], [`${file}:2`, "publisher_timeout", "soon", "wanted a number"]],
    [["--config-file", deployment.path("none.ini")], ["none.ini"]],
    [["--set", "df.pub_sub_driver=pigeon"], ['"pigeon"', "zmq_pubsub_driver", "memory"]],
    [["--set", `df.pub_sub_driver=${MULTIPROC}`], [`pub_sub_driver: "${MULTIPROC}"`]],
    [["--set", "df.pub_sub_multiproc_driver=zmq_pubsub_driver"], [
      '"zmq_pubsub_driver": it is a driver between hosts',
    ]],
  ];
  for (const [args, says] of cases) {
    const { code, stderr } = await deployment.runHere(["serve", ...args]);
    assert.equal(code, 2, stderr);
    for (const text of says) assert(stderr.includes(text), `${text} in ${stderr}`);
    await assert.rejects(Deno.lstat(deployment.databasePath), Deno.errors.NotFound);
  }
});

Deno.test("serve logs the values of its configuration and their origin, but no secret", async () => {
  await using deployment = await Deployment.create();
  const file = deployment.path("dragonflow.ini");
  const secrets = optionTable.filter((option) => option.secret)
    .map(({ group, name }) => `[${group}]\n${name} = hunter2\n`);
  await Deno.writeTextFile(file, `[df]\npublisher_timeout = 77\n${secrets.join("")}`);
  await using serve = deployment.start(["serve", "--config-file", file]);
  await serve.stderr.waitFor(/^READY$/m);
  const { stderr } = await serve.stop();
  assert.match(stderr, /df\.publisher_timeout = 77 origin=".*dragonflow\.ini:2"/);
  assert.doesNotMatch(stderr, /hunter2/);
});

Deno.test("serve continues, when its log has no space left", async () => {
  await using deployment = await Deployment.create({ "df.pub_sub_max_event_bytes": 1024 });
  const command = programCommand(["serve", ...deployment.flags()]);
  const serve = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" 2>/dev/full', "sh", ...command],
  }).spawn();
  await untilListed(deployment, (rows) => rows.length > 0);
  const event = ["publish", "--table", "t", "--key", "k", "--action", "set", "--confirm"];
  const { code, stderr } = await deployment.runHere(event);
  assert.equal(code, 0, stderr);
  serve.kill("SIGTERM");
  assert.equal((await serve.status).code, 0);
});

Deno.test("serve continues, when the reader of its log has gone", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve({ "df.pub_sub_max_event_bytes": 1024 });
  await service.program.stderr.stopReading();
  const event = ["publish", "--table", "t", "--key", "k", "--action", "set"];
  const tooLarge = await deployment.runHere([...event, "--value", "x".repeat(2_000)]);
  assert.equal(tooLarge.code, 1, tooLarge.stderr);
  assert.match(tooLarge.stderr, /refused 1; 0 are uncertain/);
  const { code, stderr } = await deployment.runHere([...event, "--confirm"]);
  assert.equal(code, 0, stderr);
  assert.equal((await service.program.stop()).code, 0);
});
