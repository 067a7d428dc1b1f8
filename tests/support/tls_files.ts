import { programPath } from "./system_programs.ts";
import { type TempDir, tempDir } from "./temp_dir.ts";

const DAYS = "2";

/**
 * The sections define the purpose of each certificate. The system's own configuration is not read.
 */
const OPENSSL_CONFIG = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
`;

/** Paths of a certificate and of its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

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

/**
 * Creates certificates that are valid for two days.
 * @throws {Error} when openssl is not installed or fails
 */
export async function makeTlsFiles(): Promise<TlsFiles> {
  const dir = await tempDir();
  try {
    return { ...await makeAll(dir), [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
  } catch (error) {
    await dir[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeAll(dir: TempDir): Promise<Omit<TlsFiles, typeof Symbol.asyncDispose>> {
  await Deno.writeTextFile(dir.join("openssl.cnf"), OPENSSL_CONFIG);
  const [authority, strangeAuthority] = await Promise.all([
    makePair(dir, "authority", "authority"),
    makePair(dir, "strange-authority", "authority"),
  ]);
  const [server, client, strangeClient] = await Promise.all([
    makePair(dir, "server", "server", authority),
    makePair(dir, "client", "client", authority),
    makePair(dir, "strange-client", "client", strangeAuthority),
  ]);
  return { authority, server, client, strangeAuthority, strangeClient };
}

type Purpose = "authority" | "server" | "client";

/** Without an `issuer` the certificate is self-signed. */
async function makePair(
  dir: TempDir,
  name: string,
  purpose: Purpose,
  issuer?: KeyPair,
): Promise<KeyPair> {
  const pair = { cert: dir.join(`${name}.crt`), key: dir.join(`${name}.key`) };
  await openssl([
    ...["req", "-x509", "-config", dir.join("openssl.cnf"), "-extensions", purpose],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", DAYS],
    ...["-subj", `/CN=${name}`, "-keyout", pair.key, "-out", pair.cert],
    ...(issuer === undefined ? [] : ["-CA", issuer.cert, "-CAkey", issuer.key]),
  ]);
  return pair;
}

async function openssl(args: readonly string[]): Promise<void> {
  const command = new Deno.Command(programPath("openssl"), { args: [...args], stdin: "null" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
}
