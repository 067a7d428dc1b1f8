import { RedisReason } from "./errors.ts";

/** Where one server is. */
export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Hosts of a configuration, and whether any of them was written with `rediss://`. */
export interface RedisHosts {
  readonly hosts: readonly RedisHost[];
  readonly tls: boolean;
}

const SYNTAX = /^(?:(rediss?):\/\/)?(?:\[([\da-fA-F:.%]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/;

/** What Redis listens on when nobody says otherwise. */
const USUAL_PORT = 6379;

/**
 * Reads `host:port`, `[address]:port`, `redis://host:port` and `rediss://host:port`.
 *
 * @throws {RedisReason} for anything else. A text with a login in it is not repeated in the message
 */
export function parseRedisHosts(
  texts: readonly string[],
  { option, usualPort = USUAL_PORT }: { readonly option: string; readonly usualPort?: number },
): RedisHosts {
  if (texts.length === 0) throw new RedisReason(`Option "${option}": is empty, wanted host:port`);
  const matches = texts.map((text) => match(text, option));
  return {
    hosts: matches.map(([, , address, name, port]) => ({
      host: address ?? name ?? "",
      port: port === undefined ? usualPort : Number(port),
    })),
    tls: matches.some(([, scheme]) => scheme === "rediss"),
  };
}

function match(text: string, option: string): RegExpExecArray {
  if (text.includes("@")) {
    throw new RedisReason(
      `Option "${option}": has an address with a login, wanted username and password in their own options`,
    );
  }
  const found = SYNTAX.exec(text.trim());
  if (found !== null && Number(found[4] ?? 1) >= 1 && Number(found[4] ?? 1) <= 65535) return found;
  throw new RedisReason(`Option "${option}": "${text}", wanted host:port or rediss://host:port`);
}

/** `host:port`, an IPv6 address in brackets. */
export function formatRedisHost({ host, port }: RedisHost): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
