import assert from "node:assert/strict";
import { hostName } from "../../../drivers/_internal/host_name.ts";

const SCRIPT = "import socket; print(socket.getfqdn())";

Deno.test("hostName equals Python's socket.getfqdn() on this host", async () => {
  const python = new Deno.Command("/usr/bin/python3", { args: ["-c", SCRIPT] });
  const expected = new TextDecoder().decode((await python.output()).stdout).trim();
  assert.notEqual(expected, "");
  assert.equal(await hostName(), expected);
});
