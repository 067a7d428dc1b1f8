import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventLine, eventLines } from "../support/events.ts";

/** The memory of a service keeps 512 events. */
const SMALL_LOG = { "df_zmq.high_water_mark": 512 };

function keys(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `p${from + index}`);
}

/** The keys that `subscribe` prints with these arguments until it ends by itself, and its notices. */
async function past(deployment: Deployment, ...args: readonly string[]) {
  const { code, stdout, stderr } = await deployment.runHere([
    "subscribe",
    "--json",
    "--end",
    ...args,
  ]);
  assert.equal(code, 0, stderr);
  const parsed = (text: string) =>
    text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  return { keys: parsed(stdout).map(({ key }) => key), notices: parsed(stderr) };
}

Deno.test("subscribe --since and --last read on into the recorder of a service, and go on live", async () => {
  await using deployment = await Deployment.create(SMALL_LOG);
  const recorder = { "df.recorder_path": deployment.path("recorder") };
  const lines = eventLines(5_000).split("\n").slice(0, -1).map((line) => `${line}\n`);
  {
    await using service = await deployment.serve(recorder);
    await deployment.publish(lines.slice(0, 1_000).join(""));
    // Killed, it would lose what it has recorded last.
    await service.program.stop();
  }
  await using _service = await deployment.serve(recorder);
  await deployment.publish(lines.slice(1_000).join(""));
  await using live = await deployment.subscribe(["--json", "--since", "10m"]);
  await live.stdout.waitFor(/"p4999"/);
  await deployment.publish(eventLine("later"));
  await live.stdout.waitFor(/"later"/);
  const printed = live.stdout.lines.map((line) => JSON.parse(line).key);
  // The service was restarted: its last events might have been lost, as far as a subscriber knows.
  const events = printed.filter((key) => key !== null);
  assert.deepEqual(events, [...keys(0, 5_000), "later"]);
  const last = await past(deployment, "--last", "2000");
  assert.deepEqual(last, { keys: [...keys(3_001, 5_000), "later"], notices: [] });
  const all = await past(deployment, "--last", "9000");
  assert.deepEqual(all.keys.filter((key) => key !== null), [...keys(0, 5_000), "later"]);
  const notice = all.notices.find(({ notice }) => notice === "past");
  assert.equal(notice.events, 5_001);
  assert(Date.parse(notice.keptSince) <= Date.now());
});

Deno.test("subscribe --since says how far back it reaches, when the recorder is damaged or cannot be written", async () => {
  await using deployment = await Deployment.create(SMALL_LOG);
  const path = deployment.path("recorder");
  const lines = eventLines(2_000);
  const since = async () => await past(deployment, "--since", "10m");
  {
    await using _service = await deployment.serve({ "df.recorder_path": path });
    await deployment.publish(lines);
    assert.deepEqual((await since()).keys, keys(0, 2_000));
  }
  const segment = `${path}/0000000001.dfrec`;
  {
    using file = await Deno.open(segment, { read: true, write: true });
    await file.seek(200, Deno.SeekMode.Start);
    await file.write(new TextEncoder().encode("damage"));
  }
  const restarted = Date.now();
  {
    await using _service = await deployment.serve({ "df.recorder_path": path });
    await deployment.publish(lines);
    const { keys: printed, notices } = await since();
    const events = printed.filter((key) => key !== null);
    assert.deepEqual(events.slice(-2_000), keys(0, 2_000));
    assert(events.length < 4_000, "the events of the damaged block are lost");
    const [kept] = notices.filter(({ notice }) => notice === "past");
    assert(Date.parse(kept.keptSince) > restarted - 600_000);
  }
  await Deno.remove(path, { recursive: true });
  await Deno.writeTextFile(path, "a file in its place");
  await using _service = await deployment.serve({ "df.recorder_path": path });
  await deployment.publish(lines);
  const { keys: printed, notices } = await since();
  assert.deepEqual(printed, keys(1_488, 2_000));
  assert.deepEqual(notices.map(({ notice, events }) => [notice, events]), [["past", 512]]);
  assert(Date.parse(notices[0].keptSince) > restarted);
});
