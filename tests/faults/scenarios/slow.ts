import { Answering, AttackedPair } from "../harness/attacked_pair.ts";
import type { HealthyReport, PublisherReport } from "../harness/attack_protocol.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const LOG_EVENTS = 256;
const EVENT_BYTES = 10_000;
const OPTIONS = [`df_zmq.high_water_mark=${LOG_EVENTS}`, "df_zmq.heartbeat_timeout=60"];
const QUIET_MS = 4_000;
/** By this time the kernel's buffers and the log are full. */
const FULL_WITHIN_MS = 30_000;
const MORE_MS = 2_000;
const MAX_WARNED_MS = 1_000;
/**
 * Differences below this come from the machine and not from the publisher. In the short form, the
 * machine also runs the whole test suite.
 */
const MIN_P99_MS = 10;
const SHORT_MIN_P99_MS = 100;

/** One subscriber is stopped. Checks its notices, and the effect on the others. */
export const slow: Scenario = {
  name: "slow",
  summary:
    "a stopped subscriber is named in a warning and reports its exact loss; the others lose nothing",
  hasShortForm: true,
  async run({ isShort, say }) {
    await using pair = await AttackedPair.create({ eventBytes: EVENT_BYTES, options: OPTIONS });
    await using stopped = new Answering("healthy_subscriber", [pair.address, "1", ...OPTIONS]);
    await stopped.answer();
    const publisher = (question = {}) => pair.publisher.ask<PublisherReport>(question);
    const quiet = await pair.watch(QUIET_MS);
    const before = await stopped.ask<HealthyReport>();
    await publisher({ limit: LOG_EVENTS });
    stopped.child.signal("SIGSTOP");
    await until(async () => (await publisher()).warnedAt !== undefined, {
      what: "the publisher warns",
      timeoutMs: FULL_WITHIN_MS,
    });
    await sleep(MORE_MS);
    const { overAt = Infinity, warnedAt = Infinity, warnings, sent } = await publisher();
    const others = await pair.subscriber.ask<HealthyReport>();
    stopped.child.signal("SIGCONT");
    const after = { received: 0, missing: 0, reported: 0, gaps: 0, disconnected: 0 };
    await until(async () => {
      const report = await stopped.ask<HealthyReport>();
      after.received += report.received;
      after.missing += report.missing;
      after.reported += report.reported;
      after.gaps += report.gaps;
      after.disconnected += report.disconnected.length;
      return report.next >= sent;
    }, { what: "the stopped subscriber has the last published event" });
    const { skipped } = await publisher();
    const last = await pair.subscriber.ask<HealthyReport>();
    const warning = warnings.find((each) => each.includes("behind")) ?? "";
    const remark = `warned ${(warnedAt - overAt).toFixed(0)} ms after: ${warning}; it misses ` +
      `${after.missing}, reported ${after.reported}, was skipped by ${skipped}; p99 of the other ` +
      `${others.p99.toFixed(2)} ms, ${quiet.p99.toFixed(2)} before`;
    say(remark);
    const faults: string[] = [];
    const check = (isRight: boolean, what: string) => isRight || faults.push(what);
    check(warnedAt - overAt <= MAX_WARNED_MS, `it warns after ${warnedAt - overAt} ms`);
    check(
      warning.includes(`process ${stopped.child.pid}`),
      `the warning names another: ${warning}`,
    );
    check(after.missing > 0, "no event was lost: the scenario proves nothing");
    check(after.reported === after.missing, "its notices do not match its missing events");
    check(after.reported === skipped, "the publisher's count differs");
    check(after.gaps === 1, `${after.gaps} gaps`);
    check(after.disconnected === 0, "it was disconnected");
    const least = isShort ? SHORT_MIN_P99_MS : MIN_P99_MS;
    check(others.p99 <= Math.max(2 * quiet.p99, least), `p99 of the other ${others.p99} ms`);
    const lost = others.missing + last.missing + quiet.missing;
    const received = quiet.received + others.received + last.received;
    const sums = { replayed: 0, duplicates: 0, disordered: 0, note: "" };
    return {
      rows: [
        {
          ...{ ...sums, subscriber: "stopped", silent: after.missing - after.reported },
          published: before.received + after.received + after.missing,
          delivered: before.received + after.received,
          announced: after.reported,
        },
        {
          ...{ ...sums, subscriber: "the other", silent: lost, announced: 0 },
          ...{ published: received + lost, delivered: received },
        },
      ],
      faults,
      remarks: [remark],
    };
  },
};
