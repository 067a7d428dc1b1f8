import type { ConnectionOptions } from "node:tls";
import type { Settings } from "../../contract/option.ts";
import { remoteDbHosts } from "../../contract/options.ts";
import { parseServerHosts, type ServerHost } from "../server_hosts.ts";
import { readLogin, readTlsFiles, type ServerLogin } from "../server_login.ts";
import {
  redisCommandTimeout,
  redisConnectTimeout,
  redisDbIndex,
  redisMode,
  redisPassword,
  redisPasswordFile,
  redisSentinelMasterName,
  redisSentinelPassword,
  redisSentinelPasswordFile,
  redisSentinels,
  redisSentinelUsername,
  redisTls,
  redisTlsCaFile,
  redisTlsCertFile,
  redisTlsKeyFile,
  redisTlsServerName,
  redisUsername,
} from "./options.ts";

/** Everything that decides how to connect, files read. */
export interface RedisSettings {
  readonly mode: "auto" | "standalone" | "sentinel" | "cluster";
  /** The servers, or the sentinels when the mode is `sentinel`. */
  readonly hosts: readonly ServerHost[];
  readonly masterName: string;
  readonly login: ServerLogin | undefined;
  readonly sentinelLogin: ServerLogin | undefined;
  /** Undefined speaks without encryption. */
  readonly tls: ConnectionOptions | undefined;
  readonly db: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

const SCHEMES = ["redis", "rediss"] as const;
const SERVER_PORT = 6379;
const SENTINEL_PORT = 26379;

/**
 * Reads the options, and the files they name.
 *
 * @throws {Reason} naming the option, and the file where there is one; never what is in it
 */
export async function readRedisSettings(settings: Settings): Promise<RedisSettings> {
  const sentinels = settings.get(redisSentinels);
  const asked = settings.get(redisMode);
  const mode = asked === "auto" && sentinels.length > 0 ? "sentinel" : asked;
  const isSentinel = mode === "sentinel";
  const { hosts, tls } = parseServerHosts(
    isSentinel ? sentinels : settings.get(remoteDbHosts),
    {
      option: isSentinel ? redisSentinels.name : remoteDbHosts.name,
      schemes: SCHEMES,
      defaultPort: isSentinel ? SENTINEL_PORT : SERVER_PORT,
    },
  );
  return {
    mode,
    hosts,
    masterName: settings.get(redisSentinelMasterName),
    login: await readLogin(settings, {
      username: redisUsername,
      password: redisPassword,
      passwordFile: redisPasswordFile,
    }),
    sentinelLogin: await readLogin(settings, {
      username: redisSentinelUsername,
      password: redisSentinelPassword,
      passwordFile: redisSentinelPasswordFile,
    }),
    tls: tls || settings.get(redisTls) ? await readTls(settings) : undefined,
    db: settings.get(redisDbIndex),
    connectTimeoutMs: 1000 * settings.get(redisConnectTimeout),
    commandTimeoutMs: 1000 * settings.get(redisCommandTimeout),
  };
}

/** Who is logged in, once connected: a user without a password is refused before that. */
export function redisUser(settings: Settings): string | undefined {
  return settings.get(redisUsername) || undefined;
}

async function readTls(settings: Settings): Promise<ConnectionOptions> {
  const servername = settings.get(redisTlsServerName);
  return {
    ...await readTlsFiles(settings, {
      caFile: redisTlsCaFile,
      certFile: redisTlsCertFile,
      keyFile: redisTlsKeyFile,
    }),
    ...(servername === "" ? {} : { servername }),
  };
}
