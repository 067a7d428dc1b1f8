import assert from "node:assert/strict";
import type { EtcdServer } from "./server.ts";

/** Turns authentication on, with the users `root:s3cret`, and `reader:r` without any permission. */
export async function enableEtcdLogin(server: EtcdServer): Promise<void> {
  for (
    const args of [
      ["user", "add", "root:s3cret"],
      ["user", "grant-role", "root", "root"],
      ["user", "add", "reader:r"],
      ["auth", "enable"],
    ]
  ) {
    const { isOk, output } = await server.ctl(args);
    assert(isOk, output);
  }
}

/** Runs `etcdctl` as `root`, after {@linkcode enableEtcdLogin}. */
export async function ctlAsRoot(server: EtcdServer, ...args: readonly string[]): Promise<void> {
  const { isOk, output } = await server.ctl(["--user", "root:s3cret", ...args]);
  assert(isOk, output);
}

/** Turns authentication on; the role `some` of `reader:r` may read and write this key only. */
export async function enableEtcdLoginFor(server: EtcdServer, key: string): Promise<void> {
  await enableEtcdLogin(server);
  await ctlAsRoot(server, "role", "add", "some");
  await ctlAsRoot(server, "role", "grant-permission", "some", "readwrite", key);
  await ctlAsRoot(server, "user", "grant-role", "reader", "some");
}
