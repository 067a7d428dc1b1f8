import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];

Deno.test("serve says that its socket was taken, is not ready then, and is again when it is free", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const { stderr } = service.program;
  const url = /^health at (\S+)$/m.exec(stderr.text)?.[1];
  const readiness = async () => await (await fetch(`${url}/readyz`)).text();
  await Deno.remove(deployment.socketPath);
  const other = Deno.listen({ transport: "unix", path: deployment.socketPath });
  const owner = `\\S+ \\(process ${Deno.pid}\\)`;
  await stderr.waitFor(new RegExp(`warn Lost ipc://.*: ${owner} listens there`));
  assert.match(await readiness(), /^not ready\n[^]*^local: failed: lost .* listens there$/m);
  // Its file goes with it.
  other.close();
  await stderr.waitFor(/Listening at ".*publisher-socket" again/);
  assert.match(await readiness(), /^ready\n/);
  assert.equal((await deployment.run(EVENT)).code, 0);
});

Deno.test("serve says that the socket for acknowledgements is gone, and binds it again", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const { stderr } = service.program;
  await Deno.remove(`${deployment.socketPath}.ask`);
  await stderr.waitFor(/warn Lost ipc:\/\/.*\.ask: the socket's file is gone/);
  // In this order: the last line says how it is.
  await stderr.waitFor(/\.ask: the socket's file is gone\n[^]*Listening at ".*\.ask" again/);
  const { code, stdout } = await deployment.run([...EVENT, "--json"]);
  assert.match(stdout, /"acknowledged":true,"accepted":1/);
  assert.equal(code, 0);
});
