import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { checkPublishers } from "./check_publishers.ts";
import {
  type CheckResult,
  exitCodeFor,
  jsonReport,
  pluginCodeFor,
  pluginLine,
  pluginReport,
  textReport,
  worstState,
} from "./check_report.ts";
import { checkService } from "./check_service.ts";
import { type CommonFlags, compose, type Composition } from "../composition.ts";
import { localPages, pagesUrlOf } from "../bus/service_places.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { lastWords } from "../terminal/last_words.ts";
import { pubSubMultiprocDriver, pubSubUseMultiproc } from "../../service/config/options/pub_sub.ts";

/** The flags of `check`; times are in seconds. */
export interface CheckFlags extends CommonFlags {
  readonly format?: "text" | "json" | "nagios" | undefined;
  readonly url?: string | undefined;
  readonly service: boolean;
  readonly timeout?: number | undefined;
}

const SERVICE_TIMEOUT_S = 5;

/** Looks at the service and at the database, and tells how they are by text and exit code. */
export async function check(flags: CheckFlags, io: Io): Promise<ExitCode> {
  if (flags.format === "nagios") return await checkAsPlugin(flags, io);
  const results = await look(flags, io);
  const isText = flags.format === "text" || flags.format === undefined && io.out.isTerminal;
  lastWords(io.out).write(isText ? textReport(results) : jsonReport(results));
  return exitCodeFor(results);
}

// To a monitoring system every other code would be a state of what is looked at.
async function checkAsPlugin(flags: CheckFlags, io: Io): Promise<ExitCode> {
  try {
    const results = await look({ ...flags, quiet: true, verbose: undefined }, io);
    lastWords(io.out).write(pluginReport(results));
    return pluginCodeFor(worstState(results));
  } catch (error) {
    return notChecked(error, io);
  }
}

/** Tells a monitoring system that nothing could be looked at, and why. */
export function notChecked(error: unknown, io: Io): ExitCode {
  lastWords(io.out).write(pluginLine("unknown", messageOf(error)));
  return pluginCodeFor("unknown");
}

async function look(flags: CheckFlags, io: Io): Promise<CheckResult[]> {
  const timeoutMs = (flags.timeout ?? SERVICE_TIMEOUT_S) * 1000;
  if (flags.url !== undefined) return [await checkService(pagesUrlOf(flags.url), timeoutMs)];
  const composition = await compose(flags, io, {
    level: flags.format === "nagios" ? "error" : "warn",
  });
  const base = flags.service ? localPages(composition) : undefined;
  const service = base === undefined ? [] : [await checkService(base, timeoutMs)];
  const local = flags.service ? await checkLocal(composition) : [];
  return [...service, ...local, ...await checkPublishers(composition, timeoutMs)];
}

/** Looks whether processes of this account can publish through the service of this host. */
async function checkLocal(
  { config: settings, log, drivers }: Composition,
): Promise<CheckResult[]> {
  if (!settings.get(pubSubUseMultiproc)) return [];
  const name = settings.get(pubSubMultiprocDriver);
  const driver = await drivers.loadPubSubDriver(name, { settings, log });
  if (driver.checkAccess === undefined) return [];
  try {
    await driver.checkAccess();
    return [localResult("ok", "this user may publish")];
  } catch (error) {
    // That a monitoring system's own user may not publish is no fault of the service.
    const isDenied = error instanceof DriverError && error.code === "PERMISSION_DENIED";
    return [localResult(isDenied ? "warning" : "critical", messageOf(error))];
  }
}

function localResult(state: CheckResult["state"], detail: string): CheckResult {
  return { name: "local", state, detail, isReachable: state !== "critical", measures: [] };
}
