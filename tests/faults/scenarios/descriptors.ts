import { programCommand } from "../../support/program.ts";
import { plainHello } from "../harness/attack.ts";
import { Child } from "../harness/child.ts";
import { metricsOf } from "../harness/metrics.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const LIMIT = 256;
const PER_SECOND = 100;
const FULL_MS = 4_000;
const REFUSING = /Refusing connections at the publisher's port/g;

/** The time at which the service last wrote its row. */
async function rowWrittenAt(rig: Rig): Promise<number> {
  const command = programCommand(["publishers", "list", "--json", ...rig.flags()]);
  await using list = new Child("publishers list", command);
  const { stdout, stderr } = await list.ended();
  const { lastActivityTimestamp } = JSON.parse(stdout || "{}");
  if (typeof lastActivityTimestamp === "number") return lastActivityTimestamp;
  throw new Error(`publishers list: ${stdout}${stderr}`);
}

/** A subscriber's connection that sends nothing more, or undefined when the service refuses it. */
async function connect(port: number): Promise<Deno.Conn | undefined> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(plainHello);
    if (await connection.read(new Uint8Array(64)) !== null) return connection;
  } catch {
    // The service has reset the connection.
  }
  connection.close();
  return undefined;
}

/** Connections use up every descriptor that a service allows for them. */
export const descriptors: Scenario = {
  name: "descriptors",
  summary:
    "a service runs out of descriptors: local publishers, database and subscribers are unaffected",
  hasShortForm: true,
  needsPlain: "its connections speak plain ZMTP",
  async run({ say }) {
    await using rig = await Rig.create({ "df.publisher_rate_limit_timeout": 1 });
    const service = await rig.serve({ wrapper: ["prlimit", `--nofile=${LIMIT}`] });
    const refusals = () => service.child.stderr.text.match(REFUSING)?.length ?? 0;
    await rig.node("subscriber");
    await rig.witness();
    const feeder = rig.feeder("e", PER_SECOND).start();
    const held: Deno.Conn[] = [];
    const faults: string[] = [];
    try {
      for (let count = 0; count < LIMIT; count++) {
        const connection = await connect(rig.port);
        if (connection !== undefined) held.push(connection);
      }
      if (refusals() === 0) {
        throw new Error("no connection was refused: the scenario proves nothing");
      }
      const rowBefore = await rowWrittenAt(rig);
      const late = rig.feeder("late", PER_SECOND, { limit: PER_SECOND }).start();
      await sleep(FULL_MS);
      const { code, stderr } = await (await late.whenWritten()).finish();
      if (code !== 0) faults.push(`a local publisher cannot publish: ${stderr}`);
      if (await rowWrittenAt(rig) <= rowBefore) {
        faults.push("the row in the database is not written");
      }
      const metrics = await metricsOf(service);
      const open = metrics.get("process_open_fds");
      say(`${held.length} connections are held; ${open} of ${metrics.get("process_max_fds")} open`);
      if (await connect(rig.port) !== undefined) faults.push("a connection was accepted");
      if (refusals() !== 1) faults.push(`${refusals()} warnings, wanted 1`);
    } finally {
      for (const connection of held) connection.close();
    }
    await rig.node("after");
    await until(() => /Accepting connections/.test(service.child.stderr.text), {
      what: "it accepts",
    });
    await sleep(1_000);
    const { code, stderr } = await feeder.finish();
    if (code !== 0) faults.push(`publish: ${stderr}`);
    const rows = await rig.settle();
    if (rows.some(({ announced }) => announced > 0)) faults.push("events are lost");
    return { rows, faults };
  },
};
