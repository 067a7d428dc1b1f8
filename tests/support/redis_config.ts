import type { Login } from "./redis_cli.ts";

/** Where every server of the tests listens. */
export const REDIS_HOST = "127.0.0.1";

/** What tests may ask of a data server. */
export interface DataOptions {
  /** Lines of redis.conf besides those of every server: limits, ACL rules, memory. */
  readonly config?: readonly string[] | undefined;
  /** The password of the user "default", also between the servers. @default none */
  readonly password?: string | undefined;
}

/**
 * Lines for a server of data: nothing is kept on disk, DEBUG works, replicas are fed at once and
 * a stop does not wait for them.
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

/** The login that goes with a password, if there is one. */
export function defaultLogin(password: string | undefined): Login | undefined {
  return password === undefined ? undefined : { password };
}

/** Where a plain server listens. */
export function plainPort(port: number): string[] {
  return [`port ${port}`];
}

/** A word for a line of redis.conf, whatever it holds. */
export function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, "\\$&")}"`;
}
