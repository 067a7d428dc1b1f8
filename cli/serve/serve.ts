import {
  PublisherService,
  type ServiceReport,
} from "../../service/controller/publisher_service.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";
import { type CommonFlags, composeAndRun, type Composition } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import type { Messages } from "../terminal/log.ts";
import { STREAMING_LOG } from "../terminal/log_control.ts";
import { giveBackMemory } from "./give_back_memory.ts";
import { StatusReporter } from "./status_reporter.ts";
import { ServiceRequests } from "./service_requests.ts";
import { hostAddresses } from "../../drivers/host.ts";
import { counted } from "../terminal/quantities.ts";

const STOPPING = "stopping: sending accepted events; a second signal stops at once";

/** Runs the publisher service until a signal, then drains it. */
export async function serve(flags: CommonFlags, io: Io): Promise<ExitCode> {
  const usual = { ...STREAMING_LOG, level: "info" } as const;
  return await composeAndRun(flags, { io, usual }, (composition) => run(composition, flags, io));
}

async function run(composition: Composition, flags: CommonFlags, io: Io): Promise<ExitCode> {
  const { interrupted } = io;
  const { settings, drivers, clock, log, messages } = composition;
  // A signal also ends the start, which is bounded; everything that was opened is closed again.
  interrupted.addEventListener("abort", () => messages.say(STOPPING), { once: true });
  io.err.onRoom((dropped) => {
    const what = `${counted(dropped, "log line")} ${dropped === 1 ? "was" : "were"} dropped`;
    messages.warn(`${what}: standard error was not read`);
  });
  logConfiguration(composition);
  await using reporter = await StatusReporter.open(composition, io);
  const hostName = await io.hostName();
  const isManaged = Boolean(io.env["NOTIFY_SOCKET"]);
  const service = await PublisherService.open({
    ...{ settings, drivers, clock, log },
    ...{ hostName, isManaged, addresses: hostAddresses, pages: reporter.url },
  });
  reporter.show(service);
  const requests = new ServiceRequests({ composition, flags, io, service, reporter });
  io.onRequest((request) => requests.handle(request));
  reportAddresses(service, reporter, messages);
  service.ready().then(() => {
    if (interrupted.aborted) return;
    messages.say("READY");
    reporter.ready();
    // Without libc there is no processor time, so V8 collects garbage on its own.
    giveBackMemory({ clock, signal: interrupted }).catch(() => {});
  }, () => {});
  await untilAborted(new Promise<never>(() => {}), interrupted);
  reporter.stopping();
  // The pages answer until the end, and report the stop.
  return finish(await service.stop(), messages);
}

function reportAddresses(
  service: PublisherService,
  reporter: StatusReporter,
  { say }: Messages,
): void {
  const { networkAddress, localAddress, isBound } = service;
  say(
    isBound ? `listening on ${networkAddress} for subscribers` : `publishing to ${networkAddress}`,
  );
  if (localAddress !== undefined) say(`listening on ${localAddress} for local publishers`);
  if (reporter.url !== undefined) say(`health at ${reporter.url}`);
}

function logConfiguration({ config, log }: Composition): void {
  if (config.logNotice !== undefined) log.warn(config.logNotice);
  for (const { option, value, origin } of config.entries()) {
    if (origin !== "default") log.info(`${config.nameOf(option)} = ${value}`, { origin });
  }
}

function finish({ relayed, refused, isClean }: ServiceReport, messages: Messages): ExitCode {
  messages.say(`stopped: ${counted(relayed, "event")} relayed, ${refused} refused`);
  if (isClean) return EXIT.done;
  messages.warn("Accepted events, or syncs of refused ones, may be lost. See [df] drain_timeout");
  return EXIT.unclean;
}
