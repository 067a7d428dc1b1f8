import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];

Deno.test("serve is not ready and reports it, when another process takes its socket, and is ready when it is free again", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const { stderr } = service.program;
  const url = /^health at (\S+)$/m.exec(stderr.text)?.[1];
  const readiness = async () => await (await fetch(`${url}/readyz`)).text();
  await Deno.remove(deployment.socketPath);
  const other = Deno.listen({ transport: "unix", path: deployment.socketPath });
  const owner = `\\S+ \\(process ${Deno.pid}\\)`;
  await stderr.waitFor(new RegExp(`warn No connection at ipc://.*: ${owner} listens there`));
  assert.match(
    await readiness(),
    /^not ready\n[^]*^local: failed: no connection at .* listens there$/m,
  );
  // Its file goes with it.
  other.close();
  await stderr.waitFor(/Listening at ".*publisher-socket" again/);
  assert.match(await readiness(), /^ready\n/);
  assert.equal((await deployment.runHere(EVENT)).code, 0);
});
