import { systemClock } from "../../service/base/clock.ts";
import { RateLimiter } from "../../service/base/rate_limiter.ts";
import { WarningFolder } from "../../service/base/warning_folder.ts";
import { composeAndRun, type Composition } from "../composition.ts";
import { openEventSource } from "../bus/event_source.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import type { Talk } from "../terminal/log.ts";
import { STREAMING_LOG } from "../terminal/log_control.ts";
import { NoticeWriter } from "./notice_writer.ts";
import { placeOf } from "../bus/open_table.ts";
import { Session, type SubscribeFlags } from "./subscribe_session.ts";
import { WaitingNote } from "./waiting_note.ts";

/** Prints events until it has enough, the time is over, or a signal. */
export async function subscribe(flags: SubscribeFlags, io: Io): Promise<ExitCode> {
  const usual = STREAMING_LOG;
  return await composeAndRun(flags, { io, usual }, (composition) => run(composition, flags, io));
}

async function run(
  composition: Composition,
  flags: SubscribeFlags,
  io: Io,
): Promise<ExitCode> {
  const { talk } = composition;
  using notices = new NoticeWriter(io.err, flags);
  const subject = "Reading the rows of events";
  const reads = new WarningFolder({ subject, ...composition });
  const session = new Session(flags, io, { notices, reads, talk });
  const sayListening = listeningNote(flags, talk);
  const snapshot = flags.snapshot
    ? new (await import("./snapshot.ts")).Snapshot(flags, composition)
    : undefined;
  using waiting = new WaitingNote(talk);
  await using source = await openEventSource(composition, {
    topics: flags.topic ?? [],
    uris: flags.uri,
    since: flags.since,
    needsDb: flags.resolve === true || flags.snapshot === true,
    onLive: (address) => {
      waiting[Symbol.dispose]();
      session.isLive = true;
      sayListening(address);
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

/** Says that an address is live, and again when it was lost, a few times in a while. */
function listeningNote(flags: SubscribeFlags, talk: Talk): (address: string) => void {
  const limiters = new Map<string, RateLimiter>();
  return (address) => {
    const limiter = limiters.get(address) ??
      new RateLimiter(LISTENING_NOTES, LISTENING_WINDOW_MS, systemClock);
    limiters.set(address, limiter);
    if (!flags.quiet && limiter.tryAcquire()) talk.say(`listening on ${address}`);
  };
}
