import {
  PublisherService,
  type ServiceReport,
} from "../../service/controller/publisher_service.ts";
import { untilAborted } from "../../drivers/contract/waiting.ts";
import { type CommonFlags, composeAndRun, type Composition } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import type { Talk } from "../terminal/log.ts";
import { STREAMING_LOG } from "../terminal/log_control.ts";
import { giveBackMemory } from "./give_back_memory.ts";
import { StatusReporter } from "./status_reporter.ts";
import { ServiceRequests } from "./service_requests.ts";
import type { HostAddresses } from "../../service/publishers/announced_address.ts";
import { getent } from "../terminal/host_name.ts";

const STOPPING = "stopping: sending what was accepted; a second signal ends it at once";

/** Runs the publisher service until a signal, and drains it. */
export async function serve(flags: CommonFlags, io: Io): Promise<ExitCode> {
  const usual = { ...STREAMING_LOG, level: "info" } as const;
  return await composeAndRun(flags, { io, usual }, (composition) => run(composition, flags, io));
}

async function run(composition: Composition, flags: CommonFlags, io: Io): Promise<ExitCode> {
  const { interrupted } = io;
  const { settings, drivers, clock, log, talk } = composition;
  // During the start, too: it is over within bounds, and what was opened is closed again.
  interrupted.addEventListener("abort", () => talk.say(STOPPING), { once: true });
  io.err.onRoom((dropped) => talk.warn(`${dropped} log lines dropped: nothing read them`));
  logConfiguration(composition);
  await using reporter = await StatusReporter.open(composition, io);
  const hostName = await io.hostName();
  const isManaged = Boolean(io.env["NOTIFY_SOCKET"]);
  const service = await PublisherService.start({
    ...{ settings, drivers, clock, log },
    ...{ hostName, isManaged, addresses: hostAddresses, pages: reporter.url },
  });
  reporter.show(service);
  const requests = new ServiceRequests({ composition, flags, io, service, reporter });
  io.onRequest((request) => requests.handle(request));
  sayAddresses(service, reporter, talk);
  service.ready().then(() => {
    talk.say("READY");
    reporter.ready();
    // Without libc nothing says when the process rests, and V8 collects as it likes.
    giveBackMemory({ clock, signal: interrupted }).catch(() => {});
  }, () => {});
  await untilAborted(new Promise<never>(() => {}), interrupted);
  reporter.stopping();
  // The pages answer until the end, and tell that it comes.
  return finish(await service.stop(), talk);
}

function sayAddresses(service: PublisherService, reporter: StatusReporter, { say }: Talk): void {
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

function finish({ relayed, refused, isClean }: ServiceReport, talk: Talk): ExitCode {
  talk.say(`stopped: ${relayed} events relayed, ${refused} refused`);
  if (isClean) return EXIT.done;
  talk.warn("The drain deadline was over: accepted events may be lost. See [df] drain_timeout");
  return EXIT.unclean;
}

/** The addresses of this host and of others, as the system knows them. */
const hostAddresses: HostAddresses = {
  async resolve(name) {
    const lines = (await getent("ahosts", name)).split("\n");
    return [...new Set(lines.map((line) => line.split(/\s+/)[0] ?? ""))].filter((ip) => ip !== "");
  },
  // Only an address of the host's own can be listened on. That needs no permission to see them all.
  isOwn(address) {
    try {
      Deno.listen({ hostname: address, port: 0 }).close();
      return true;
    } catch (error) {
      return !(error instanceof Deno.errors.AddrNotAvailable);
    }
  },
};
