import { messageOf } from "../../drivers/contract/errors.ts";
import { checkLocalAccess } from "../bus/local_access.ts";
import { pagesUrl } from "../../service/config/pages_address.ts";
import { pagesUrlOf, type TimedAccess } from "../bus/service_pages.ts";
import { checkCertificates, checkCertificatesOf } from "./check_certificates.ts";
import { checkNodes } from "./check_nodes.ts";
import { checkPublishers } from "./check_publishers.ts";
import {
  type CheckResult,
  exitCodeFor,
  jsonReport,
  pluginCodeFor,
  pluginLine,
  pluginReport,
  prometheusReport,
  textReport,
  worstState,
} from "./check_report.ts";
import { checkService } from "./check_service.ts";
import { type CommonFlags, compose, type Composition } from "../composition.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { ignoringClosed } from "../terminal/ignoring_errors.ts";
import { readPageAccess } from "../../service/fleet/page_access.ts";

/** The flags of `check`; times are in seconds. */
export interface CheckFlags extends CommonFlags {
  readonly output?: "text" | "json" | "nagios" | "prometheus" | undefined;
  readonly json?: true | undefined;
  readonly url?: string | undefined;
  readonly service: boolean;
  readonly timeout?: number | undefined;
  readonly warnLag?: number | undefined;
  readonly critLag?: number | undefined;
  readonly warnLost?: number | undefined;
  readonly critLost?: number | undefined;
  readonly warnNodes?: number | undefined;
  readonly critNodes?: number | undefined;
  readonly warnCert?: number | undefined;
  readonly critCert?: number | undefined;
}

const SERVICE_TIMEOUT_S = 5;

/** Checks the service and the database, and reports their state by text and exit code. */
export async function check(flags: CheckFlags, io: Io): Promise<ExitCode> {
  if (flags.output === "nagios") return await checkAsPlugin(flags, io);
  const results = await look(flags, io);
  const format = flags.output ?? (io.out.isTerminal && !flags.json ? "text" : "json");
  ignoringClosed(io.out).write(REPORTS[format](results));
  return exitCodeFor(results);
}

const REPORTS = { text: textReport, json: jsonReport, prometheus: prometheusReport };

// A monitoring system would read any other exit code as the state of the service.
async function checkAsPlugin(flags: CheckFlags, io: Io): Promise<ExitCode> {
  try {
    const results = await look({ ...flags, quiet: true, verbose: undefined }, io);
    ignoringClosed(io.out).write(pluginReport(results));
    return pluginCodeFor(worstState(results));
  } catch (error) {
    return notChecked(error, io);
  }
}

/** Reports to a monitoring system that nothing could be checked, and why. */
export function notChecked(error: unknown, io: Io): ExitCode {
  ignoringClosed(io.out).write(pluginLine("unknown", messageOf(error)));
  return pluginCodeFor("unknown");
}

async function look(flags: CheckFlags, io: Io): Promise<CheckResult[]> {
  const timeoutMs = (flags.timeout ?? SERVICE_TIMEOUT_S) * 1000;
  const url = flags.url === undefined ? undefined : pagesUrlOf(flags.url);
  const composition = await compose(flags, io, {
    level: flags.output === "nagios" ? "error" : "warn",
  });
  const access = { timeoutMs, ...await readPageAccess(composition.config, io) };
  const limits = { warn: flags.warnCert, crit: flags.critCert };
  if (url !== undefined) {
    const service = await lookAtService(url, flags, access);
    return [...service, ...await checkCertificatesOf(url, limits, access)];
  }
  const base = flags.service ? pagesUrl(composition.config) : undefined;
  const service = base === undefined ? [] : await lookAtService(base, flags, access);
  const local = flags.service ? await checkLocal(composition) : [];
  const certificates = await checkCertificates(composition, limits, io);
  const publishers = await checkPublishers(composition, timeoutMs);
  return [...service, ...local, ...publishers, ...certificates];
}

async function lookAtService(
  base: URL,
  flags: CheckFlags,
  access: TimedAccess,
): Promise<CheckResult[]> {
  const service = await checkService(base, access);
  if (!service.isReachable || service.state === "unknown") return [service];
  const limits = {
    lag: { warn: flags.warnLag, crit: flags.critLag },
    lost: { warn: flags.warnLost, crit: flags.critLost },
    nodes: { warn: flags.warnNodes, crit: flags.critNodes },
  };
  return [service, ...await checkNodes(base, limits, access)];
}

/** Checks whether processes of this account can publish through the service of this host. */
async function checkLocal(composition: Composition): Promise<CheckResult[]> {
  const access = await checkLocalAccess(composition);
  if (access === undefined) return [];
  if (access.fault === undefined) return [localResult("ok", "this user may publish")];
  // That the monitoring system's own user must not publish is not a fault of the service.
  const isDenied = access.code === "PERMISSION_DENIED";
  return [localResult(isDenied ? "warning" : "critical", access.fault)];
}

function localResult(state: CheckResult["state"], detail: string): CheckResult {
  return { name: "local", state, detail, isReachable: state !== "critical", measures: [] };
}
