import { DbUnavailable, DriverError, messageOf } from "../../contract/errors.ts";
import { connectionReason } from "../connection_reasons.ts";
import { Reason } from "../reason.ts";

/** A {@linkcode Reason} about a row instead of the server. */
export class RowReason extends Reason {}

/** Whether the server replied with this error, so that the command was not executed. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** Whether a command may have been executed although it failed: the server has not replied. */
export function mayBeExecuted(thrown: unknown): boolean {
  return !isReply(thrown) && !(thrown instanceof Reason) && !(thrown instanceof DriverError);
}

/** The code of a failure, which depends on the kind of driver. */
export type RedisFailureCode = "DB_UNAVAILABLE" | "REFUSED" | "TRANSPORT_FAILED";

/** Whether the server replied that the user lacks a permission. */
function isDenied(error: unknown): boolean {
  return isReply(error) && error.message.startsWith("NOPERM");
}

/** The context of a failure. */
export interface RedisFailureContext {
  readonly code: RedisFailureCode;
  /** The server, see `RedisConnection.label`; empty if unknown. */
  readonly label: string;
  /** The user of the login, for messages about missing permissions. */
  readonly username?: string | undefined;
  /** Whether the command may have been executed nevertheless. @default false */
  readonly isUncertain?: boolean;
}

/**
 * Translates an error of ioredis, a server or a socket into the error for callers; driver errors
 * stay unchanged. `action` is what failed: `read table "lport"`. A permission that is missing for the
 * bus has the code `PERMISSION_DENIED` instead of `TRANSPORT_FAILED`.
 *
 * The cause is a copy with only the message: the original contains the command's arguments, which
 * are rows or, for a refused login, the password.
 */
export function redisError(
  action: string,
  thrown: unknown,
  { code, label, username, isUncertain = false }: RedisFailureContext,
): DriverError {
  if (thrown instanceof DriverError) return thrown;
  const where = label === "" ? "Redis" : `Redis "${label}"`;
  const message = `${where}: cannot ${action}: ${explainRedis(thrown, username)}`;
  const options = thrown instanceof Reason ? {} : { cause: withoutArguments(thrown) };
  if (code === "DB_UNAVAILABLE") {
    const text = isUncertain ? `${message}; the write may have been carried out` : message;
    return new DbUnavailable(text, { ...options, isOfRow: isOfRow(thrown), isUncertain });
  }
  const isForbidden = code === "TRANSPORT_FAILED" && isDenied(thrown);
  const reported = isForbidden ? "PERMISSION_DENIED" : code;
  return new DriverError(reported, message, { ...options, isUncertain });
}

function isOfRow(thrown: unknown): boolean {
  return thrown instanceof RowReason || messageOf(thrown).startsWith("WRONGTYPE");
}

/** The message of an error without its command. */
function withoutArguments(thrown: unknown): Error {
  const bare = new Error(replyOf(thrown));
  if (thrown instanceof Error) bare.name = thrown.name;
  return bare;
}

/** The message without the arguments of a command that the server does not know. */
function replyOf(thrown: unknown): string {
  return messageOf(thrown).replace(/, with args beginning with:.*/s, "");
}

type Explanation = readonly [
  RegExp,
  (username: string, match: RegExpExecArray, prefix: string) => string,
];

/** Explanations of errors of ioredis and Redis; the first match counts. */
const EXPLANATIONS: readonly Explanation[] = [
  [
    /WRONGPASS|invalid password/i,
    (user) => `the login of user "${user}" was refused: wrong password or unknown user`,
  ],
  [
    /without any password configured/i,
    (user) => `a password is configured, but user "${user}" of the server has none`,
  ],
  [
    /NOAUTH/,
    (_user, _match, prefix) =>
      `a login is required: set ${prefix}password_file and, if it is not the default, ${prefix}username`,
  ],
  [
    /NOPERM.*?'(\S+)' command/i,
    (user, match) => `user "${user}" has no permission for command "${match[1]}"`,
  ],
  [/NOPERM.*\bkeys?\b/i, (user) => `user "${user}" has no permission for these keys`],
  [/NOPERM.*\bchannels?\b/i, (user) => `user "${user}" has no permission for the channel`],
  [
    /ACL failure in script.*?\b(?:run the '(\S+)' command|access)/i,
    (user, match) =>
      match[1] === undefined
        ? `user "${user}" has no permission for these keys`
        : `user "${user}" has no permission for command "${match[1]}"`,
  ],
  [/unknown command ['`]?SENTINEL/i, () => "it is not a sentinel"],
  [
    /unknown command ['`]?([^\s'`]+)/i,
    (_user, match) => `it has no command "${match[1]}": the server is too old, or has renamed it`,
  ],
  [/Unknown RESP type|Protocol error/i, () => "it does not speak the Redis protocol"],
  [/^WRONGTYPE/, () => "its key has a value of the wrong type: another program has written it"],
  [/\bMISCONF\b/, () => "it refuses writes because it cannot save to its disk"],
  [/\bOOM\b/, () => "it refuses writes because its memory is full: see its maxmemory"],
  [/^NOREPLICAS/, () => "it refuses writes because too few replicas follow it"],
  [/^LOADING/, () => "it is still loading its data"],
  [/^MASTERDOWN/, () => "it is a replica that has lost its master"],
  [/CLUSTERDOWN/, () => "the cluster is down: some slots have no reachable master"],
  [/\bREADONLY\b/, () => "it is a replica, wanted the master"],
  [/^UNBLOCKED/, () => "it has become a replica, wanted the master"],
  [/^Connection is closed/, () => "the connection was lost before the answer"],
  [/^(?:MOVED|ASK|TRYAGAIN)\b/, () => "another server of the cluster has the slot"],
];

/** The prefix of an error from a command in a script, in servers up to Redis 6. */
const IN_SCRIPT = "(?:ERR Error running script.*-)?";
const WRONG_SERVER = new RegExp(
  `^${IN_SCRIPT}(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|UNBLOCKED)\\b`,
);
const WRONG_LOGIN = /^(?:NOAUTH|WRONGPASS)\b/;

/**
 * Whether a server has replied that it is not, or not yet, the right one, or that the login is no
 * longer valid. The command was not executed; a new session may find the right server.
 */
export function wantsNewSession(thrown: unknown): boolean {
  const text = messageOf(thrown);
  // Only some slots lack a master: all other topics and rows are unaffected.
  if (text.startsWith("CLUSTERDOWN Hash slot not served")) return false;
  return WRONG_SERVER.test(text) || isLoginRefused(thrown);
}

/** Whether a server has replied that the login is not valid. */
export function isLoginRefused(thrown: unknown): boolean {
  return WRONG_LOGIN.test(messageOf(thrown));
}

/**
 * A short reason and, if known, what to do about it.
 *
 * @param prefix of the names of the login's options
 */
export function explainRedis(
  thrown: unknown,
  username: string | undefined,
  prefix: "" | "sentinel_" = "",
): string {
  const text = replyOf(thrown);
  if (thrown instanceof Reason || thrown instanceof DriverError) return text;
  for (const [pattern, explain] of EXPLANATIONS) {
    const found = pattern.exec(text);
    if (found !== null) return explain(username ?? "default", found, prefix);
  }
  return connectionReason(text) ?? text.replace(/\.$/, "");
}
