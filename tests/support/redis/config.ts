import type { Login } from "./cli.ts";

/** The address on which every test server listens. */
export const REDIS_HOST = "127.0.0.1";

/** Options for a data server. */
export interface DataOptions {
  /** Other lines of redis.conf: limits, ACL rules, memory. */
  readonly config?: readonly string[] | undefined;
  /** The password of the user "default", also between the servers. @default none */
  readonly password?: string | undefined;
}

/**
 * Lines of redis.conf for a data server. It stores nothing on disk, allows DEBUG, feeds replicas at
 * once, and does not wait for them when it stops.
 */
export function dataConfig({ config = [], password }: DataOptions = {}): string[] {
  const logins = password === undefined
    ? []
    : [`requirepass ${quoted(password)}`, `masterauth ${quoted(password)}`];
  return [
    'save ""',
    "appendonly no",
    "enable-debug-command local",
    "repl-diskless-sync yes",
    "repl-diskless-sync-delay 0",
    "shutdown-timeout 0",
    ...logins,
    ...config,
  ];
}

/** The login for a password, if there is one. */
export function defaultLogin(password: string | undefined): Login | undefined {
  return password === undefined ? undefined : { password };
}

/** The address on which a plain server listens. */
export function plainPort(port: number): string[] {
  return [`port ${port}`];
}

/** Quotes any text for a line of redis.conf. */
export function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, "\\$&")}"`;
}
