import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { printedEvents } from "../support/events.ts";
import type { Program } from "../support/program.ts";
import { startRedis } from "../support/redis_server.ts";
import { blocksOf, readPage } from "./pages.ts";

const PASSWORD = "s3cret";
const page = await readPage("docs/deploy.md");

function block(info: string): string {
  const [language = ""] = info.split(" ");
  const found = blocksOf(page, language).find((each) => each.info === info);
  assert(found !== undefined, `no block ${info}`);
  return found.text;
}

/** What the page says, on this host: two controllers, a node, and Redis with these accounts. */
async function deployed(accounts: string, bus: string) {
  await using stack = new AsyncDisposableStack();
  const config = block(accounts).replaceAll(" on ", ` on ">${PASSWORD}" `).split("\n");
  const redis = stack.use(await startRedis({ config }));
  const start = async (command: string, role: string, name: string) => {
    const deployment = stack.use(await Deployment.create());
    const password = deployment.path("password");
    await Deno.writeTextFile(password, PASSWORD, { mode: 0o600 });
    const text = `${block(`ini ${role}`)}\n${bus}`
      .replaceAll("192.0.2.21:6379", redis.address)
      .replaceAll(/192\.0\.2\.\d+/g, "127.0.0.1")
      .replaceAll("/etc/df-pubsub/redis-password", password);
    const file = deployment.path("site.conf");
    await Deno.writeTextFile(file, text);
    const flags = ["--config-file", file, "--set", `df.publisher_id_name=${name}`];
    const program = stack.use(deployment.start([command, ...flags]));
    const publish = (key: string) =>
      deployment.run(["publish", "--table", "lport", "--key", key, "--action", "set", ...flags]);
    return { program, publish };
  };
  const controllers = [
    await start("serve", "controller", "controller-1"),
    await start("serve", "controller", "controller-2"),
  ];
  for (const { program } of controllers) await program.stderr.waitFor(/^READY$/m);
  const node = (await start("subscribe", "node", "compute-1")).program;
  const owned = stack.move();
  return { controllers, node, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function assertReceives(node: Program, keys: readonly string[]): Promise<void> {
  for (const key of keys) await node.stdout.waitFor(new RegExp(`"key":"${key}"`));
  const events = printedEvents(node.stdout.lines).filter(({ table }) => table === "lport");
  assert.deepEqual(events.map(({ key }) => key), keys);
}

Deno.test("the controllers, node and accounts of docs/deploy.md carry events over ZeroMQ", async () => {
  await using place = await deployed("text acl", "");
  await place.node.stderr.waitFor(/listening on [^]*listening on /);
  for (const [index, { publish }] of place.controllers.entries()) {
    const { code, stderr } = await publish(`port-${index}`);
    assert.equal(code, 0, stderr);
  }
  await assertReceives(place.node, ["port-0", "port-1"]);
});

Deno.test("the controllers, node and accounts of docs/deploy.md carry events over Redis streams", async () => {
  await using place = await deployed("text acl streams", block("ini bus"));
  await place.node.stderr.waitFor(/listening on redis:/);
  for (const [index, { publish }] of place.controllers.entries()) {
    const { code, stderr } = await publish(`port-${index}`);
    assert.equal(code, 0, stderr);
  }
  await assertReceives(place.node, ["port-0", "port-1"]);
});
