import assert from "node:assert/strict";
import { run } from "../../cli/program.ts";
import { openSqliteAt } from "../support/sqlite_db.ts";
import { tempDir } from "../support/temp_dir.ts";
import { FakeIo } from "../support/fakes/fake_io.ts";

const LONG_AGO = Date.UTC(2016, 4, 6) / 1000;

/** The places in which a command without a configuration file searches. */
const looked = (path: string) =>
  `sqlite at ${path} (configuration: none (no file at "/home/user/.config/df-pubsub/df-pubsub.ini" ` +
  'or "/etc/df-pubsub/df-pubsub.ini", no *.conf in "/etc/df-pubsub/conf.d"))';

Deno.test("run publishers list shows a table on a terminal, and reports when it is empty", async () => {
  await using dir = await tempDir();
  const path = dir.join("northbound.sqlite3");
  await using db = await openSqliteAt(path);
  const list = async () => {
    const io = new FakeIo({ isTerminal: true, env: { NO_COLOR: "1" } });
    const code = await run(["publishers", "list", "--set", `df.sqlite_path=${path}`], io);
    return { code, out: io.out.text, err: io.err.text };
  };
  assert.deepEqual(await list(), {
    code: 0,
    out: "",
    err: `no publishers in ${looked(path)}\n`,
  });
  const record = { id: "a", uri: "tcp://192.0.2.1:8866", last_activity_timestamp: LONG_AGO };
  await db.create("publisher", "a", JSON.stringify(record));
  await db.create("publisher", "b", "\x1b[2J");
  const { code, out } = await list();
  assert.equal(code, 0);
  const [headings, stale, unreadable] = out.split("\n");
  assert.match(`${headings}`, /^ID +URI +LAST ACTIVITY +AGE +STATE$/);
  assert.match(
    `${stale}`,
    /^a +tcp:\/\/192\.0\.2\.1:8866 +2016-05-06T00:00:00\.000Z +\d+ d +stale$/,
  );
  assert.match(`${unreadable}`, /^b +- +- +- +unreadable: /);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(out, /\x1b/);
});

Deno.test("run publishers prune reports the removed rows, and nothing with --quiet", async () => {
  await using dir = await tempDir();
  const path = dir.join("northbound.sqlite3");
  await using _db = await openSqliteAt(path);
  const set = ["--set", `df.sqlite_path=${path}`];
  const talkative = new FakeIo();
  assert.equal(await run(["publishers", "prune", ...set], talkative), 0);
  assert.equal(talkative.err.text, `removed 0 from ${looked(path)}\n`);
  const quiet = new FakeIo();
  assert.equal(await run(["publishers", "prune", "--quiet", ...set], quiet), 0);
  assert.equal(quiet.err.text + quiet.out.text, "");
});

Deno.test("run publishers list shows a row, when its time is not a valid date", async () => {
  await using dir = await tempDir();
  const path = dir.join("northbound.sqlite3");
  await using db = await openSqliteAt(path);
  const inMicros = Date.now() * 1000;
  const record = { id: "a", uri: "tcp://192.0.2.1:8866", last_activity_timestamp: inMicros };
  await db.create("publisher", "a", JSON.stringify(record));
  const io = new FakeIo({ isTerminal: true, env: { NO_COLOR: "1" } });
  assert.equal(await run(["publishers", "list", "--set", `df.sqlite_path=${path}`], io), 0);
  assert.match(io.out.text, new RegExp(`^a +tcp:.* +${inMicros} +-\\d+ s +alive$`, "m"));
});

Deno.test("run creates no database and reports where it looked, when a reading command finds none", async () => {
  await using dir = await tempDir();
  const path = dir.join("state", "northbound.sqlite3");
  const set = ["--set", `df.sqlite_path=${path}`, "--no-config"];
  const commands = [
    ["publishers", "list"],
    ["publishers", "list", "--json"],
    ["publishers", "prune"],
    ["publishers", "prune", "--dry-run"],
  ];
  const said = `df-pubsub: No database at "${path}"; configuration: none (--no-config)\n`;
  for (const command of commands) {
    const io = new FakeIo();
    const code = await run([...command, ...set], io);
    assert.deepEqual([code, io.out.text, io.err.text], [3, "", said], command.join(" "));
  }
  const io = new FakeIo({ isTerminal: true });
  assert.equal(await run(["check", "--no-service", ...set], io), 3);
  const detail = `No database at "${path}"; configuration: none (--no-config)`;
  assert.equal(io.out.text, `database: critical: ${detail}\n`);
  assert.deepEqual([...Deno.readDirSync(dir.path)], []);
});
