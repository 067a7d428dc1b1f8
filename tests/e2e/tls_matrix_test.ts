import assert from "node:assert/strict";
import { Deployment, type Overrides, type Service } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { type KeyPair, makeCertificate } from "../support/openssl.ts";
import type { RunningCommand } from "../support/command_here.ts";
import { startPythonPeer } from "../support/python_peer.ts";
import { hex } from "../support/python_node.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { tlsOverrides } from "../support/zmq/zmq_tls.ts";

/** The table that this test makes: `UPDATE_TLS_MATRIX=1` writes it anew. */
const TABLE = new URL("../data/tls_matrix.txt", import.meta.url);
const DAY_MS = 86_400_000;
const MODES = ["off", "on", "required"] as const;
const NODE_NAME = "DNS:n1.nodes.example";
const WARNED = /^.*(?:No connection at|Cannot follow publisher) .*$/m;
const REFUSED = /^.*is disconnected: it does not use TLS.*$/m;

interface Certificates {
  readonly authority: KeyPair;
  readonly publishers: Readonly<Record<string, KeyPair>>;
  readonly nodes: Readonly<Record<string, KeyPair | undefined>>;
}

async function makeAll(dir: TempDir): Promise<Certificates> {
  const authority = await makeCertificate(dir, { name: "authority" });
  const other = await makeCertificate(dir, { name: "other-authority" });
  const node = { issuer: authority, names: NODE_NAME };
  const publisher = { issuer: authority, names: "IP:127.0.0.1, DNS:c1.example" };
  const past = { from: Date.now() - 9 * DAY_MS, until: Date.now() - DAY_MS };
  const future = { from: Date.now() + DAY_MS, until: Date.now() + 9 * DAY_MS };
  return {
    authority,
    publishers: {
      "right": await makeCertificate(dir, { name: "publisher", ...publisher }),
      "expired": await makeCertificate(dir, { name: "old-publisher", ...publisher, ...past }),
      "unknown CA": await makeCertificate(dir, {
        name: "other-publisher",
        ...publisher,
        issuer: other,
      }),
      "another host": await makeCertificate(dir, {
        name: "moved-publisher",
        ...publisher,
        names: "IP:192.0.2.9, DNS:c9.example",
      }),
    },
    nodes: {
      "right": await makeCertificate(dir, { name: "right", ...node }),
      "expired": await makeCertificate(dir, { name: "expired", ...node, ...past }),
      "not yet valid": await makeCertificate(dir, { name: "future", ...node, ...future }),
      "unknown CA": await makeCertificate(dir, { name: "unknown", ...node, issuer: other }),
      "wrong name": await makeCertificate(dir, {
        name: "wrong",
        ...node,
        names: "DNS:n1.guests.example",
      }),
      "none": undefined,
    },
  };
}

/** Without times, ports and process ids. */
function masked(line: string | undefined): string {
  return (line ?? "")
    .replace(/^.*?(?=No connection|Cannot follow|Subscriber )/, "")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, "<time>")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>");
}

/** The line of the publisher that belongs to a line of the node; it may follow later, folded. */
function refusalFor(line: string): RegExp {
  const [, said = ""] = /127\.0\.0\.1:\d+: (?:the peer refuses this end: )?(.*)$/.exec(line) ?? [];
  const reason = said === "it does not speak TLS" ? "it uses TLS" : said.slice(0, 50);
  return new RegExp(`^.*is disconnected: .*${RegExp.escape(reason)}.*$`, "m");
}

/** What a subscriber got, and what both ends have logged. */
interface Outcome {
  readonly gets: "every event" | "no event";
  readonly node?: string | undefined;
  readonly publisher?: string | undefined;
}

/** One publisher service, with a node beside it that may get every event. */
class Setting implements AsyncDisposable {
  readonly #deployment: Deployment;
  readonly #service: Service;
  readonly #witness: RunningCommand;
  readonly #certificates: Certificates;
  #count = 0;

  constructor(
    parts: { deployment: Deployment; service: Service; witness: RunningCommand },
    certificates: Certificates,
  ) {
    this.#deployment = parts.deployment;
    this.#service = parts.service;
    this.#witness = parts.witness;
    this.#certificates = certificates;
  }

  /** @param publisher the certificate of the service; with one that is wrong, the witness is plain */
  static async open(
    mode: typeof MODES[number],
    certificates: Certificates,
    publisher = certificates.publishers["right"],
  ): Promise<Setting> {
    const { authority, publishers, nodes } = certificates;
    const deployment = await Deployment.create({ "df.management_ip": "127.0.0.1" });
    const isOff = mode === "off";
    const service = await deployment.serve({
      ...(isOff ? {} : tlsOverrides(mode, authority, publisher)),
      "df_zmq.tls_allowed_nodes": "*.nodes.example",
    });
    const isPlain = isOff || publisher !== publishers["right"];
    const own = isPlain ? {} : tlsOverrides("on", authority, nodes["right"]);
    const witness = await deployment.subscribeHere(["--json"], own);
    return new Setting({ deployment, service, witness }, certificates);
  }

  /** The plain port, or the only one. */
  get uri(): string {
    return this.#service.uri;
  }

