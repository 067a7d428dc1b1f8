import { messageOf } from "../../drivers/contract/errors.ts";
import { findDbDriver, findPubSubDriver } from "../../drivers/registry.ts";
import { checkServerTls } from "../../drivers/tls.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import {
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
} from "../../service/config/options/pub_sub.ts";
import { pagesAddress } from "../../service/config/pages_address.ts";
import { httpTlsFiles } from "../../service/config/options/observability.ts";
import { readPagesToken } from "../../service/config/pages_token.ts";
import { requireLocalDriver, requireNetworkDriver } from "../../service/base/driver_roles.ts";
import { type CommonFlags, readSources, registry } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { counted } from "../terminal/quantities.ts";

/**
 * Checks the configuration of `serve` without opening anything, and prints every problem and
 * warning.
 */
export async function checkConfiguration(flags: CommonFlags, io: Io): Promise<ExitCode> {
  const { config, configSource, logNotice, retiredNotice, ...reading } = await readSources(
    flags,
    io,
  );
  const used = config === undefined ? [] : await problemsInUse(config, io);
  const problems = [...reading.problems, ...used];
  const ofServe = config === undefined || used.length > 0 ? [] : await problemsOfServe(config);
  const warnings = [
    ...reading.warnings,
    ...(logNotice === undefined ? [] : [logNotice]),
    ...ofServe.map((problem) => `Only serve refuses this: ${problem}`),
  ];
  for (const problem of problems) io.err.write(`error: ${oneLine(problem)}\n`);
  for (const warning of warnings) io.err.write(`warning: ${oneLine(warning)}\n`);
  if (retiredNotice !== undefined) io.err.write(`info: ${oneLine(retiredNotice)}\n`);
  if (problems.length > 0) {
    const count = counted(problems.length, "error");
    io.err.write(`configuration has ${count}: ${oneLine(configSource)}\n`);
    return EXIT.usage;
  }
  if (!flags.quiet) io.out.write(`configuration OK: ${oneLine(configSource)}\n`);
  return EXIT.done;
}

/**
 * Problems that the service would report before it opens anything: drivers in the wrong option, or
 * wrong options of drivers.
 */
async function problemsInUse(config: EffectiveConfig, io: Io): Promise<string[]> {
  const context = { settings: config, log: silentLogger };
  const [network, database] = [config.get(pubSubDriver), config.get(nbDbClass)];
  const local = config.get(pubSubUseMultiproc) ? config.get(pubSubMultiprocDriver) : undefined;
  const used = [findPubSubDriver(network), findDbDriver(database)];
  if (local !== undefined) used.push(findPubSubDriver(local));
  const checks = used.map((entry) => async () => {
    await (await entry.loadCheck?.())?.(config);
  });
  checks.push(async () => {
    requireNetworkDriver(config, await registry.loadPubSubDriver(network, context));
  }, async () => {
    if (local === undefined) return;
    requireLocalDriver(config, await registry.loadPubSubDriver(local, context));
  });
  checks.push(async () => void await readPagesToken(config, io));
  checks.push(async () => void await io.clientTls(config, httpTlsFiles));
  return [...new Set(await problemsOf(checks))];
}

async function problemsOf(checks: readonly (() => Promise<void>)[]): Promise<string[]> {
  const found = await Promise.all(checks.map((check) => check().then(() => [], messageOf)));
  return found.flat();
}

/** Problems of TLS files that only a server refuses. A client, such as `peers`, can use them. */
async function problemsOfServe(config: EffectiveConfig): Promise<string[]> {
  const network = findPubSubDriver(config.get(pubSubDriver));
  return await problemsOf([
    async () => void await (await network.loadServeCheck?.())?.(config),
    async () => {
      if (pagesAddress(config) !== undefined) await checkServerTls(config, httpTlsFiles);
    },
  ]);
}
