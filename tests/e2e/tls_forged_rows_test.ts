import assert from "node:assert/strict";
import { PUBLISHER_TABLE } from "../../service/event/db_update.ts";
import { formatPublisherRecord } from "../../service/publishers/publisher_record.ts";
import {
  PUBLISHER_SECURITY_TABLE,
  PublisherSecurity,
} from "../../service/publishers/publisher_security.ts";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { makeCertificate } from "../support/openssl.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tlsOverrides } from "../support/zmq/zmq_tls.ts";
import { zmqDriver } from "../support/zmq/zmq_drivers.ts";

const HANDSHAKE_RECORD = 0x16;
const EVENT = ["publish", "--table", "t", "--key", "k", "--action", "set"];

/** A host that lets everybody connect, and keeps the first byte that each sends. */
class Snoop implements AsyncDisposable {
  readonly firstBytes: (number | undefined)[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running = this.#run();

  get port(): number {
    return this.#listener.addr.port;
  }

  async #run(): Promise<void> {
    for await (const connection of this.#listener) {
      const bytes = new Uint8Array(1);
      const count = await connection.read(bytes).catch(() => null);
      if (count !== null) this.firstBytes.push(bytes[0]);
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }
}

Deno.test("a node with tls = required sends nothing without TLS and accepts no other certificate, when rows are forged", async () => {
  await using dir = await tempDir();
  const authority = await makeCertificate(dir, { name: "authority" });
  const issue = (name: string, names: string) =>
    makeCertificate(dir, { name, names, issuer: authority });
  const own = tlsOverrides("required", authority, await issue("real", "IP:127.0.0.1"));
  const node = tlsOverrides("required", authority, await issue("node", "DNS:n1.example"));
  await using deployment = await Deployment.create({ "df.management_ip": "127.0.0.1" });
  await using _service = await deployment.serve(own);
  await using snoop = await Promise.resolve(new Snoop());
  await using thief = await zmqDriver(node).openPublisher();
  await using db = await deployment.openDb();
  const forge = async (id: string, uri: string) => {
    const lastActivityTimestamp = Date.now() / 1000;
    const text = formatPublisherRecord({ id, uri, lastActivityTimestamp });
    await db.create(PUBLISHER_TABLE, id, text);
  };
  const plain = `tcp://127.0.0.1:${snoop.port}`;
  const [real] = await db.entries(PUBLISHER_TABLE);
  await db.create(PUBLISHER_SECURITY_TABLE, real?.key ?? "", `{"tls": "${plain}"}`);
  // Another address than that of "moved", whose address for TLS would count for both.
  await forge("plain", plain.replace("127.0.0.1", "localhost"));
  await forge("secure", plain.replace("tcp:", "tls:"));
  await forge("moved", plain);
  await forge("stolen", "tcp://192.0.2.1:8866");
  await new PublisherSecurity(db).announce("moved", plain.replace("tcp:", "tls:"));
  await new PublisherSecurity(db).announce("stolen", thief.address);

  await using program = deployment.start(["subscribe", "--json"], node);
  await program.stderr.waitFor(
    /certificate has another name: it offers DNS:n1.example, wanted "127.0.0.1"/,
  );
  await program.stderr.waitFor(/Cannot follow publisher "tcp:\/\/localhost.*tls is required/);
  await eventually(() => thief.peerTotals?.refused?.size ?? 0, (count) => count > 0);
  await eventually(() => snoop.firstBytes.length, (count) => count > 0);
  await program.stderr.waitFor(/listening on /);
  assert.equal((await deployment.runHere(EVENT, "", own)).code, 0);
  await program.stdout.waitForLines(1);
  assert.deepEqual(new Set(snoop.firstBytes), new Set([HANDSHAKE_RECORD]));
  assert.deepEqual(thief.peers?.(), []);
});