  /** Publishes an event, and returns its key when the witness has it. */
  async publish(): Promise<string> {
    const key = `event-${++this.#count}`;
    const event = ["--table", "lport", "--action", "delete", "--key", key];
    const { code, stderr } = await this.#deployment.runHere(["publish", ...event]);
    assert.equal(code, 0, stderr);
    await this.#witness.stdout.waitFor(new RegExp(key));
    return key;
  }

  /** Our node with this certificate; without TLS for "plain". */
  async ours(
    name: string,
    args: readonly string[] = [],
    overrides: Overrides = {},
  ): Promise<Outcome> {
    const { authority, nodes } = this.#certificates;
    const own = name === "plain" ? {} : tlsOverrides("on", authority, nodes[name]);
    const from = this.#service.program.stderr.text.length;
    await using node = this.#deployment.startHere(["subscribe", "--json", ...args], {
      ...own,
      ...overrides,
    });
    const [began] = await node.stderr.waitFor(
      new RegExp(`${WARNED.source}|^.*listening on .*$`, "m"),
    );
    if (began.includes("listening on")) {
      await node.stdout.waitFor(new RegExp(await this.publish()));
      return { gets: "every event" };
    }
    const isAtPublisher = !began.includes("Cannot follow");
    const [refused] = isAtPublisher
      ? await this.#service.program.stderr.waitFor(refusalFor(began), { from })
      : [undefined];
    await this.publish();
    const { stdout } = await node.stop();
    assert.equal(stdout, "", `the node with the certificate "${name}"`);
    return { gets: "no event", node: began, publisher: refused };
  }

  /** A node of the original, at the port in the publishers row. */
  async stock(): Promise<Outcome> {
    const from = this.#service.program.stderr.text.length;
    // libzmq knows no tls://.
    const address = this.uri.replace("tls:", "tcp:");
    await using peer = await startPythonPeer({ type: "SUB", role: "connect", address });
    await peer.order({ do: "subscribe", topic: hex("D") });
    let hasEvent = false;
    void peer.message().then(() => hasEvent = true, () => {});
    const flow = ["publish", "--action", "log", "--key", "any", "--count", "1500", "--rate", "50"];
    await using _events = this.#deployment.startHere(flow);
    const refusal = () => REFUSED.exec(this.#service.program.stderr.text.slice(from))?.[0];
    await eventually(() => hasEvent || refusal() !== undefined, (isDecided) => isDecided);
    return { gets: hasEvent ? "every event" : "no event", publisher: refusal() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#witness[Symbol.asyncDispose]();
    await this.#service[Symbol.asyncDispose]();
    await this.#deployment[Symbol.asyncDispose]();
  }
}

function rowOf(mode: string, who: string, name: string, outcome: Outcome): string {
  const { gets, node, publisher } = outcome;
  return `| ${[mode, who, name, gets, masked(node), masked(publisher)].join(" | ")} |`;
}

const HEAD = [
  "| publisher | node | certificate | gets | the node logs | the publisher logs |",
  "| --- | --- | --- | --- | --- | --- |",
];

Deno.test("a node gets every event or none, and both ends log why, for each mode of TLS and certificate", async () => {
  await using dir = await tempDir();
  const certificates = await makeAll(dir);
  const rows = [...HEAD];
  for (const mode of MODES) {
    await using setting = await Setting.open(mode, certificates);
    for (const name of [...Object.keys(certificates.nodes), "plain"]) {
      rows.push(rowOf(mode, "ours", name, await setting.ours(name)));
    }
    rows.push(rowOf(mode, "stock", "plain", await setting.stock()));
    const { uri } = setting;
    if (mode === "off") {
      const wrong = uri.replace("tcp:", "tls:");
      rows.push(
        rowOf(mode, "ours, at tls://", "right", await setting.ours("right", ["--uri", wrong])),
      );
    }
    if (mode === "required") {
      const wrong = uri.replace("tls:", "tcp:");
      rows.push(
        rowOf(mode, "ours, at tcp://", "plain", await setting.ours("plain", ["--uri", wrong])),
      );
    } else {
      const required = { "df_zmq.tls": "required" };
      const { gets, node } = await setting.ours("right", [], required);
      rows.push(rowOf(mode, "ours, required", "right", { gets, node }));
    }
  }
  for (const [name, publisher] of Object.entries(certificates.publishers)) {
    await using setting = await Setting.open("on", certificates, publisher);
    const mode = `on, its certificate: ${name}`;
    rows.push(rowOf(mode, "ours", "right", await setting.ours("right")));
    if (name === "right") {
      const allowed = { "df_zmq.tls_allowed_publishers": "*.controllers.example" };
      const outcome = await setting.ours("right", [], allowed);
      rows.push(rowOf(mode, "ours, with tls_allowed_publishers", "right", outcome));
    }
    if (name === "another host") {
      const named = { "df_zmq.tls_publisher_names": "c*.example" };
      const outcome = await setting.ours("right", [], named);
      rows.push(rowOf(mode, "ours, with tls_publisher_names", "right", outcome));
    }
  }
  const table = `${rows.join("\n")}\n`;
  if (Deno.env.get("UPDATE_TLS_MATRIX") === "1") await Deno.writeTextFile(TABLE, table);
  assert.equal(table, await Deno.readTextFile(TABLE));
});
