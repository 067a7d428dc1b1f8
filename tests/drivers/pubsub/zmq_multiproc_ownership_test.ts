import assert from "node:assert/strict";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { withoutLeaks } from "../../support/handles.ts";
import { startIpcOwner } from "../../support/ipc_owner_process.ts";
import { directoryOfNobody, isRoot, NOBODY, nobodyIn } from "../../support/nobody.ts";
import { libzmqMultiprocDriver } from "../../support/zmq/libzmq_drivers.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";
import { zmqMultiprocDriver } from "../../support/zmq/zmq_drivers.ts";

/** Runs a test with a directory like /tmp, in which any account may create files. */
function test(name: string, run: (directory: TempDir) => Promise<void>, needsRoot = true): void {
  const ignore = needsRoot && !isRoot; // only root can give files to other accounts
  Deno.test({
    name: `zmq_multiproc ${name}`,
    ignore,
    async fn() {
      await using directory = await tempDir();
      await Deno.chmod(directory.path, 0o1777);
      await withoutLeaks(() => run(directory));
    },
  });
}

const refusal = (reason: RegExp) => ({ code: "ADDRESS_INVALID", message: reason });

async function refusesBothEnds(path: string, reason: RegExp): Promise<void> {
  const driver = zmqMultiprocDriver(path);
  await assert.rejects(driver.openSubscriber(), refusal(reason));
  await assert.rejects(driver.openPublisher(), refusal(reason));
}

