import { messageOf } from "../../drivers/contract/errors.ts";
import { readinessOf } from "../bus/page_contents.ts";
import { refusedName } from "../../service/fleet/page_client.ts";
import { fetchPage, type Page, type TimedAccess } from "../bus/service_pages.ts";
import type { CheckResult } from "./check_report.ts";

/** Asks a service whether it is ready. @param base address of its pages: `http://127.0.0.1:8868` */
export async function checkService(base: URL, access: TimedAccess): Promise<CheckResult> {
  const start = performance.now();
  try {
    const page = await fetchPage(new URL("/readyz?format=json", base), access);
    const seconds = Math.round(performance.now() - start) / 1000;
    const measures = [{ name: "response_time", value: seconds, unit: "s" }] as const;
    return { name: "service", isReachable: true, ...judge(page, base), measures };
  } catch (error) {
    const detail = `no answer from ${base.origin}: ${messageOf(error)}`;
    return { name: "service", isReachable: false, state: "critical", detail, measures: [] };
  }
}

function judge({ status, body }: Page, base: URL): Pick<CheckResult, "state" | "detail"> {
  const checks = status === 200 || status === 503 ? readinessOf(body) : undefined;
  if (checks === undefined) {
    const refused = refusedName(base, status);
    const detail = refused === undefined
      ? `${base.origin} is not a publisher service: status ${status}`
      : `${base.origin}: ${refused}`;
    return { state: "unknown", detail };
  }
  const failed = checks.filter(({ isOk }) => !isOk)
    .map(({ name, detail }) => `${name}: ${detail}`);
  if (failed.length > 0 || status !== 200) {
    return { state: "critical", detail: `not ready: ${failed.join(", ")}` };
  }
  const warnings = checks.filter(({ warning }) => warning !== undefined)
    .map(({ name, detail, warning }) => `${name}: ${detail}: ${warning}`);
  if (warnings.length === 0) return { state: "ok", detail: "ready" };
  return { state: "warning", detail: `ready, but ${warnings.join(", ")}` };
}
