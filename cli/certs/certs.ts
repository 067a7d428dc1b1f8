import { messageOf } from "../../drivers/contract/errors.ts";
import {
  issueCertificate,
  type IssuedPair,
  makeAuthority,
  requireNames,
} from "../../drivers/tls.ts";
import { UsageError } from "../flags/failure.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { type CertificateStore, certificateStore } from "./certificate_store.ts";

/** The flags of all commands that write. */
interface WriteFlags {
  readonly directory?: string | undefined;
  /** In seconds. */
  readonly valid?: number | undefined;
  readonly json?: true | undefined;
}

/** The flags of `certs init`. */
export interface InitFlags extends WriteFlags {
  readonly name?: string | undefined;
}

/** The flags of `certs issue`. */
export interface IssueFlags extends WriteFlags {
  readonly out?: string | undefined;
  readonly replace?: true | undefined;
}

const DAY_S = 86_400;
/** The clock of another host may be behind. */
const SLACK_MS = 3_600_000;
const MAX_TIME = Date.UTC(9999, 11, 31);
const AUTHORITY = "ca";

/** Makes an authority in a directory. */
export async function initAuthority(flags: InitFlags, io: Io): Promise<ExitCode> {
  const store = certificateStore(flags.directory, io);
  // Errors name the authority. While one replaces another, hosts trust both, so the names differ.
  const names = [flags.name ?? `df-pubsub CA ${crypto.randomUUID().slice(0, 8)}`];
  const pair = await makeAuthority({ names, ...validity(flags.valid ?? 3650 * DAY_S) });
  const paths = await store.write(AUTHORITY, pair, { advice: "use another --directory" });
  tell(paths, io, flags);
  if (!io.out.isTerminal) return EXIT.done;
  io.err.write(
    `Anyone who can read ${
      oneLine(store.path(AUTHORITY, "key"))
    } can join the bus: keep it off the hosts, and\n` +
      "copy only ca.crt to them. If your site has a PKI, use that one instead.\n" +
      "Next: df-pubsub certs issue HOST ADDRESS…\n",
  );
  return EXIT.done;
}

/** Issues a certificate for names. */
export async function issue(
  names: readonly string[],
  flags: IssueFlags,
  io: Io,
): Promise<ExitCode> {
  const store = certificateStore(flags.directory, io);
  await requireNames(names).catch((cause) => {
    throw new UsageError(messageOf(cause), { cause });
  });
  const file = flags.out ?? names[0] ?? "";
  if (!/^[\w*][\w.*-]*$/.test(file) || file === AUTHORITY) {
    throw new UsageError(`"${file}" cannot be the name of the files: add --out NAME`);
  }
  const times = validity(flags.valid ?? 365 * DAY_S);
  const authority = await readAuthority(store);
  const pair = await issueCertificate(authority, { names, ...times }).catch((cause) => {
    const from = store.path(AUTHORITY, "crt");
    throw new Error(`Cannot issue a certificate from "${from}": ${messageOf(cause)}`, { cause });
  });
  const advice = "use another --out, or --replace for a new certificate";
  tell(await store.write(file, pair, { replaces: flags.replace, advice }), io, flags);
  return EXIT.done;
}

function validity(seconds: number) {
  const now = Date.now();
  const notAfter = now + seconds * 1000;
  if (notAfter <= MAX_TIME) return { notBefore: now - SLACK_MS, notAfter };
  throw new UsageError(`--valid ${seconds / DAY_S}d: wanted an expiry date before the year 10000`);
}

async function readAuthority(store: CertificateStore): Promise<IssuedPair> {
  try {
    return await store.read(AUTHORITY);
  } catch (cause) {
    const isAbsent = (cause as Error).cause instanceof Deno.errors.NotFound;
    if (!isAbsent || await store.exists(AUTHORITY)) throw cause;
    const where = store.path(AUTHORITY, "crt");
    const message = `No authority at "${where}": run df-pubsub certs init, or add --directory`;
    throw new UsageError(message, { cause });
  }
}

function tell(paths: readonly string[], io: Io, { json }: WriteFlags): void {
  const asJson = json === true || !io.out.isTerminal;
  for (const path of paths) {
    io.out.write(asJson ? `${JSON.stringify({ written: path })}\n` : `wrote ${oneLine(path)}\n`);
  }
}
