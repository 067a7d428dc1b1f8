import { PublisherService, type ServiceReport } from "../service/publisher_service.ts";
import { type CommonFlags, compose, type Composition } from "./composition.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { giveBack } from "./give_back.ts";
import type { Io } from "./io.ts";
import { Outside } from "./outside.ts";

const STOPPING = "stopping: sending what was accepted; a second signal ends it at once\n";

/** Runs the publisher service until a signal, and drains it. */
export async function serve(flags: CommonFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io, "info");
  const { interrupted } = io;
  // During the start, too: it is over within bounds, and what was opened is closed again.
  interrupted.addEventListener("abort", () => io.err.write(STOPPING), { once: true });
  logConfiguration(composition);
  const { config: settings, ...rest } = composition;
  await using outside = await Outside.open(composition, io);
  const service = await PublisherService.start({
    settings,
    ...rest,
    hostName: await io.hostName(),
    isManaged: Boolean(io.env["NOTIFY_SOCKET"]),
  });
  outside.show(service);
  const address = service.networkAddress;
  io.err.write(
    service.isBound ? `listening on ${address} for subscribers\n` : `publishing to ${address}\n`,
  );
  if (service.localAddress !== undefined) {
    io.err.write(`listening on ${service.localAddress} for local publishers\n`);
  }
  if (outside.url !== undefined) io.err.write(`health at ${outside.url}\n`);
  service.ready().then(() => {
    io.err.write("READY\n");
    outside.ready();
    giveBack();
  }, () => {});
  await aborted(interrupted);
  outside.stopping();
  // The pages answer until the end, and tell that it comes.
  return finish(await service.stop(), io);
}

function logConfiguration({ config, log }: Composition): void {
  for (const { option, value, origin } of config.entries()) {
    if (origin !== "default") log.info(`${config.nameOf(option)} = ${value}`, { origin });
  }
}

function finish({ relayed, refused, isClean }: ServiceReport, io: Io): ExitCode {
  io.err.write(`stopped: ${relayed} events relayed, ${refused} refused\n`);
  if (isClean) return EXIT.done;
  io.err.write(
    "The drain deadline was over: accepted events may be lost. See [df] drain_timeout\n",
  );
  return EXIT.unclean;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
