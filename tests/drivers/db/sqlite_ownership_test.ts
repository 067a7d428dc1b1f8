import assert from "node:assert/strict";
import { directoryOfNobody, isRoot, NOBODY, nobodyIn } from "../../support/nobody.ts";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

function test(name: string, fn: (directory: TempDir) => Promise<void>): void {
  const ignore = !isRoot; // only root can give files to other accounts
  Deno.test({
    name: `openSqliteDb ${name}`,
    ignore,
    async fn() {
      await using directory = await tempDir();
      await fn(directory);
    },
  });
}

const DAEMON = 1;
const unavailable = (message: RegExp) => ({ code: "DB_UNAVAILABLE", message });

test("refuses a directory that another account created in a shared one", async (shared) => {
  await Deno.chmod(shared.path, 0o1777);
  await Deno.mkdir(shared.join("state"));
  await Deno.chown(shared.join("state"), NOBODY, NOBODY);
  const refusal = unavailable(/^Database ".*": ".*state" belongs to nobody, wanted root/);
  await assert.rejects(openSqliteAt(shared.join("state", "nb.sqlite3")), refusal);
  assert.deepEqual([...Deno.readDirSync(shared.join("state"))], []);
});

test("refuses files that another account created in place of its own in a shared directory", async (shared) => {
  await Deno.chmod(shared.path, 0o1777);
  const path = shared.join("nb.sqlite3");
  for (const suffix of ["", "-wal", "-shm", "-journal"]) {
    await Deno.writeTextFile(path + suffix, "");
    await Deno.chown(path + suffix, NOBODY, NOBODY);
    const refusal = unavailable(new RegExp(`nb.sqlite3${suffix}" belongs to nobody, wanted root`));
    await assert.rejects(openSqliteAt(path), refusal);
    await Deno.remove(path + suffix);
  }
});

test("follows no symlink in place of the file", async (directory) => {
  await Deno.writeTextFile(directory.join("precious"), "");
  await Deno.symlink("precious", directory.join("nb.sqlite3"));
  const refusal = unavailable(/nb.sqlite3" is a symlink, wanted the file itself/);
  await assert.rejects(openSqliteAt(directory.join("nb.sqlite3")), refusal);
  assert.equal(await Deno.readTextFile(directory.join("precious")), "");
});

test("refuses a directory that any account may write to", async (directory) => {
  await Deno.chmod(directory.path, 0o777);
  const refusal = unavailable(/other accounts may write .* chmod go-w/);
  await assert.rejects(openSqliteAt(directory.join("nb.sqlite3")), refusal);
  await Deno.chmod(directory.path, 0o770);
  await using _db = await openSqliteAt(directory.join("nb.sqlite3"));
});

test("gives a database that root creates to the account that owns the directory", async (parent) => {
  const directory = await directoryOfNobody(parent);
  {
    await using db = await openSqliteAt(`${directory}/nb.sqlite3`);
    await db.create("lport", "p1", "1");
    const owners = ["", "-wal", "-shm"].map((suffix) =>
      Deno.lstatSync(`${directory}/nb.sqlite3${suffix}`).uid
    );
    assert.deepEqual(owners, [NOBODY, NOBODY, NOBODY]);
  }
  assert.equal((await nobodyIn(directory)).database, "works");
});

for (const suffix of ["", "-wal", "-shm"]) {
  test(`names the chown that helps, when the database's ${suffix || "file"} belongs to root`, async (parent) => {
    const directory = await directoryOfNobody(parent);
    assert.equal((await nobodyIn(directory)).database, "works");
    const path = `${directory}/nb.sqlite3${suffix}`;
    if (suffix !== "") await Deno.writeTextFile(path, "");
    await Deno.chown(path, 0, 0);
    const { database } = await nobodyIn(directory);
    assert(database.endsWith(`"${path}" belongs to root: chown nobody "${path}"`), database);
  });
}

/** A database of the account "daemon", in a directory of that account. */
async function databaseOfDaemon(parent: TempDir): Promise<{ directory: string; path: string }> {
  const directory = await directoryOfNobody(parent);
  const path = `${directory}/nb.sqlite3`;
  await using db = await openSqliteAt(path);
  await db.create("lport", "p1", "1");
  for (const each of [path, directory]) await Deno.chown(each, DAEMON, DAEMON);
  return { directory, path };
}

test("names the group to join, when only its members may enter the directory", async (parent) => {
  const { directory } = await databaseOfDaemon(parent);
  await Deno.chmod(directory, 0o750);
  const { database } = await nobodyIn(directory);
  const fault = `permission denied on "${directory}": join the group daemon`;
  assert.equal(database, `Database "${directory}/nb.sqlite3": ${fault}`);
});

test("names the account to run as, when a database belongs to another account", async (parent) => {
  const { directory, path } = await databaseOfDaemon(parent);
  const { database } = await nobodyIn(directory);
  assert(database.endsWith(`"${path}" belongs to daemon: run as daemon`), database);
});

test("names the wanted owner, when root owns the directory", async (parent) => {
  await Deno.chmod(parent.path, 0o755);
  const { database } = await nobodyIn(parent.path);
  assert(
    database.endsWith(`"${parent.path}" belongs to root, wanted a directory of nobody`),
    database,
  );
});

test("names the chown to the owner of the directory, when the file belongs to root", async (parent) => {
  const { directory, path } = await databaseOfDaemon(parent);
  await Deno.chown(path, 0, 0);
  const { database } = await nobodyIn(directory);
  assert(database.endsWith(`"${path}" belongs to root: chown daemon "${path}"`), database);
});
