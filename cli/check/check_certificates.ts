import { type CertificateState, certificateStates } from "../bus/certificate_state.ts";
import { fetchPage, type TimedAccess } from "../bus/service_pages.ts";
import type { Composition } from "../composition.ts";
import type { Io } from "../terminal/io.ts";
import { counted } from "../terminal/quantities.ts";
import { daysUntil } from "../../service/config/certificate_files.ts";
import { type CheckResult, type CheckState, type Limits, worstOf } from "./check_report.ts";

const DAY_S = 86_400;

type Known = Pick<CertificateState, "daysLeft" | "problem"> & { readonly name: string };

/**
 * Checks the certificates that the configuration names. No result if it names none.
 *
 * @param limits the time left, in seconds
 */
export async function checkCertificates(
  { config, clock }: Composition,
  limits: Limits,
  io: Io,
): Promise<CheckResult[]> {
  const states = await certificateStates(config, io, clock.now());
  return judged(states.map(({ file, ...state }) => ({ name: file.option, ...state })), limits);
}

const SAMPLE =
  /^df_pubsub_tls_certificate_expiry_timestamp_seconds\{.*?use="(\w+)".*?\} (\d+(?:\.\d+)?)/gm;

/** Checks the certificates of another host's service, by its metrics. */
export async function checkCertificatesOf(
  base: URL,
  limits: Limits,
  access: TimedAccess,
): Promise<CheckResult[]> {
  const page = await fetchPage(new URL("/metrics", base), access).catch(() => undefined);
  const found = Array.from(page?.body.matchAll(SAMPLE) ?? [], ([, use = "", seconds]) => ({
    name: use,
    daysLeft: daysUntil(Number(seconds) * 1000, Date.now()),
    problem: undefined,
  }));
  return judged(found, limits);
}

function judged(certificates: readonly Known[], limits: Limits): CheckResult[] {
  if (certificates.length === 0) return [];
  const days = certificates.flatMap(({ daysLeft }) => daysLeft ?? []);
  const measures = days.length === 0 ? [] : [{
    name: "certificate_days",
    value: Math.min(...days),
    limits: { warn: daysOf(limits.warn), crit: daysOf(limits.crit) },
    isAtLeast: true,
  }];
  const worst =
    certificates.toSorted((one, other) =>
      (one.daysLeft ?? -Infinity) - (other.daysLeft ?? -Infinity)
    )[0];
  const state = worstOf(certificates.map((each) => stateOf(each, limits)));
  return [{ name: "certificates", state, detail: detailOf(worst), isReachable: true, measures }];
}

function daysOf(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds / DAY_S;
}

function stateOf({ daysLeft }: Known, { warn = 0, crit = 0 }: Limits): CheckState {
  if (daysLeft === undefined || daysLeft < crit / DAY_S || daysLeft < 0) return "critical";
  return daysLeft < warn / DAY_S ? "warning" : "ok";
}

function detailOf(worst: Known | undefined): string {
  if (worst === undefined) return "";
  const { name, daysLeft, problem } = worst;
  if (daysLeft === undefined) return `${name}: ${problem}`;
  if (daysLeft < 0) return `${name} has expired`;
  return `${name} expires in ${counted(daysLeft, "day")}`;
}
