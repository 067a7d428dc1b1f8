import { invalidOption } from "../../contract/invalid_option.ts";
import type { Settings } from "../../contract/option.ts";
import { remoteDbHosts } from "../../contract/options.ts";
import { readServerHosts, type ServerHost, type ServerHosts } from "../server_hosts.ts";
import { readLogin, type ServerLogin } from "../server_login.ts";
import { readRuntimeTlsFiles } from "../tls/runtime_tls.ts";
import type { TlsTexts } from "../tls/tls_files.ts";
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
  redisTlsFiles,
  redisTlsServerName,
  redisUsername,
} from "./options.ts";

/** The options of TLS, as `node:tls` takes them. */
export interface RedisTls extends TlsTexts {
  readonly servername?: string;
}

/** All settings for connecting, including the content of files. */
export interface RedisSettings {
  readonly mode: "auto" | "standalone" | "sentinel" | "cluster";
  /** The servers, or the sentinels if the mode is `sentinel`. */
  readonly hosts: readonly ServerHost[];
  readonly masterName: string;
  readonly login: ServerLogin | undefined;
  readonly sentinelLogin: ServerLogin | undefined;
  /** Undefined turns encryption off. */
  readonly tls: RedisTls | undefined;
  readonly db: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

const SCHEMES = ["redis", "rediss"] as const;
const SERVER_PORT = 6379;
const SENTINEL_PORT = 26379;

/**
 * Reads the options and the files that they name.
 *
 * @throws {DriverError} `CONFIG_INVALID` or `FILE_UNUSABLE` with the option and its file, but never
 * the content of the file
 */
export async function readRedisSettings(settings: Settings): Promise<RedisSettings> {
  const { mode, hosts, tls } = readRedisServers(settings);
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

/** The servers or sentinels, and whether their addresses turn TLS on. @throws {DriverError} */
export function readRedisServers(
  settings: Settings,
): Pick<RedisSettings, "mode"> & ServerHosts {
  const sentinels = settings.get(redisSentinels);
  const asked = settings.get(redisMode);
  const mode = asked === "auto" && sentinels.length > 0 ? "sentinel" : asked;
  const isSentinel = mode === "sentinel";
  if (isSentinel && sentinels.length === 0) {
    const what = `"sentinel", but ${redisSentinels.name} is empty, wanted host:port of each`;
    throw invalidOption(settings, redisMode, what);
  }
  const servers = readServerHosts(settings, {
    option: isSentinel ? redisSentinels : remoteDbHosts,
    schemes: SCHEMES,
    defaultPort: isSentinel ? SENTINEL_PORT : SERVER_PORT,
  });
  return { mode, ...servers };
}

/** The user of the login. A user without a password is refused before connecting. */
export function redisUser(settings: Settings): string | undefined {
  return settings.get(redisUsername) || undefined;
}

async function readTls(settings: Settings): Promise<RedisTls> {
  const servername = settings.get(redisTlsServerName);
  const { texts } = await readRuntimeTlsFiles(settings, redisTlsFiles);
  return {
    ...texts,
    ...(servername === "" ? {} : { servername }),
  };
}
