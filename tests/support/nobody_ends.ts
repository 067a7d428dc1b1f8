import { messageOf } from "../../drivers/contract/errors.ts";
import { becomeNobody } from "./as_nobody.ts";
import { bytesOf, FrameReader } from "./frame_reader.ts";
import { openSqliteAt } from "./sqlite_db.ts";
import { zmqMultiprocDriver } from "./zmq/zmq_drivers.ts";

// Reports what a service and a publisher of the account "nobody" can do in a directory, one line
// each.
const [directory = ""] = Deno.args;
const driver = zmqMultiprocDriver(directory);

async function report(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    console.log(`${what}: works`);
  } catch (error) {
    console.log(`${what}: ${messageOf(error)}`);
  }
}

becomeNobody();
await report("service", async () => {
  await using service = await driver.openSubscriber();
  const reader = new FrameReader(service);
  await using publisher = await driver.openPublisher();
  await publisher.send("D", bytesOf("1"), { timeoutMs: 5_000 });
  await reader.has("D|1");
});
await report("database", async () => {
  await using db = await openSqliteAt(`${directory}/nb.sqlite3`);
  await db.create("lport", crypto.randomUUID(), "1");
});
