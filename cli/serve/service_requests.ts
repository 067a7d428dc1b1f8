import type { ConfigChange } from "../../service/config/reloadable_settings.ts";
import type { PublisherService } from "../../service/controller/publisher_service.ts";
import { type CommonFlags, type Composition, readConfiguration } from "../composition.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import type { Io, ServiceRequest } from "../terminal/io.ts";
import type { StatusReporter } from "./status_reporter.ts";
import { processMetrics } from "./process_metrics.ts";
import { describeService } from "./service_description.ts";

/** Options of {@linkcode ServiceRequests}. */
export interface ServiceRequestTools {
  readonly composition: Composition;
  readonly flags: CommonFlags;
  readonly io: Io;
  readonly service: PublisherService;
  readonly reporter: StatusReporter;
}

const READ_TIMEOUT_MS = 10_000;

/** Handles the signals of a running service. No failure in here ends the service. */
export class ServiceRequests {
  readonly #tools: ServiceRequestTools;
  /** The latest valid configuration. */
  #config: EffectiveConfig;
  #reloading: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(tools: ServiceRequestTools) {
    this.#tools = tools;
    this.#config = tools.composition.config;
  }

  handle(request: ServiceRequest): void {
    if (request === "reload") this.#requestReload();
    else if (request === "toggle-debug") this.#toggleDebug();
    else this.#describe();
  }

  #toggleDebug(): void {
    const { logControl, messages } = this.#tools.composition;
    if (logControl.toggleDebug()) messages.say("debug lines on: SIGUSR1 turns them off");
    else messages.say(`debug lines off: the level of the log is ${logControl.level}`);
  }

  #describe(): void {
    const { composition: { messages }, service, io } = this.#tools;
    const process = processMetrics(io.err);
    for (const line of describeService({ service, process, config: this.#config })) {
      messages.say(line);
    }
  }

  /** Reloads once at a time; any number of requests during a reload cause one more. */
  #requestReload(): void {
    const { io, composition: { messages }, reporter } = this.#tools;
    if (io.interrupted.aborted) return messages.say("not reloaded: the service is stopping");
    this.#isAskedAgain = true;
    this.#reloading ??= reporter.duringReload(() => this.#reloadAll()).finally(() => {
      this.#reloading = undefined;
    });
  }

  async #reloadAll(): Promise<void> {
    while (this.#isAskedAgain && !this.#tools.io.interrupted.aborted) {
      this.#isAskedAgain = false;
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    const { composition: { settings, log, messages }, service } = this.#tools;
    let reading: Awaited<ReturnType<typeof readConfiguration>>;
    try {
      reading = await this.#read();
    } catch (error) {
      messages.warn("not reloaded: the configuration is unchanged");
      for (const line of messageOf(error).split("\n")) log.error(line);
      return;
    }
    const { config: next, warnings, logNotice, retiredNotice } = reading;
    for (const warning of warnings) log.warn(warning);
    if (logNotice !== undefined) log.warn(logNotice);
    if (retiredNotice !== undefined) log.info(retiredNotice);
    const changes = settings.reload(next);
    this.#config = next;
    for (const change of changes) this.#tell(change);
    service.applySettings();
    await settings.notify();
    const inForce = changes.filter(({ isAdopted }) => isAdopted).length;
    messages.say(`reloaded: ${reloadSummary(inForce, changes.length - inForce)}`);
  }

  /**
   * Reads the same files as at the start. Files that do not end, or cannot be read twice, are
   * refused.
   */
  #read(): ReturnType<typeof readConfiguration> {
    const { flags, io } = this.#tools;
    const { env, facts, exists, listDirectory } = io;
    const readFile = async (path: string, maxBytes?: number) => {
      await io.requireRegularFile(path);
      return await io.readFile(path, maxBytes);
    };
    const tooLate = () => {
      throw new Error(`Cannot read the configuration within ${READ_TIMEOUT_MS / 1000} s`);
    };
    const reading = readConfiguration(flags, { env, facts, exists, listDirectory, readFile });
    return waitFor(reading, { timeoutMs: READ_TIMEOUT_MS }, tooLate);
  }

  #tell({ option, from, to, isSecret, isAdopted }: ConfigChange): void {
    const { log } = this.#tools.composition;
    const name = `[${option.group}] ${option.name}`;
    const what = isSecret
      ? `${name} changed`
      : `${name} changed from ${shown(from)} to ${shown(to)}`;
    if (isAdopted) log.info(what);
    else log.warn(`${what}: restart the service`);
  }
}

/** What a reload changed, and what requires a restart. */
function reloadSummary(inForce: number, rest: number): string {
  const options = (count: number) => count === 1 ? "1 option" : `${count} options`;
  const changed = inForce > 0 ? `${options(inForce)} changed` : "nothing changed";
  return rest > 0 ? `${changed}, restart the service for ${options(rest)}` : changed;
}

function shown(text: string): string {
  return text === "" ? "nothing" : text;
}
