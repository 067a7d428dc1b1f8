import assert from "node:assert/strict";
import { socketPermissionFault } from "../../../drivers/_internal/denied_place.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("socketPermissionFault is undefined, when the socket may be used or does not exist", async () => {
  await using directory = await tempDir();
  using _listener = Deno.listen({ transport: "unix", path: directory.join("socket") });
  assert.equal(socketPermissionFault(directory.join("socket")), undefined);
  assert.equal(socketPermissionFault(directory.join("none")), undefined);
  assert.equal(socketPermissionFault(directory.join("none", "socket")), undefined);
});
