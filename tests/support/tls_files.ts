import { type CertificateSpec, type KeyPair, makeCertificate } from "./openssl.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

export type { KeyPair };

/** From when until when a certificate is valid. */
export type Validity = Pick<CertificateSpec, "from" | "until">;

/** Certificates for one test. Disposing removes them. */
export interface TlsFiles extends AsyncDisposable {
  /** The authority that signed the server and the client. */
  readonly authority: KeyPair;
  /** A certificate for 127.0.0.1 and "localhost". */
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** An authority that no end trusts. */
  readonly strangeAuthority: KeyPair;
  /** A client certificate that the untrusted authority signed. */
  readonly strangeClient: KeyPair;
}

const NAMES = ["authority", "server", "client", "strange-authority", "strange-client"] as const;
/** The texts of the files by their names. */
type Texts = ReadonlyMap<string, string>;
/** What this process has made, by the validity of the server's certificate. */
const made = new Map<string, Promise<Texts>>();

/**
 * Creates certificates that are valid for two days, once per process: further calls get copies.
 * @param server the validity of the server's certificate, if it differs
 * @throws {Error} when openssl is not installed or fails
 */
export async function makeTlsFiles(server: Validity = {}): Promise<TlsFiles> {
  const id = JSON.stringify(server);
  if (!made.has(id)) made.set(id, makeAll(server));
  const texts = await made.get(id) ?? new Map();
  const dir = await tempDir();
  for (const [name, text] of texts) {
    await Deno.writeTextFile(dir.join(name), text, { mode: 0o600 });
  }
  const pair = (name: typeof NAMES[number]) => pairIn(dir, name);
  return {
    authority: pair("authority"),
    server: pair("server"),
    client: pair("client"),
    strangeAuthority: pair("strange-authority"),
    strangeClient: pair("strange-client"),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

function pairIn(dir: TempDir, name: typeof NAMES[number]): KeyPair {
  return { cert: dir.join(`${name}.crt`), key: dir.join(`${name}.key`) };
}

async function makeAll(ofServer: Validity): Promise<Texts> {
  await using dir = await tempDir();
  const [authority, strangeAuthority] = await Promise.all([
    makeCertificate(dir, { name: "authority" }),
    makeCertificate(dir, { name: "strange-authority" }),
  ]);
  const usage = "clientAuth";
  const names = "IP:127.0.0.1, DNS:localhost";
  await Promise.all([
    makeCertificate(dir, { name: "server", issuer: authority, names, ...ofServer }),
    makeCertificate(dir, { name: "client", issuer: authority, usage }),
    makeCertificate(dir, { name: "strange-client", issuer: strangeAuthority, usage }),
  ]);
  const files = NAMES.flatMap((name) => [`${name}.crt`, `${name}.key`]);
  return new Map(
    await Promise.all(
      files.map(async (name) => [name, await Deno.readTextFile(dir.join(name))] as const),
    ),
  );
}
