import { type DriverErrorCode, messageOf } from "../../drivers/contract/errors.ts";
import { checkLocalAccess, type LocalAccess } from "../bus/local_access.ts";
import { peersOf, readinessOf, type SeenCheck } from "../bus/page_contents.ts";
import {
  type PageAccess,
  type PageFiles,
  readPageAccess,
} from "../../service/fleet/page_access.ts";
import { pagesUrl } from "../../service/config/pages_address.ts";
import { fetchPage } from "../bus/service_pages.ts";
import type { Composition } from "../composition.ts";
import type { Io } from "../terminal/io.ts";
import { counted } from "../terminal/quantities.ts";
import { type Examination, type Finding, inTime, together } from "./finding.ts";

/** The examination of this host's service. */
export interface LocalExamination extends Examination {
  /** The versions of its subscribers, with the name of one node for each. */
  readonly nodeVersions: ReadonlyMap<string, string>;
}

/** Number of descriptors that a publisher reserves for other uses than subscribers. */
const RESERVED_DESCRIPTORS = 64;
const NOTHING: Examination = { looks: [], findings: [] };
const NO_PAGES: LocalExamination = { ...NOTHING, nodeVersions: new Map() };

/** Asks the pages of this host's service, and examines its socket. */
export async function examineLocal(
  composition: Composition,
  { io, timeoutMs, hasPort }: {
    readonly io: PageFiles & Pick<Io, "exists">;
    readonly timeoutMs: number;
    /** Whether subscribers connect to the service. */
    readonly hasPort: boolean;
  },
): Promise<LocalExamination> {
  const base = pagesUrl(composition.config);
  // Without the token, the examination shows everything except the subscribers.
  const access = await readPageAccess(composition.config, io).catch(() => ({}));
  const maxConnections = hasPort ? limitOf(composition) : undefined;
  let pages = NO_PAGES;
  let failure: unknown;
  try {
    if (base !== undefined) pages = await lookAtPages(base, { timeoutMs, access, maxConnections });
  } catch (error) {
    failure = error;
  }
  const socket = await lookAtSocket(composition, { io, timeoutMs, isServing: pages !== NO_PAGES });
  // With a broker there may be no socket.
  const hasProcess = socket.isListening || isTimeout(failure);
  const place = socket.isListening ? "the socket" : base?.origin;
  const unanswered = failure !== undefined && hasProcess ? [silentPages(place, failure)] : [];
  const { looks, findings } = together([pages, socket]);
  return { looks, findings: [...unanswered, ...findings], nodeVersions: pages.nodeVersions };
}

function isTimeout(failure: unknown): boolean {
  return failure instanceof Error && failure.name === "TimeoutError";
}

function silentPages(place: string | undefined, failure: unknown): Finding {
  return {
    severity: "warning",
    subject: "http_address",
    what: `A service listens at ${place}, but its health pages do not answer: ` +
      messageOf(failure),
    why:
      "Either the service is stuck, and events of this host do not reach the nodes, or only its " +
      "pages fail, and this command cannot see its state.",
    advice: "See the log of the service. If the service runs without the pages, set [df] " +
      "http_address to a free port, which every command must also read. Otherwise restart the " +
      "service.",
  };
}

function limitOf({ config }: Composition): number {
  const entry = config.entries().find(({ option }) => option.name === "max_connections");
  return Number(entry?.value ?? 0);
}

/** @throws {Error} if no service answers there */
async function lookAtPages(
  base: URL,
  { timeoutMs, access, maxConnections }: {
    readonly timeoutMs: number;
    readonly access: PageAccess;
    /** Undefined if no subscriber connects to the service. */
    readonly maxConnections: number | undefined;
  },
): Promise<LocalExamination> {
  const page = (path: string) => fetchPage(new URL(path, base), { ...access, timeoutMs });
  const ready = await page("/readyz?format=json");
  const checks = readinessOf(ready.body);
  if (checks === undefined) throw new Error(`${base.origin} is not a df-pubsub service`);
  const [{ body: metrics }, peers] = await Promise.all([page("/metrics"), page("/peers")]);
  const { total = 0, peers: nodes = [] } = peersOf(peers.body) ?? {};
  const descriptors = maxConnections === undefined
    ? NOTHING
    : descriptorsOf(metricOf(metrics, "process_max_fds"), maxConnections);
  const state = checks.every(({ isOk }) => isOk) ? "ready" : "not ready";
  const subscribers = counted(total, "subscriber");
  return {
    looks: [
      { subject: "service", detail: `${base.origin}: ${state}, ${subscribers}` },
      ...descriptors.looks,
    ],
    findings: [...checks.flatMap(findingOf), ...descriptors.findings],
    nodeVersions: new Map(
      nodes.flatMap(({ name, version }) =>
        version === undefined ? [] : [[version, `node "${name}"`] as const]
      ),
    ),
  };
}

