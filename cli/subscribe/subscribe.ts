import { systemClock } from "../../service/base/clock.ts";
import { RateLimiter } from "../../service/base/rate_limiter.ts";
import { WarningFolder } from "../../service/base/warning_folder.ts";
import { composeAndRun, type Composition } from "../composition.ts";
import { openEventSource } from "../bus/event_source.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import type { Messages } from "../terminal/log.ts";
import { STREAMING_LOG } from "../terminal/log_control.ts";
import { NoticeWriter } from "./notice_writer.ts";
import { placeOf } from "../bus/open_table.ts";
import { Session, type SubscribeFlags } from "./subscribe_session.ts";
import { WaitingNote } from "./waiting_note.ts";

/** Prints events until it has enough, a timeout expires, or a signal arrives. */
export async function subscribe(flags: SubscribeFlags, io: Io): Promise<ExitCode> {
  const usual = STREAMING_LOG;
  return await composeAndRun(flags, { io, usual }, (composition) => run(composition, flags, io));
}

async function run(
  composition: Composition,
  flags: SubscribeFlags,
  io: Io,
): Promise<ExitCode> {
  const { messages } = composition;
  using notices = new NoticeWriter(io.err, flags);
  const subject = "Reading the rows of events";
  const reads = new WarningFolder({ subject, ...composition });
  const session = new Session(flags, io, { notices, reads, messages });
  const reportListening = listeningNote(flags, messages);
  const snapshot = flags.snapshot
    ? new (await import("./snapshot.ts")).Snapshot(flags, composition)
    : undefined;
  using waiting = new WaitingNote(messages);
  await using source = await openEventSource(composition, {
    topics: flags.topic ?? [],
    uris: flags.uri,
    since: flags.since,
    needsDb: flags.resolve === true || flags.snapshot === true,
    onLive: (address) => {
      waiting[Symbol.dispose]();
      session.isLive = true;
      reportListening(address);
    },
    onHealth: (event) => snapshot?.onHealth(event),
    onNotice: (notice) => session.onNotice(notice),
    whenApplied: snapshot && (() => snapshot.applied()),
    onUpdates: (updates) => snapshot ? snapshot.receive(updates) : session.receive(updates),
  });
  session.publisherUris = () => source.network.publisherUris;
  if (!flags.quiet) {
    waiting.begin(session.publisherUris, {
      place: source.db === undefined ? undefined : placeOf(source.db),
      configSource: composition.configSource,
    });
  }
  if (flags.resolve) session.db = source.db;
  source.accepted.catch((error) => session.fail(error));
  using _reading = snapshot;
  snapshot?.run(source, (update) => session.receive([update]))
    .catch((error) => session.fail(error));
  return await session.ended();
}

/** A publisher that keeps closing its connections becomes live again and again. */
const LISTENING_NOTES = 5;
const LISTENING_WINDOW_MS = 10_000;

/** Reports that an address is live, and again after a loss, up to a limit. */
function listeningNote(flags: SubscribeFlags, messages: Messages): (address: string) => void {
  const limiters = new Map<string, RateLimiter>();
  return (address) => {
    const limiter = limiters.get(address) ??
      new RateLimiter(LISTENING_NOTES, LISTENING_WINDOW_MS, systemClock);
    limiters.set(address, limiter);
    if (!flags.quiet && limiter.tryAcquire()) messages.say(`listening on ${address}`);
  };
}
