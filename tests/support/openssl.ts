import { programPath } from "./system_programs.ts";
import type { TempDir } from "./temp_dir.ts";

/** Paths of a certificate and of its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What {@linkcode makeCertificate} makes. */
export interface CertificateSpec {
  /** Name of the files, and CommonName of the subject. */
  readonly name: string;
  /** @default the certificate signs itself, and is an authority */
  readonly issuer?: KeyPair;
  /** Whether it may sign others. @default false, if another one signs it */
  readonly isAuthority?: boolean;
  /** As OpenSSL writes them: `IP:127.0.0.1, DNS:localhost`. @default none */
  readonly names?: string;
  /** As OpenSSL writes it. @default serverAuth, clientAuth */
  readonly usage?: string;
  /** Milliseconds since 1970. @default now */
  readonly from?: number;
  /** Milliseconds since 1970. @default in two days */
  readonly until?: number;
  /** @default EC */
  readonly algorithm?: keyof typeof ALGORITHMS;
}

const DAY_MS = 86_400_000;
const ALGORITHMS = {
  EC: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-224": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-224"],
  brainpool: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
  RSA: ["-newkey", "rsa:2048"],
  "weak RSA": ["-newkey", "rsa:1024"],
} as const;

/**
 * Makes a certificate and its key with OpenSSL in the directory. The system's own configuration is
 * not read.
 *
 * @throws {Error} when openssl is not installed or fails
 */
export async function makeCertificate(dir: TempDir, spec: CertificateSpec): Promise<KeyPair> {
  const { name, issuer, algorithm = "EC" } = spec;
  const pair = { cert: dir.join(`${name}.crt`), key: dir.join(`${name}.key`) };
  const [config, request] = [dir.join(`${name}.cnf`), dir.join(`${name}.csr`)];
  const work = dir.join(`${name}.issued`);
  await Deno.mkdir(work);
  await Deno.writeTextFile(`${work}/index`, "");
  await Deno.writeTextFile(config, configOf(spec, work));
  await openssl([
    ...["req", "-new", "-config", config, ...ALGORITHMS[algorithm], "-noenc"],
    ...["-subj", `/CN=${name}`, "-keyout", pair.key, "-out", request],
  ]);
  const { from = Date.now() - 60_000, until = Date.now() + 2 * DAY_MS } = spec;
  await openssl([
    ...["ca", "-config", config, "-extensions", "extensions", "-batch", "-notext"],
    ...["-create_serial", "-in", request, "-out", pair.cert],
    ...["-startdate", timeText(from), "-enddate", timeText(until)],
    ...(issuer === undefined
      ? ["-selfsign", "-keyfile", pair.key]
      : ["-cert", issuer.cert, "-keyfile", issuer.key]),
  ]);
  return pair;
}

function configOf(
  { issuer, isAuthority = issuer === undefined, names, usage = "serverAuth, clientAuth" }:
    CertificateSpec,
  work: string,
) {
  const extensions = isAuthority
    ? ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign, cRLSign"]
    : [
      "basicConstraints = critical, CA:FALSE",
      "keyUsage = critical, digitalSignature",
      `extendedKeyUsage = ${usage}`,
      ...(names === undefined ? [] : [`subjectAltName = ${names}`]),
    ];
  return [
    ...["[req]", "distinguished_name = name", "[name]"],
    ...["[ca]", "default_ca = issuing", "[issuing]", `database = ${work}/index`],
    ...[
      `new_certs_dir = ${work}`,
      `serial = ${work}/serial`,
      "policy = policy",
      "default_md = sha256",
    ],
    ...["[policy]", "commonName = supplied", "[extensions]", "subjectKeyIdentifier = hash"],
    ...extensions,
  ].join("\n");
}

/** A time as `openssl ca` takes it: `20261129132000Z`. */
function timeText(time: number): string {
  return new Date(time).toISOString().replaceAll(/\.\d+|[-:T]/g, "");
}

/** Runs openssl. @returns its standard output @throws {Error} with its messages, when it fails */
export async function openssl(args: readonly string[]): Promise<string> {
  const command = new Deno.Command(programPath("openssl"), { args: [...args], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}
