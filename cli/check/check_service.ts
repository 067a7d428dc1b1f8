import { type IncomingMessage, request } from "node:http";
import { messageOf } from "../../drivers/contract/errors.ts";
import type { CheckResult } from "./check_report.ts";

const MAX_PAGE_BYTES = 64 * 1024;

/** A page as it came. */
interface Page {
  readonly status: number;
  readonly body: string;
}

/** Asks a service whether it is ready. @param base where its pages are: `http://127.0.0.1:8868` */
export async function checkService(base: URL, timeoutMs: number): Promise<CheckResult> {
  const start = performance.now();
  try {
    const page = await fetchPage(new URL("/readyz?format=json", base), timeoutMs);
    const seconds = Math.round(performance.now() - start) / 1000;
    const measures = [{ name: "response_time", value: seconds, unit: "s" }] as const;
    return { name: "service", isReachable: true, ...judge(page, base), measures };
  } catch (error) {
    const detail = `no answer from ${base.origin}: ${messageOf(error)}`;
    return { name: "service", isReachable: false, state: "critical", detail, measures: [] };
  }
}

function judge({ status, body }: Page, base: URL): Pick<CheckResult, "state" | "detail"> {
  const checks = status === 200 || status === 503 ? checksOf(body) : undefined;
  if (checks === undefined) {
    return {
      state: "unknown",
      detail: `${base.origin} answered ${status}, and is no service of ours`,
    };
  }
  const failed = checks.filter(({ ok }) => ok !== true)
    .map(({ name, detail }) => `${name}: ${detail}`);
  if (failed.length > 0 || status !== 200) {
    return { state: "critical", detail: `not ready: ${failed.join(", ")}` };
  }
  const warnings = checks.filter(({ warning }) => warning !== undefined)
    .map(({ name, detail, warning }) => `${name}: ${detail}: ${warning}`);
  if (warnings.length === 0) return { state: "ok", detail: "ready" };
  return { state: "warning", detail: `ready, but ${warnings.join(", ")}` };
}

/** The checks of a page of readiness; undefined for any other page. */
function checksOf(body: string): Readonly<Record<string, unknown>>[] | undefined {
  let report: unknown;
  try {
    report = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isRecord(report) || !Array.isArray(report["checks"])) return undefined;
  const checks: unknown[] = report["checks"];
  return checks.filter(isRecord);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

// Not by fetch: that goes through the proxy that a variable names, on the way to this very host.
function fetchPage(url: URL, timeoutMs: number): Promise<Page> {
  const { promise, resolve, reject } = Promise.withResolvers<Page>();
  const asked = request(url, { agent: false, headers: { connection: "close" } });
  const late = setTimeout(
    () => asked.destroy(new Error(`waited ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  asked.on("response", (response) => readPage(response).then(resolve, reject));
  asked.on("error", reject);
  asked.end();
  return promise.finally(() => {
    clearTimeout(late);
    asked.destroy();
  });
}

async function readPage(response: IncomingMessage): Promise<Page> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    parts.push(part);
    size += part.length;
    if (size > MAX_PAGE_BYTES) throw new Error(`a page of more than ${MAX_PAGE_BYTES} bytes`);
  }
  return { status: response.statusCode ?? 0, body: await new Blob(parts as BlobPart[]).text() };
}
