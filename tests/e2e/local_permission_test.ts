import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];
const NOBODY = 65534;
const bound = { isBoundByFileModes: true };

async function runBound(deployment: Deployment, args: readonly string[]) {
  await using program = deployment.start(args, {}, bound);
  const startedAt = performance.now();
  const result = await program.result();
  return { ...result, tookMs: performance.now() - startedAt };
}

Deno.test("publish and check name the group to join, when the socket is not accessible", async () => {
  await using deployment = await Deployment.create({
    "df_zmq.ipc_socket_group": "daemon",
    "df.pub_sub_send_timeout": 60,
  });
  await using service = await deployment.serve();
  const url = /^health at http:\/\/(\S+)$/m.exec(service.program.stderr.text)?.[1];
  await Deno.chown(deployment.socketPath, NOBODY, null);
  const { code, stderr, tookMs } = await runBound(deployment, EVENT);
  const wanted = /permission denied on ".*publisher-socket": join the group daemon$/m;
  assert.match(stderr, /^df-pubsub: Cannot publish: permission denied/m);
  assert.match(stderr, wanted);
  assert.equal(code, 3);
  assert(tookMs < 20_000, `took ${tookMs} ms`);
  const check = await runBound(deployment, [
    ...["check", "--output", "text", "--set", `df.http_address=${url}`],
  ]);
  assert.match(check.stdout, /^service: (?:ok|warning): ready/m);
  assert.match(check.stdout, /^local: warning: Cannot publish: permission denied on /m);
  assert.match(check.stdout, wanted);
  assert.equal(check.code, 0);
});

Deno.test("publish names the directory, when that denies access to the socket", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  const directory = deployment.path("run");
  await Deno.chmod(directory, 0o700);
  await Deno.chown(directory, NOBODY, NOBODY);
  const { code, stderr } = await runBound(deployment, EVENT);
  assert.match(
    stderr,
    /permission denied on ".*\/run": only user nobody may use it: change its mode/,
  );
  assert.equal(code, 3);
});

Deno.test("check names the service to start, when no service runs", async () => {
  await using deployment = await Deployment.create({ "df.http_address": "" });
  const { code, stdout } = await deployment.runHere(["check", "--output", "text"]);
  assert.match(stdout, /^local: critical: No publisher service listens at "ipc:.*": start df-/m);
  assert.equal(code, 3);
});

Deno.test({
  name: "serve says to join the group of its socket, when its account is not a member",
  ignore: Deno.uid() !== 0, // only root can give up the permission to change any group
  async fn() {
    await using deployment = await Deployment.create({ "df_zmq.ipc_socket_group": "daemon" });
    const by = ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"];
    await using serve = deployment.start(["serve"], {}, { by });
    const { code, stderr } = await serve.result();
    assert.match(
      stderr,
      /Cannot give the socket to the group "daemon": .*: make root a member of the group$/m,
    );
    assert.equal(code, 3);
  },
});