test("refuses a directory that another account created in a shared one", async (shared) => {
  const planted = shared.join("run");
  await Deno.mkdir(planted, { mode: 0o755 });
  await Deno.chown(planted, NOBODY, NOBODY);
  await refusesBothEnds(
    planted,
    /run" belongs to nobody, wanted root, since any account can create it there/,
  );
  assert.deepEqual([...Deno.readDirSync(planted)], []);
  await refusesBothEnds(`${planted}/below`, /run" belongs to nobody/);
});

test("refuses a symlink that another account created in place of the directory", async (shared) => {
  await Deno.mkdir(shared.join("own"), { mode: 0o700 });
  await Deno.symlink(shared.join("own"), shared.join("run"));
  await new Deno.Command("chown", { args: ["-h", "nobody", shared.join("run")] }).output();
  await refusesBothEnds(shared.join("run"), /run" belongs to nobody/);
});

test("follows a symlink of its own account to the directory", async (shared) => {
  await Deno.mkdir(shared.join("own"), { mode: 0o700 });
  await Deno.symlink("own", shared.join("run"));
  const driver = zmqMultiprocDriver(shared.join("run"));
  await using service = await driver.openSubscriber();
  await using publisher = await driver.openPublisher();
  const reader = new FrameReader(service);
  await publisher.send("D", bytesOf("1"));
  await reader.has("D|1");
}, false);

test("refuses a directory that other accounts may write to", async (shared) => {
  for (const mode of [0o777, 0o770, 0o702]) {
    const open = shared.join(`run${mode}`);
    await Deno.mkdir(open);
    await Deno.chmod(open, mode);
    const advice = `other accounts may write .* \\(mode 0${mode.toString(8)}\\): chmod go-w ".*run`;
    await refusesBothEnds(open, new RegExp(advice));
  }
  await Deno.mkdir(shared.join("run511", "own"), { recursive: true, mode: 0o700 });
  await refusesBothEnds(shared.join("run511", "own"), /other accounts may write .*run511"/);
}, false);

test("follows no symlink in place of the lock, and leaves its target unchanged", async (shared) => {
  const precious = shared.join("precious");
  await Deno.writeTextFile(precious, "alias ll='ls -l'\n");
  await Deno.symlink(precious, shared.join("socket.lock"));
  const symlink = refusal(/\.lock" is a symlink, .*remove it/);
  await assert.rejects(zmqMultiprocDriver(shared.path).openSubscriber(), symlink);
  await Deno.remove(shared.join("socket.lock"));
  await Deno.link(precious, shared.join("socket.lock"));
  const linked = refusal(/socket.lock" is a file that also has another name/);
  await assert.rejects(zmqMultiprocDriver(shared.path).openSubscriber(), linked);
  assert.equal(await Deno.readTextFile(precious), "alias ll='ls -l'\n");
}, false);

test("refuses a lock file that another account created in a shared directory", async (shared) => {
  await Deno.writeTextFile(shared.join("socket.lock"), "not ours\n");
  await Deno.chmod(shared.join("socket.lock"), 0o666);
  await Deno.chown(shared.join("socket.lock"), NOBODY, NOBODY);
  const opening = zmqMultiprocDriver(shared.path).openSubscriber();
  // The refusal may come from us, or from the kernel where it protects files in shared directories.
  await assert.rejects(opening, refusal(/socket.lock" belongs to nobody/));
  assert.equal(await Deno.readTextFile(shared.join("socket.lock")), "not ours\n");
});

test("sends nothing to a service of another account in a shared directory", async (shared) => {
  const path = shared.join("socket");
  using listener = Deno.listen({ transport: "unix", path });
  await Deno.chown(path, NOBODY, NOBODY);
  await assert.rejects(
    zmqMultiprocDriver(shared.path).openPublisher(),
    refusal(/socket" belongs to nobody, wanted root/),
  );
  listener.close();
  await using publisher = await zmqMultiprocDriver(shared.path).openPublisher();
  using _late = Deno.listen({ transport: "unix", path });
  await Deno.chown(path, NOBODY, NOBODY);
  const late = refusal(/socket" belongs to nobody, wanted root/);
  await assert.rejects(publisher.send("D", bytesOf("1"), { timeoutMs: 5_000 }), late);
});

test("sends to a service of another account in the directory of that account", async (parent) => {
  const directory = await directoryOfNobody(parent);
  await using service = await startIpcOwner(directory, { asNobody: true });
  await using publisher = await zmqMultiprocDriver(directory).openPublisher();
  await publisher.send("D", bytesOf("1"), { timeoutMs: 10_000 });
  assert.equal(await service.frame(), "D|1");
});

test("sends nothing to another account that listens at a socket of root", async (parent) => {
  const directory = await directoryOfNobody(parent);
  await using _service = await startIpcOwner(directory, { asNobody: true });
  await Deno.rename(`${directory}/socket`, parent.join("socket"));
  await Deno.chown(parent.join("socket"), 0, 0);
  // libzmq connects by itself.
  for (const driver of [zmqMultiprocDriver(parent.path), libzmqMultiprocDriver(parent.path)]) {
    await using publisher = await driver.openPublisher();
    const sending = publisher.send("D", bytesOf("1"), { timeoutMs: 10_000 });
    await assert.rejects(sending, refusal(/nobody listens there, wanted root$/));
  }
});

test("takes over files that root left in the directory of another account's service", async (parent) => {
  const directory = await directoryOfNobody(parent);
  await leaveAsRoot(directory);
  const { service } = await nobodyIn(directory);
  assert.equal(service, "works");
  assert.equal(Deno.lstatSync(`${directory}/socket.lock`).uid, NOBODY);
});

test("takes nothing over, while root listens or holds the lock", async (parent) => {
  const directory = await directoryOfNobody(parent);
  {
    using _listener = Deno.listen({ transport: "unix", path: `${directory}/socket` });
    await Deno.chmod(`${directory}/socket`, 0o600);
    const { service } = await nobodyIn(directory);
    assert.match(service, /^Another publisher service listens at /);
  }
  await leaveAsRoot(directory);
  using lock = await Deno.open(`${directory}/socket.lock`);
  await lock.lock(true);
  const { service } = await nobodyIn(directory);
  assert.match(service, /^Another publisher service listens at /);
});

test("creates a user's directory for that user alone", async (parent) => {
  const directory = `${await directoryOfNobody(parent)}/below`;
  assert.deepEqual(await nobodyIn(directory), { database: "works", service: "works" });
  const { mode, uid } = Deno.lstatSync(directory);
  assert.deepEqual([(mode ?? 0) & 0o777, uid], [0o700, NOBODY]);
});

test("names the wanted owner, when root owns the directory of another account's service", async (parent) => {
  await Deno.chmod(parent.path, 0o755);
  const { service } = await nobodyIn(parent.path);
  assert.match(service, /: "\/.*" belongs to root, wanted a directory of nobody$/);
});

test("leaves no lock of root behind in the directory of another account", async (parent) => {
  const directory = await directoryOfNobody(parent);
  const service = await zmqMultiprocDriver(directory).openSubscriber();
  await service[Symbol.asyncDispose]();
  assert.equal(Deno.lstatSync(`${directory}/socket.lock`).uid, NOBODY);
  assert.equal((await nobodyIn(directory)).service, "works");
});

/** The lock and the socket of a service of root that was killed. */
async function leaveAsRoot(directory: string): Promise<void> {
  await Deno.remove(`${directory}/socket.lock`).catch(() => {});
  await Deno.writeTextFile(`${directory}/socket.lock`, "1\n", { mode: 0o600 });
  const listener = Deno.listen({ transport: "unix", path: `${directory}/socket.new` });
  await Deno.rename(`${directory}/socket.new`, `${directory}/socket`);
  await Deno.chmod(`${directory}/socket`, 0o600);
  listener.close();
}
