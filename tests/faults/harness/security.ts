import type { KeyPair } from "../../support/openssl.ts";
import { RotatedFiles } from "../../support/rotated_files.ts";
import { tempDir } from "../../support/temp_dir.ts";
import type { Overrides } from "../../support/test_settings.ts";

/** TLS of a rig: every process of ours uses the same files, and plain sockets a tunnel. */
export interface RigSecurity {
  readonly overrides: Overrides;
  /** Paths of authorities, certificate and key, for the tunnel. */
  readonly paths: readonly string[];
}

/** Files that can be changed, and the authority that signed the first certificate. */
export interface OpenSecurity extends RigSecurity, AsyncDisposable {
  readonly files: RotatedFiles;
  readonly authority: KeyPair;
}

/** Makes certificates, and removes them at the end. */
export async function openSecurity(): Promise<OpenSecurity> {
  const dir = await tempDir();
  const files = new RotatedFiles(dir);
  const authority = await files.authority();
  await files.trust(authority);
  await files.issue(authority);
  return {
    files,
    authority,
    overrides: { ...files.overrides, "df_zmq.tls_publisher_names": "end.example" },
    paths: [files.authorities.cert, files.used.cert, files.used.key],
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

let shared: RigSecurity | undefined;

/** The security of every rig that has no other; undefined without `--tls`. */
export function sharedSecurity(): RigSecurity | undefined {
  return shared;
}

/** Secures every rig from now on. */
export function shareSecurity(security: RigSecurity): void {
  shared = security;
}
