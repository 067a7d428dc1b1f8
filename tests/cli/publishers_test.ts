import assert from "node:assert/strict";
import { run } from "../../cli/program.ts";
import { openSqliteAt } from "../support/sqlite_db.ts";
import { tempDir } from "../support/temp_dir.ts";
import { FakeIo } from "../support/fake_io.ts";

const LONG_AGO = Date.UTC(2016, 4, 6) / 1000;

Deno.test("run publishers list shows a table to a terminal, and says when there is nobody", async () => {
  await using dir = await tempDir();
  const path = dir.join("northbound.sqlite3");
  await using db = await openSqliteAt(path);
  const list = async () => {
    const io = new FakeIo({ isTerminal: true, env: { NO_COLOR: "1" } });
    const code = await run(["publishers", "list", "--set", `df.sqlite_path=${path}`], io);
    return { code, out: io.out.text, err: io.err.text };
  };
  assert.deepEqual(await list(), { code: 0, out: "", err: "no publishers\n" });
  const record = { id: "a", uri: "tcp://192.0.2.1:8866", last_activity_timestamp: LONG_AGO };
  await db.create("publisher", "a", JSON.stringify(record));
  await db.create("publisher", "b", "\x1b[2J");
  const { code, out } = await list();
  assert.equal(code, 0);
  const [headings, stale, unreadable] = out.split("\n");
  assert.match(`${headings}`, /^ID +URI +LAST ACTIVITY +AGE +STATE$/);
  assert.match(
    `${stale}`,
    /^a +tcp:\/\/192\.0\.2\.1:8866 +2016-05-06T00:00:00\.000Z +\d+ s +stale$/,
  );
  assert.match(`${unreadable}`, /^b +- +- +- +unreadable: /);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(out, /\x1b/);
});

Deno.test("run publishers prune says what it removed, and nothing when quiet", async () => {
  await using dir = await tempDir();
  const set = ["--set", `df.sqlite_path=${dir.join("northbound.sqlite3")}`];
  const talkative = new FakeIo();
  assert.equal(await run(["publishers", "prune", ...set], talkative), 0);
  assert.equal(talkative.err.text, "removed 0\n");
  const quiet = new FakeIo();
  assert.equal(await run(["publishers", "prune", "--quiet", ...set], quiet), 0);
  assert.equal(quiet.err.text + quiet.out.text, "");
});

Deno.test("run publishers list shows a row whose time is in no calendar", async () => {
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
