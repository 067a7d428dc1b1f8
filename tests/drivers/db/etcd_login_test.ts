import assert from "node:assert/strict";
import { etcdRequestTimeout, etcdUsername } from "../../../drivers/_internal/etcd/options.ts";
import { silentLogger } from "../../../drivers/contract/logger.ts";
import { openEtcdDb } from "../../../drivers/db/etcd.ts";
import { createEtcdDriver } from "../../../drivers/pubsub/etcd.ts";
import { ChangingSettings } from "../../support/fakes/changing_settings.ts";
import { etcdSettings } from "../../support/etcd/db.ts";
import { enableEtcdLogin } from "../../support/etcd/login.ts";
import { EtcdServer } from "../../support/etcd/server.ts";
import { bytesOf } from "../../support/frame_reader.ts";
import { tempDir } from "../../support/temp_dir.ts";

const DEFAULT_TIMEOUT_MS = 1000 * Number(etcdRequestTimeout.default);

/** A database and a bus that are open with the login of `username`, whose password is in a file. */
async function loginFixture(username: "df" | "reader", password: string) {
  await using undo = new AsyncDisposableStack();
  const server = undo.use(await EtcdServer.start());
  const directory = undo.use(await tempDir());
  const password_file = directory.join("password");
  await Deno.writeTextFile(password_file, password);
  await enableEtcdLogin(server);
  const asRoot = async (...args: readonly string[]) => {
    const { isOk, output } = await server.ctl(["--user", "root:s3cret", "user", ...args]);
    assert(isOk, output);
  };
  const addUser = async (password: string) => {
    await asRoot("add", `df:${password}`);
    await asRoot("grant-role", "df", "root");
  };
  const changePassword = async (password: string) => {
    await asRoot("delete", "df");
    await addUser(password);
  };
  await addUser("one");
  const login = { username, password_file };
  const settings = new ChangingSettings(etcdSettings(server.addresses, login));
  const db = undo.use(await openEtcdDb({ settings, log: silentLogger }));
  const rest = undo.move();
  const dispose = () => rest.disposeAsync();
  return { server, settings, password_file, db, changePassword, [Symbol.asyncDispose]: dispose };
}

Deno.test("database and bus of etcd log in with the new password of the file, when it was changed", async () => {
  await using fixture = await loginFixture("df", "one");
  const { db, settings, password_file, changePassword } = fixture;
  const bus = createEtcdDriver({ settings, log: silentLogger });
  await using publisher = await bus.openPublisher();
  await db.create("lport", "p1", "1");
  await publisher.send("D", bytesOf("1"));
  await Deno.writeTextFile(password_file, "two\n");
  await changePassword("two");
  assert.equal(await db.get("lport", "p1"), "1");
  await publisher.send("D", bytesOf("2"));
});

Deno.test("database of etcd uses a password that follows later, when the first one is refused", async () => {
  await using fixture = await loginFixture("df", "one");
  const { db, password_file, changePassword } = fixture;
  await db.create("lport", "p1", "1");
  await changePassword("two");
  await assert.rejects(db.get("lport", "p1"), { message: /the login was refused/ });
  await Deno.writeTextFile(password_file, "two\n");
  assert.equal(await db.get("lport", "p1"), "1");
});

Deno.test("database of etcd adopts another user and another timeout, when they change while it is open", async () => {
  await using fixture = await loginFixture("reader", "r");
  const { server, db, settings, password_file } = fixture;
  await assert.rejects(db.keys("lport"), { message: /no permission/ });
  await Deno.writeTextFile(password_file, "one");
  settings.set(etcdUsername, "df");
  assert.deepEqual(await db.keys("lport"), []);
  for (const member of server.members) await member.freeze();
  settings.set(etcdRequestTimeout, 0.2);
  const begun = performance.now();
  await assert.rejects(db.keys("lport"), { message: /no answer before the timeout/ });
  assert(performance.now() - begun < DEFAULT_TIMEOUT_MS);
});
