import type { NbDbDriver } from "../../drivers/contract/db.ts";
import {
  PublisherRegistration,
  type PublisherRegistrationOptions,
} from "../../service/publishers/publisher_registration.ts";
import { parsePublisherRecord } from "../../service/publishers/publisher_record.ts";
import { RateLimiter } from "../../service/base/rate_limiter.ts";
import { FAKE_EPOCH_MS, FakeClock } from "./fakes/fake_clock.ts";
import { FakeDb } from "./fakes/fake_db.ts";
import { RecordingLogger } from "./fakes/recording_logger.ts";

/** `publisher_timeout` of {@linkcode setUpRegistration}. */
export const TIMEOUT_MS = 300_000;

/** A registration and its collaborators. */
export interface RegistrationFixture extends AsyncDisposable {
  readonly db: FakeDb;
  /** A client of the same database that never fails and is not recorded. */
  readonly direct: NbDbDriver;
  readonly clock: FakeClock;
  readonly log: RecordingLogger;
  readonly registration: PublisherRegistration;
  /** The row's time of last activity, in milliseconds since the clock's start. */
  readonly lastActivity: () => Promise<number>;
}

/** A registration of publisher "own" with its own database. Disposing closes the registration. */
export async function setUpRegistration(
  options: Partial<PublisherRegistrationOptions> = {},
): Promise<RegistrationFixture> {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const registration = new PublisherRegistration(db, {
    id: "own",
    uri: "tcp://own:8866",
    isLoopback: false,
    hostIds: new Set(["own"]),
    timeoutMs: TIMEOUT_MS,
    limiter: new RateLimiter({ count: 2, windowMs: 30_000 }, clock),
    clock,
    random: () => 1,
    log,
    ...options,
  });
  const lastActivity = async () => {
    const parsed = parsePublisherRecord(await direct.get("publisher", "own"));
    if (!parsed.readable) throw new Error(parsed.reason);
    return Math.round(parsed.record.lastActivityTimestamp * 1000) - FAKE_EPOCH_MS;
  };
  const dispose = () => {
    db.setDown(false);
    return registration.close();
  };
  return { db, direct, clock, log, registration, lastActivity, [Symbol.asyncDispose]: dispose };
}
