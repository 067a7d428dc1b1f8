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
