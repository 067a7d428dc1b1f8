import { DbUnavailable, DriverError, messageOf } from "../../contract/errors.ts";
import { connectionReason } from "../connection_reasons.ts";
import { Reason } from "../reason.ts";

/** The answer of a member instead of a result. */
export class EtcdRefusal extends Error {
  override readonly name = "EtcdRefusal";
  /** The gRPC code, or the HTTP status if the answer is not etcd's. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** No member has carried out a request, or none has said so. */
export class NoAnswer extends Reason {
  override readonly name = "NoAnswer";
  /** Whether a member may have carried it out nevertheless. */
  readonly isUncertain: boolean;
  /** See {@linkcode isLeaderless}. */
  readonly isTemporary: boolean;

  constructor(
    reasons: readonly string[],
    { isUncertain, isTemporary = false }: {
      readonly isUncertain: boolean;
      readonly isTemporary?: boolean;
    },
  ) {
    super(reasons.join("; ") + (isUncertain ? "; the write may have been carried out" : ""));
    this.isUncertain = isUncertain;
    this.isTemporary = isTemporary;
  }
}

/** A row whose value is not text. */
export class InvalidRow extends Reason {
  readonly table: string;
  readonly key: string;

  constructor(table: string, key: string) {
    super("its value is not UTF-8");
    this.table = table;
    this.key = key;
  }
}

/** No server answers as etcd; or one server does not. */
export class NotEtcd extends Reason {}

const UNAUTHENTICATED = 16;
const UNAVAILABLE = 14;
const NOT_PROPOSED = /no leader|too many requests|not capable|raft: stopped/;
const IN_TRANSIT = /leader changed|request timed out|request cancelled|server stopped/;

/**
 * Whether the token is no longer valid: after a new login the request may succeed. A change of any
 * account makes JSON web tokens invalid. etcd checks the token before it carries a request out.
 */
export function wantsLogin(thrown: unknown): boolean {
  return thrown instanceof EtcdRefusal &&
    (thrown.code === UNAUTHENTICATED ||
      /invalid auth token|user name is empty|revision (of auth store|in header) is old/
        .test(thrown.message));
}

/** Whether etcd refuses the login or its permissions: another login may succeed. */
export function isOfLogin(thrown: unknown): boolean {
  return wantsLogin(thrown) || thrown instanceof EtcdRefusal &&
      /authentication failed|authentication is not enabled|permission denied/.test(thrown.message);
}

/** Whether another member, or the same one later, may carry out the request. */
export function isTransient(thrown: unknown): boolean {
  if (thrown instanceof NotEtcd) return true;
  if (!(thrown instanceof EtcdRefusal)) return !(thrown instanceof Reason);
  // A code from 500 is the HTTP status of a proxy in front of the members.
  return thrown.code === UNAVAILABLE || thrown.code >= 500 ||
    NOT_PROPOSED.test(thrown.message) || IN_TRANSIT.test(thrown.message);
}

/** Whether etcd has no leader, or is about to change it: soon it answers again. */
export function isLeaderless(thrown: unknown): boolean {
  return thrown instanceof EtcdRefusal && /no leader|leader changed/.test(thrown.message);
}

/** Whether the request was certainly not carried out. */
export function isNotDone(thrown: unknown): boolean {
  if (thrown instanceof EtcdRefusal) return NOT_PROPOSED.test(thrown.message);
  return textOf(thrown).includes("client error (Connect)");
}

const OUT_OF_SPACE = /database space exceeded/;

/** Whether etcd refuses a request that it may have carried out, since its storage became full. */
export function isMaybeDone(thrown: unknown): boolean {
  return thrown instanceof EtcdRefusal && OUT_OF_SPACE.test(thrown.message);
}

/** Whether the revision of a read is no longer kept. */
export function isCompacted(thrown: unknown): boolean {
  return thrown instanceof EtcdRefusal && thrown.message.includes("has been compacted");
}

/** Explanations of etcd's errors; the first match counts. */
const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
  [
    /request is too large|message larger than max|trying to send message larger/,
    "the request is larger than etcd accepts: see its --max-request-bytes",
  ],
  [
    OUT_OF_SPACE,
    "its storage is full: compact and defragment it, then run etcdctl alarm disarm; the write may " +
    "have been carried out",
  ],
  [/authentication failed/, "the login was refused: wrong password or unknown user"],
  [/authentication is not enabled/, "a login is configured, but etcd has no authentication"],
  [/user name is empty/, "a login is required: set [df_etcd] username and password_file"],
  [/permission denied/, "the user has no permission for these keys"],
  [/no leader/, "it has no leader: the cluster has lost its quorum"],
  [
    /^connection closed$/,
    "its JSON gateway cannot reach etcd itself: if clients need certificates, the certificate of " +
    "the member also needs the usage clientAuth",
  ],
  [
    /CommonName of client sending/,
    "with authentication on, etcd takes the CommonName of a client certificate as the user, which " +
    "its JSON gateway cannot pass on: use a certificate without a CommonName",
  ],
];

/** A short reason and, if known, what to do about it. */
export function explainEtcd(thrown: unknown): string {
  if (thrown instanceof Reason) return thrown.message;
  const text = textOf(thrown);
  const isRefusal = thrown instanceof EtcdRefusal;
  const found = isRefusal ? EXPLANATIONS.find(([pattern]) => pattern.test(text)) : undefined;
  return found?.[1] ?? connectionReason(text) ??
    text.replace(/^etcdserver: |^error sending request.*client error \(\w+\): /, "");
}

/** The runtime's message for a failed request; newer versions have it in the cause. */
export function textOf(thrown: unknown): string {
  const { cause } = thrown instanceof Error ? thrown : {};
  return messageOf(cause ?? thrown);
}

/** Translates any thrown value into the error for callers of a database. */
export function etcdError(action: string, thrown: unknown, label: string): DriverError {
  if (thrown instanceof DriverError) return thrown;
  const where = label === "" ? "etcd" : `etcd "${label}"`;
  return new DbUnavailable(`${where}: cannot ${action}: ${explainEtcd(thrown)}`, {
    cause: thrown,
    isOfRow: thrown instanceof InvalidRow,
    isUncertain: thrown instanceof NoAnswer ? thrown.isUncertain : isMaybeDone(thrown),
    isUnrecognized: thrown instanceof NotEtcd,
  });
}
