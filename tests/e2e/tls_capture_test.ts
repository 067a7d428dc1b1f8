import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { NetPair, whyNoNamespaces } from "../faults/harness/net_pair.ts";
import { Deployment } from "../support/deployment.ts";
import { makeCertificate } from "../support/openssl.ts";
import { Program, programCommand } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { Overrides } from "../support/test_settings.ts";
import { tlsOverrides } from "../support/zmq/zmq_tls.ts";

const CAPTURE = fileURLToPath(new URL("../support/capture.py", import.meta.url));
const EVENT = {
  table: "table-in-clear",
  key: "key-in-clear",
  action: "set",
  value: "value-in-clear",
  topic: "topic-in-clear",
};

/** The texts of an event that packets between two hosts contain. */
async function textsOnTheWire(net: NetPair, own: Overrides): Promise<string[]> {
  await using deployment = await Deployment.create({
    "df.management_ip": net.near,
    "df.nb_db_class": "sqlite_nb_db_driver",
    ...own,
  });
  const service = Program.start(["serve", ...deployment.flags()], { by: net.inNear });
  await using _service = service;
  await service.stderr.waitFor(/(?:^|")READY(?:$|")/m);
  const path = deployment.path("packets");
  const command = [...net.inNear, "/usr/bin/python3", CAPTURE, "veth0", path];
  await using capture = Program.startCommand(command, { name: "capture" });
  await capture.stdout.waitFor(/READY/);
  await using node = Program.start(
    ["subscribe", "--json", "--topic", EVENT.topic, ...deployment.flags()],
    { by: net.inFar },
  );
  await node.stderr.waitFor(/(?:^|")listening on /m);
  const [program, ...args] = [...net.inNear, ...programCommand(["publish", "--stdin"])];
  await using worker = Program.startCommand([program ?? "", ...args, ...deployment.flags()], {
    name: "publish",
  });
  await worker.write(`${JSON.stringify(EVENT)}\n`);
  await node.stdout.waitFor(new RegExp(EVENT.key));
  await capture.endInput();
  assert.equal((await capture.result()).code, 0);
  const packets = new TextDecoder("latin1").decode(await Deno.readFile(path));
  assert(packets.length > 1_000, "packets were recorded");
  return Object.values(EVENT).filter((text) => text.includes("clear") && packets.includes(text));
}

const reason = await whyNoNamespaces();
if (reason !== undefined) console.log(`packets are not recorded: ${reason}`);

Deno.test({
  name: "packets between hosts contain no topic, table, key or value, when TLS is required",
  ignore: reason !== undefined,
  fn: async () => {
    await using dir = await tempDir();
    await using net = await NetPair.create();
    const authority = await makeCertificate(dir, { name: "authority" });
    const names = `IP:${net.near}, DNS:end.example`;
    const end = await makeCertificate(dir, { name: "end", issuer: authority, names });
    const secret = tlsOverrides("required", authority, end);
    const all = Object.values(EVENT).filter((text) => text.includes("clear"));
    assert.deepEqual(await textsOnTheWire(net, {}), all, "the recording finds them without TLS");
    assert.deepEqual(await textsOnTheWire(net, secret), []);
  },
});
