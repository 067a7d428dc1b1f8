import assert from "node:assert/strict";
import {
  byPortOwner,
  pathOwner,
  portOwner,
} from "../../../../drivers/_internal/sockets/socket_owner.ts";
import { tempDir } from "../../../support/temp_dir.ts";

for (const hostname of ["127.0.0.1", "0.0.0.0", "::1"]) {
  Deno.test(`portOwner finds the process that listens on ${hostname}, and no process after it has ended`, () => {
    const listener = Deno.listen({ hostname, port: 0 });
    const { port } = listener.addr;
    assert.equal(portOwner(port), "this process itself");
    assert.equal(byPortOwner(port), " by this process itself");
    listener.close();
    assert.equal(portOwner(port), undefined);
    assert.equal(byPortOwner(port), "");
  });
}

Deno.test("pathOwner returns nothing, when the socket belongs to this process or no process", async () => {
  await using directory = await tempDir();
  using _listener = Deno.listen({ transport: "unix", path: directory.join("socket") });
  assert.equal(pathOwner(directory.join("socket")), undefined);
  assert.equal(pathOwner(directory.join("none")), undefined);
});

Deno.test("byPortOwner is empty, when the port is unknown", () => {
  assert.equal(byPortOwner(undefined), "");
  assert.equal(byPortOwner(0), "");
});
