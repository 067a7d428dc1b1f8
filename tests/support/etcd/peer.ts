import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Program } from "../program.ts";

const SCRIPT = fileURLToPath(new URL("./peer.py", import.meta.url));

/** Starts a client that sends the original's requests; see `peer.py`. */
export function startEtcdPeer(address: string | undefined, args: readonly string[]): Program {
  assert(address !== undefined);
  return Program.startCommand(["/usr/bin/python3", SCRIPT, address, ...args], { name: "peer" });
}

/** Runs such a client to its end. @returns what it printed */
export async function askEtcdPeer(
  address: string | undefined,
  ...args: readonly string[]
): Promise<unknown> {
  await using peer = startEtcdPeer(address, args);
  const { code, stdout, stderr } = await peer.result();
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
