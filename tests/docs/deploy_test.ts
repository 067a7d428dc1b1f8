import assert from "node:assert/strict";
import { optionTable } from "../../cli/composition.ts";
import { Deployment } from "../support/deployment.ts";
import { EtcdServer } from "../support/etcd/server.ts";
import { printedEvents } from "../support/events.ts";
import { startRedis } from "../support/redis/server.ts";
import { blocksOf, readPage } from "./pages.ts";

const PASSWORD = "s3cret";
const page = await readPage("docs/deploy.md");

function block(info: string): string {
  const [language = ""] = info.split(" ");
  const found = blocksOf(page, language).find((each) => each.info === info);
  assert(found !== undefined, `no block ${info}`);
  return found.text;
}

/** The lines of the page for each role, with what is on this host in the place of other hosts. */
interface Site {
  readonly controller: string;
  readonly node: string;
}

/** Redis with the accounts of the page, and a site that uses it. */
async function redisSite(accounts: string, ...more: readonly string[]) {
  const config = block(accounts).replaceAll(" on ", ` on ">${PASSWORD}" `).split("\n");
  const redis = await startRedis({ config });
  const linesOf = (role: string) =>
    [role, ...more].map((info) => block(`ini ${info}`)).join("\n")
      .replaceAll("192.0.2.21:6379", redis.address);
  const site: Site = { controller: linesOf("controller"), node: linesOf("node") };
  return { site, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
}

/** Starts two controllers and a node, publishes at each controller, and looks at what the node gets. */
async function assertCarriesEvents({ controller, node }: Site, live: RegExp): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const start = async (command: string, lines: string, name: string) => {
    const deployment = stack.use(await Deployment.create());
    const [file, password] = [deployment.path("site.conf"), deployment.path("password")];
    const text = lines.replaceAll(/192\.0\.2\.\d+/g, "127.0.0.1")
      .replaceAll("/etc/df-pubsub/redis-password", password);
    await Deno.writeTextFile(password, PASSWORD, { mode: 0o600 });
    await Deno.writeTextFile(file, text);
    const flags = ["--config-file", file, "--set", `df.publisher_id_name=${name}`];
    const program = stack.use(deployment.start([command, ...flags]));
    const event = ["--table", "lport", "--key", name, "--action", "set"];
    const publish = () => deployment.runHere(["publish", ...event, ...flags]);
    return { program, publish };
  };
  const names = ["controller-1", "controller-2"];
  const controllers = [];
  for (const name of names) controllers.push(await start("serve", controller, name));
  for (const { program } of controllers) await program.stderr.waitFor(/^READY$/m);
  const { program: { stdout, stderr } } = await start("subscribe", node, "compute-1");
  await stderr.waitFor(live);
  for (const { publish } of controllers) {
    const { code, stderr } = await publish();
    assert.equal(code, 0, stderr);
  }
  for (const name of names) await stdout.waitFor(new RegExp(`"key":"${name}"`));
  const events = printedEvents(stdout.lines).filter(({ table }) => table === "lport");
  assert.deepEqual(events.map(({ key }) => key), names);
}

const BOTH_LIVE = /listening on tcp:[^]*listening on tcp:/;

Deno.test("the controllers, node and accounts of docs/deploy.md carry events over ZeroMQ", async () => {
  await using redis = await redisSite("text acl");
  await assertCarriesEvents(redis.site, BOTH_LIVE);
});

Deno.test("the controllers, node and accounts of docs/deploy.md carry events over Redis streams", async () => {
  await using redis = await redisSite("text acl streams", "bus");
  await assertCarriesEvents(redis.site, /listening on redis:/);
});

/** The lines for etcd at these members. */
function etcdLines({ addresses }: EtcdServer): string {
  return block("ini etcd").replace(
    /^remote_db_hosts = .*/m,
    `remote_db_hosts = ${addresses.join(", ")}`,
  );
}

Deno.test("the controllers and node of docs/deploy.md carry events with etcd as the database", async () => {
  await using server = await EtcdServer.start();
  const lines = etcdLines(server);
  const site = {
    controller: `${lines}\nmanagement_ip = 127.0.0.1\n`,
    node: `${lines}\npublishers_ips =\n`,
  };
  await assertCarriesEvents(site, BOTH_LIVE);
});

Deno.test("the controllers and node of docs/deploy.md carry events with etcd as the bus", async () => {
  await using server = await EtcdServer.start();
  const lines = `${etcdLines(server)}\n${block("ini etcd-bus")}`;
  await assertCarriesEvents({ controller: lines, node: lines }, /listening on http:/);
});

Deno.test("the table of ports has every port on which a service listens", () => {
  const listening = optionTable.filter(({ name }) =>
    /^(?:publisher_port|tls_port|http_address)$/.test(name)
  );
  assert.equal(listening.length, 3);
  for (const { name, default: value } of listening) {
    assert.match(page.text, new RegExp(`TCP ${String(value).split(":").at(-1)}, \`${name}\``));
  }
});
