import { exposition, EXPOSITION_TYPE } from "./exposition.ts";
import { peersJson } from "./peers_report.ts";
import { messageOf } from "../../../drivers/contract/errors.ts";
import { parseRowEventsQuery } from "../../protocol/row_events.ts";
import { parseAppliedQuery } from "../../protocol/applied_target.ts";
import { checkText, type ReadinessReport } from "./readiness.ts";
import type { ServiceView } from "./service_view.ts";

/** The source of the pages. */
export type PageSource = Pick<
  ServiceView,
  "applied" | "isAlive" | "metrics" | "peers" | "readiness" | "rowEvents"
>;

/** The relevant parts of a request. */
export interface PageRequest {
  readonly method: string;
  /** The path with the query, as sent. */
  readonly target: string;
  /** The header `Accept`; empty if missing. */
  readonly accept: string;
}

/** The response. A response to HEAD has no body, but its length. */
export interface PageResponse {
  readonly status: 200 | 400 | 404 | 405 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** A long one in parts, each of which is encoded in less than a millisecond. */
  readonly body: string | readonly string[];
}

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";

const PATHS = ["/livez", "/readyz", "/metrics", "/peers", "/applied", "/row"];
const MAX_PEERS = 1_000;

/** Answers `/livez`, `/readyz`, `/metrics`, `/peers`, `/applied` and `/row`, and refuses the rest. */
export async function answerPage(
  { method, target, accept }: PageRequest,
  source: PageSource,
): Promise<PageResponse> {
  // A "?" of the query itself needs no escape.
  const [path = "", ...parts] = target.split("?");
  const query = parts.join("?");
  if (!PATHS.includes(path)) {
    return page(404, "the pages are /, /livez, /readyz, /metrics, /peers, /applied and /row\n");
  }
  if (method !== "GET" && method !== "HEAD") {
    return page(405, "the methods are GET and HEAD\n", { allow: "GET, HEAD" });
  }
  if (path === "/livez") return livePage(source);
  if (path === "/readyz") return readyPage(await source.readiness(), wantsJson(query, accept));
  if (path === "/peers") return await peersPage(query, source);
  if (path === "/applied") return await appliedPage(query, source);
  if (path === "/row") return await rowPage(query, source);
  return page(200, exposition(source.metrics()), { "content-type": EXPOSITION_TYPE });
}

function livePage({ isAlive }: PageSource): PageResponse {
  return isAlive ? page(200, "ok\n") : page(503, "the relay has ended\n");
}

function wantsJson(query: string, accept: string): boolean {
  const format = new URLSearchParams(query).get("format");
  if (format !== null) return format === "json";
  return accept.toLowerCase().includes(JSON_TYPE);
}

function readyPage(report: ReadinessReport, asJson: boolean): PageResponse {
  const status = report.ready ? 200 : 503;
  if (asJson) return page(status, `${JSON.stringify(report)}\n`, { "content-type": JSON_TYPE });
  const lines = report.checks.map((check) => `${checkText(check)}\n`);
  return page(status, `${report.ready ? "ready" : "not ready"}\n${lines.join("")}`);
}

async function peersPage(query: string, source: PageSource): Promise<PageResponse> {
  const text = new URLSearchParams(query).get("limit") ?? String(MAX_PEERS);
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit === 0) return page(400, `"limit" must be a whole number from 1 to ${MAX_PEERS}\n`);
  const body = await peersJson(await source.peers(Math.min(limit, MAX_PEERS)));
  return page(200, body, { "content-type": JSON_TYPE });
}

async function appliedPage(query: string, source: PageSource): Promise<PageResponse> {
  const asked = parseAppliedQuery(query);
  if (typeof asked === "string") return page(400, `${asked}\n`);
  const report = await source.applied(asked);
  return page(200, `${JSON.stringify(report)}\n`, { "content-type": JSON_TYPE });
}

async function rowPage(query: string, source: PageSource): Promise<PageResponse> {
  const asked = parseRowEventsQuery(query);
  if (typeof asked === "string") return page(400, `${asked}\n`);
  try {
    const report = await source.rowEvents(asked);
    return page(200, `${JSON.stringify(report)}\n`, { "content-type": JSON_TYPE });
  } catch (error) {
    return page(503, `cannot read the recorder: ${messageOf(error).replaceAll(/\s+/g, " ")}\n`);
  }
}

function page(
  status: PageResponse["status"],
  body: PageResponse["body"],
  headers: Readonly<Record<string, string>> = {},
): PageResponse {
  const standard = { "content-type": TEXT, "cache-control": "no-store" };
  return { status, body, headers: { ...standard, ...headers } };
}
