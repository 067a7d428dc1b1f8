import { DbUnavailable, DriverError, messageOf } from "../../contract/errors.ts";
import { connectionReason } from "../connection_reasons.ts";
import { Reason } from "../reason.ts";

/** What is wrong with a row, and not with the server. */
export class RowReason extends Reason {}

/** Whether the server itself said so, as opposed to the connection: the command was not executed. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** What kind of driver speaks: what callers of it know a failure as. */
export type RedisFailureCode = "DB_UNAVAILABLE" | "REFUSED" | "TRANSPORT_FAILED";

/** Whose failure it is. */
export interface RedisFailureContext {
  readonly code: RedisFailureCode;
  /** Where it happened, see `RedisConnection.label`; empty where that is not known. */
  readonly label: string;
  /** The user that logs in, for a message about what it may not do. */
  readonly username?: string | undefined;
  /** Whether it may have been done all the same. @default false */
  readonly isUncertain?: boolean;
}

/**
 * Whatever ioredis, a server or a socket threw, as the error that callers know; driver errors as
 * they are. `action` is what was tried: `read table "lport"`.
 *
 * The cause is a copy that has the message alone: the original holds the command's arguments, and
 * these are rows and, when a login is refused, the password.
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
  return code === "DB_UNAVAILABLE"
    ? new DbUnavailable(message, { ...options, isOfRow: isOfRow(thrown) })
    : new DriverError(code, message, { ...options, isUncertain });
}

function isOfRow(thrown: unknown): boolean {
  return thrown instanceof RowReason || messageOf(thrown).startsWith("WRONGTYPE");
}

/** The message of an error without the command that it belongs to. */
export function withoutArguments(thrown: unknown): Error {
  const bare = new Error(messageOf(thrown));
  if (thrown instanceof Error) bare.name = thrown.name;
  return bare;
}

type Explanation = readonly [RegExp, (username: string, match: RegExpExecArray) => string];

/** What is wrong, by what ioredis and Redis say; the first that fits counts. */
const EXPLANATIONS: readonly Explanation[] = [
  [
    /WRONGPASS|invalid password/i,
    (user) => `login of user "${user}" refused: wrong password, or no such user`,
  ],
  [
    /without any password configured/i,
    (user) => `a password is configured, and user "${user}" of the server has none`,
  ],
  [
    /NOAUTH/,
    () => "a login is required: set password_file and, if it is not the default, username",
  ],
  [
    /NOPERM.*?'(\S+)' command/i,
    (user, match) => `user "${user}" has no permission for command "${match[1]}"`,
  ],
  [/NOPERM.*\bkeys?\b/i, (user) => `user "${user}" has no permission for the keys of these rows`],
  [/NOPERM.*\bchannels?\b/i, (user) => `user "${user}" has no permission for the channel`],
  [
    /ACL failure in script.*?\b(?:run the '(\S+)' command|access)/i,
    (user, match) =>
      match[1] === undefined
        ? `user "${user}" has no permission for the keys of these rows`
        : `user "${user}" has no permission for command "${match[1]}"`,
  ],
  [/unknown command '?SENTINEL/i, () => "it is not a sentinel"],
  [/Unknown RESP type|Protocol error/i, () => "it does not speak the Redis protocol"],
  [/^WRONGTYPE/, () => "the row is not a text but something of another program's"],
  [/\bMISCONF\b/, () => "it refuses writes because it cannot save to its disk"],
  [/\bOOM\b/, () => "it refuses writes because its memory is full, see its maxmemory"],
  [/^NOREPLICAS/, () => "it refuses writes because too few replicas follow it"],
  [/^LOADING/, () => "it is still loading its data"],
  [/^MASTERDOWN/, () => "it is a replica that has lost its master"],
  [/CLUSTERDOWN/, () => "the cluster is down: some rows have no master that answers"],
  [/\bREADONLY\b/, () => "it is a replica, wanted the master"],
  [/^UNBLOCKED/, () => "it has become a replica, wanted the master"],
  [/^(?:MOVED|ASK|TRYAGAIN)\b/, () => "another server of the cluster has the slot"],
];

/** Before the error of a command in a script, as servers up to Redis 6 answer. */
const IN_SCRIPT = "(?:ERR Error running script.*-)?";
const WRONG_SERVER = new RegExp(
  `^${IN_SCRIPT}(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|UNBLOCKED)\\b`,
);
const WRONG_LOGIN = /^(?:NOAUTH|WRONGPASS)\b/;

/**
 * Whether a server has answered that it is not, or not yet, the one to ask, or that our login no
 * longer holds. The command was not executed; a new session may find the right server.
 */
export function wantsNewSession(thrown: unknown): boolean {
  const text = messageOf(thrown);
  // Only some slots are without a master: all other topics and rows are where they were.
  if (text.startsWith("CLUSTERDOWN Hash slot not served")) return false;
  return WRONG_SERVER.test(text) || isLoginRefused(thrown);
}

/** Whether a server has answered that our login does not hold. */
export function isLoginRefused(thrown: unknown): boolean {
  return WRONG_LOGIN.test(messageOf(thrown));
}

/** The reason in a few words, with what to do about it where that is known. */
export function explainRedis(thrown: unknown, username: string | undefined): string {
  const text = messageOf(thrown);
  if (thrown instanceof Reason) return text;
  for (const [pattern, explain] of EXPLANATIONS) {
    const found = pattern.exec(text);
    if (found !== null) return explain(username ?? "default", found);
  }
  return connectionReason(text) ?? text.replace(/\.$/, "");
}
