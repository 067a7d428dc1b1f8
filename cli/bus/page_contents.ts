/** A check on the readiness page. */
export interface SeenCheck {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
  /** A possible problem. */
  readonly warning: string | undefined;
}

/** The subscribers on the page of peers. */
export interface SeenPeers {
  readonly total: number;
  readonly peers: readonly SeenPeer[];
  /** Why the service knows none. */
  readonly reason: string | undefined;
}

/** A subscriber on the page of peers. */
export interface SeenPeer {
  /** The name of its node, or the address of a node of the original. */
  readonly name: string;
  /** The version of its program; undefined for a node of the original. */
  readonly version: string | undefined;
  /** Number of events that it is behind. */
  readonly lag: number;
  /** Number of events that it has missed since it connected, skipped or lost. */
  readonly missed: number;
}

/** Parses a readiness page; undefined for any other page. */
export function readinessOf(body: string): readonly SeenCheck[] | undefined {
  const checks = jsonObject(body)?.["checks"];
  return Array.isArray(checks) ? checks.filter(isRecord).map(checkOf) : undefined;
}

function checkOf({ name, ok, detail, warning }: Readonly<Record<string, unknown>>): SeenCheck {
  return {
    name: String(name),
    isOk: ok === true,
    detail: String(detail),
    warning: warning === undefined ? undefined : String(warning),
  };
}

/** Parses a page of peers; undefined for any other page. */
export function peersOf(body: string): SeenPeers | undefined {
  const { total, peers, reason } = jsonObject(body) ?? {};
  if (typeof total !== "number" || !Array.isArray(peers)) return undefined;
  return { total, peers: peers.filter(isRecord).map(peerOf), reason: textOf(reason) };
}

function peerOf({ node, address, ...peer }: Readonly<Record<string, unknown>>): SeenPeer {
  return {
    name: textOf(node) ?? String(address),
    version: textOf(peer["version"]),
    lag: Math.max(countIn(peer["backlog"], "events"), countIn(peer["applied"], "behind")),
    missed: countIn(peer, "skipped") + countIn(peer, "lost"),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function countIn(record: unknown, name: string): number {
  return isRecord(record) && typeof record[name] === "number" ? record[name] : 0;
}

function jsonObject(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value of a page is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