function metricOf(page: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1] ?? NaN);
}

function findingOf({ name, isOk, detail, warning }: SeenCheck): Finding[] {
  if (isOk && warning === undefined) return [];
  const [says, text] = isOk ? ["warns of", `${detail}: ${warning}`] : ["is not ready:", detail];
  return [{
    severity: isOk ? "warning" : "critical",
    // The detail of a check with a warning is an address.
    subject: isOk ? detail : `service ${name}`,
    what: `The service of this host ${says} ${name}: ${text}`,
    why: name === "recorder"
      ? "The recorder lacks events, so record, why and subscribe --since will not find them."
      : "Events of this host may not reach the nodes.",
    advice: "See the log of the service: `journalctl -u df-pubsub`.",
  }];
}

function descriptorsOf(max: number, wanted: number): Examination {
  return {
    looks: [{ subject: "descriptors", detail: `${max} at most, max_connections ${wanted}` }],
    findings: max < wanted + RESERVED_DESCRIPTORS ? [fewDescriptors(max, wanted)] : [],
  };
}

function fewDescriptors(max: number, wanted: number): Finding {
  return {
    severity: "warning",
    subject: "descriptors",
    what: `The service may open ${max} descriptors, but [df_zmq] max_connections is ${wanted}`,
    why: `It refuses subscribers beyond about ${Math.max(0, max - RESERVED_DESCRIPTORS)}.`,
    advice: `Set LimitNOFILE=${wanted + RESERVED_DESCRIPTORS} in a drop-in of its unit (or run ` +
      "`ulimit -n` before you start it by hand), or lower max_connections.",
  };
}

async function lookAtSocket(
  composition: Composition,
  { io, timeoutMs, isServing }: {
    readonly io: Pick<Io, "exists">;
    readonly timeoutMs: number;
    readonly isServing: boolean;
  },
): Promise<Examination & { readonly isListening?: true }> {
  const path = composition.config.entries()
    .find(({ option }) => option.name === "publisher_multiproc_socket")?.value ?? "";
  const look = (detail: string) => [{ subject: "socket", detail: `${path}: ${detail}` }];
  const access = await inTime(checkLocalAccess(composition), timeoutMs)
    .catch((error): LocalAccess => ({ fault: messageOf(error), code: undefined }));
  if (access === undefined) return { looks: look("not used"), findings: [] };
  const { fault, code } = access;
  if (fault === undefined) {
    return { looks: look("this account may publish"), findings: [], isListening: true };
  }
  const isThere = await io.exists(path).catch(() => true);
  if (code === "NO_PUBLISHER_SERVICE" && !isServing && !isThere) {
    return { looks: look("no service on this host"), findings: [] };
  }
  const about = aboutSocket(code, isServing);
  return { looks: look("see below"), findings: [{ subject: path, what: fault, ...about }] };
}

type AboutSocket = Pick<Finding, "severity" | "why" | "advice">;

function aboutSocket(code: DriverErrorCode | undefined, isServing: boolean): AboutSocket {
  if (code === "PERMISSION_DENIED") return DENIED_SOCKET;
  if (code !== "NO_PUBLISHER_SERVICE") return WRONG_SOCKET;
  return {
    severity: "critical",
    why: "Processes of this host cannot publish.",
    advice: isServing
      ? "The service runs: set [df] publisher_multiproc_socket to the path that its log names."
      : "Start the service. If it ended by itself, its log has the reason: `journalctl -u df-pubsub`.",
  };
}

const DENIED_SOCKET: AboutSocket = {
  severity: "warning",
  why: "Processes of this account cannot publish through the service.",
  advice: "Run publishing applications with an account in the group that the message names.",
};

const WRONG_SOCKET: AboutSocket = {
  severity: "critical",
  why:
    "Processes of this host cannot publish, or would publish to a process that is not the service.",
  advice: "Stop the process that uses the path, remove the file, and restart the service.",
};
