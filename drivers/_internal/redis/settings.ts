import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { messageOf } from "../../contract/errors.ts";
import type { OptionDef, Settings } from "../../contract/option.ts";
import { remoteDbHosts } from "../../contract/options.ts";
import { requireRegularFile } from "../regular_file.ts";
import { RedisReason } from "./errors.ts";
import { parseRedisHosts, type RedisHost } from "./hosts.ts";
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

/** A user and what proves it; undefined logs in as nobody. */
export interface RedisLogin {
  readonly username: string | undefined;
  readonly password: string;
}

/** Everything that decides how to connect, files read. */
export interface RedisSettings {
  readonly mode: "auto" | "standalone" | "sentinel" | "cluster";
  /** The servers, or the sentinels when the mode is `sentinel`. */
  readonly hosts: readonly RedisHost[];
  readonly masterName: string;
  readonly login: RedisLogin | undefined;
  readonly sentinelLogin: RedisLogin | undefined;
  /** Undefined speaks without encryption. */
  readonly tls: ConnectionOptions | undefined;
  readonly db: number;
  readonly connectTimeoutMs: number;
  readonly commandTimeoutMs: number;
}

const SENTINEL_PORT = 26379;

/**
 * Reads the options, and the files they name.
 *
 * @throws {RedisReason} naming the option, and the file where there is one; never what is in it
 */
export async function readRedisSettings(settings: Settings): Promise<RedisSettings> {
  const sentinels = settings.get(redisSentinels);
  const asked = settings.get(redisMode);
  const mode = asked === "auto" && sentinels.length > 0 ? "sentinel" : asked;
  const { hosts, tls } = mode === "sentinel"
    ? parseRedisHosts(sentinels, { option: "sentinels", usualPort: SENTINEL_PORT })
    : parseRedisHosts(settings.get(remoteDbHosts), { option: remoteDbHosts.name });
  return {
    mode,
    hosts,
    masterName: settings.get(redisSentinelMasterName),
    login: await readLogin(settings, redisUsername, [redisPassword, redisPasswordFile]),
    sentinelLogin: await readLogin(settings, redisSentinelUsername, [
      redisSentinelPassword,
      redisSentinelPasswordFile,
    ]),
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

async function readLogin(
  settings: Settings,
  user: OptionDef<string>,
  [inline, file]: readonly [OptionDef<string>, OptionDef<string>],
): Promise<RedisLogin | undefined> {
  const fromFile = (await readNamed(settings, file))?.replace(/\r?\n$/, "");
  const password = fromFile ?? settings.get(inline);
  const username = settings.get(user) || undefined;
  if (password !== "") return { username, password };
  if (username === undefined && fromFile === undefined) return undefined;
  const which = fromFile === undefined ? inline : file;
  throw new RedisReason(`Option "${which.name}": is empty, wanted the password to log in with`);
}

async function readTls(settings: Settings): Promise<ConnectionOptions> {
  const ca = await readNamed(settings, redisTlsCaFile);
  const cert = await readNamed(settings, redisTlsCertFile);
  const key = await readNamed(settings, redisTlsKeyFile);
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? redisTlsCertFile : redisTlsKeyFile;
    throw new RedisReason(
      `Option "${missing.name}": is empty, wanted both certificate and key or neither`,
    );
  }
  const servername = settings.get(redisTlsServerName);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(servername === "" ? {} : { servername }),
  };
}

/** The text of the file that an option names; undefined when it names none. */
async function readNamed(
  settings: Settings,
  option: OptionDef<string>,
): Promise<string | undefined> {
  const path = settings.get(option);
  if (path === "") return undefined;
  try {
    await requireRegularFile(path);
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new RedisReason(`Option "${option.name}": cannot read "${path}": ${messageOf(cause)}`, {
      cause,
    });
  }
}
