import { messageOf } from "../../drivers/contract/errors.ts";
import { fetchPage, type Page } from "../../service/fleet/page_client.ts";
import type { CheckResult } from "./check_report.ts";

const MAX_PAGE_BYTES = 64 * 1024;

/** Asks a service whether it is ready. @param base where its pages are: `http://127.0.0.1:8868` */
export async function checkService(base: URL, timeoutMs: number): Promise<CheckResult> {
  const start = performance.now();
  try {
    const page = await fetchPage(new URL("/readyz?format=json", base), {
      timeoutMs,
      maxBytes: MAX_PAGE_BYTES,
    });
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
