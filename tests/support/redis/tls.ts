import type { Login } from "./cli.ts";
import { dataConfig, type DataOptions, quoted } from "./config.ts";
import { RedisNode } from "./node.ts";
import { type KeyPair, makeTlsFiles, type TlsFiles, type Validity } from "../tls_files.ts";

const ADMIN: Required<Login> = { username: "admin", password: "admin's password" };
const USER: Required<Login> = { username: "dragonflow", password: "user's password" };

/**
 * The ACL rules of an application: all commands that it needs, and none that administers the
 * server.
 */
const USER_RULES = ["~*", "&*", "+@all", "-@admin", "-@dangerous", "+info", "+cluster|slots"];

/** Options of {@linkcode startTlsRedis}. */
export interface TlsOptions extends Pick<DataOptions, "config"> {
  /**
   * ACL rules after those of the user, which remove permissions: `-publish`, `-@scripting`,
   * `resetkeys`, `resetchannels`.
   */
  readonly withoutPermissions?: readonly string[];
  /** The validity of the server's certificate. @default two days from now */
  readonly server?: Validity;
  /** Whether a client must show a certificate. @default true */
  readonly clientCertificate?: boolean;
}

/** A server that accepts only TLS. */
export interface TlsRedis extends AsyncDisposable {
  /** Its `cli` and its `url` use an administrator's login. */
  readonly node: RedisNode;
  readonly files: TlsFiles;
  /** The second user, with limited permissions. */
  readonly user: Required<Login>;
  /** The `rediss://` URL with the login of that user. */
  readonly url: string;
}

/**
 * Starts a server with a TLS port only, its own certificate authority, client certificates and two
 * users. The user "default" is disabled. The user "dragonflow" may use all keys, channels and
 * commands, except dangerous commands such as KEYS and those for administration.
 */
export async function startTlsRedis(options: TlsOptions = {}): Promise<TlsRedis> {
  await using undo = new AsyncDisposableStack();
  const files = undo.use(await makeTlsFiles(options.server));
  const node = undo.use(await startNode(files, options));
  const owned = undo.move();
  const url = `rediss://${USER.username}:${encodeURIComponent(USER.password)}@${node.address}`;
  return { node, files, user: USER, url, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Flags of redis-cli that trust an authority and show a certificate, if there is one. */
export function tlsFlags(authority: KeyPair, client?: KeyPair): string[] {
  const shown = client === undefined ? [] : ["--cert", client.cert, "--key", client.key];
  return ["--tls", "--cacert", authority.cert, ...shown];
}

function startNode(files: TlsFiles, options: TlsOptions): Promise<RedisNode> {
  const lines = [...tlsConfig(files, options), ...users(options), ...dataConfig(options)];
  return RedisNode.start({
    program: "redis-server",
    config: (port) => ["port 0", `tls-port ${port}`, ...lines],
    login: ADMIN,
    cliFlags: tlsFlags(files.authority, files.client),
  });
}

function tlsConfig({ authority, server }: TlsFiles, options: TlsOptions): string[] {
  return [
    `tls-ca-cert-file ${authority.cert}`,
    `tls-cert-file ${server.cert}`,
    `tls-key-file ${server.key}`,
    `tls-auth-clients ${options.clientCertificate ?? true ? "yes" : "no"}`,
  ];
}

function users({ withoutPermissions = [] }: TlsOptions): string[] {
  return [
    "user default off",
    userLine(ADMIN, ["~*", "&*", "+@all"]),
    userLine(USER, [...USER_RULES, ...withoutPermissions]),
  ];
}

function userLine({ username, password }: Required<Login>, rules: readonly string[]): string {
  return ["user", username, "on", quoted(`>${password}`), ...rules].join(" ");
}
