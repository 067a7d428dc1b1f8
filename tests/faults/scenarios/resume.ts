import { Answering, AttackedPair } from "../harness/attacked_pair.ts";
import type { HealthyReport, PublisherReport } from "../harness/attack_protocol.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

/** Longer than a publisher's timeout for a silent subscriber. */
const STOPPED_MS = 5_000;
const MAX_RESUME_MS = 10_000;
const MAX_P99_MS = 50;

/** Many nodes lose their connections, and reconnect at the same moment. */
export const resume: Scenario = {
  name: "resume",
  summary:
    "1,000 subscribers in one process are cut off and resume at once; another one is unaffected",
  hasShortForm: true,
  async run({ isShort, say }) {
    const count = isShort ? 100 : 1_000;
    await using pair = await AttackedPair.create({ periodMs: 200 });
    await using crowd = new Answering("healthy_subscriber", [pair.address, String(count)]);
    await crowd.answer();
    const publisher = () => pair.publisher.ask<PublisherReport>();
    await until(async () => (await publisher()).peers === count + 1, {
      what: "all connected",
      timeoutMs: 60_000,
    });
    const quiet = await pair.watch(isShort ? 1_000 : 5_000);
    crowd.child.signal("SIGSTOP");
    await until(async () => (await publisher()).peers === 1, { what: "all cut off" });
    await sleep(STOPPED_MS);
    await pair.subscriber.ask();
    const { sent } = await publisher();
    const before = await pair.subscriber.ask<HealthyReport>();
    crowd.child.signal("SIGCONT");
    const startedAt = performance.now();
    let received = 0;
    let missing = 0;
    let gaps = 0;
    await until(async () => {
      const report = await crowd.ask<HealthyReport>();
      received += report.received;
      missing += report.missing;
      gaps += report.gaps;
      return report.next >= sent;
    }, { what: "all have the events published meanwhile", timeoutMs: 60_000 });
    const tookMs = performance.now() - startedAt;
    const healthy = await pair.subscriber.ask<HealthyReport>();
    say(
      `${count} have resumed in ${tookMs.toFixed(0)} ms, ${received} events, ${missing} lost; ` +
        `the other's p99 is ${shown(healthy.p99)} ms, ${shown(quiet.p99)} before`,
    );
    const sums = { replayed: 0, announced: 0, duplicates: 0, disordered: 0 };
    const lost = healthy.missing + before.missing;
    const rows = [
      {
        subscriber: `${count} together`,
        ...{ ...sums, published: received + missing, delivered: received, silent: missing },
        note: `${gaps} gaps`,
      },
      {
        subscriber: "the other",
        ...{ ...sums, published: healthy.received + lost, delivered: healthy.received },
        ...{ silent: lost, note: "" },
      },
    ];
    const faults: string[] = [];
    if (gaps + healthy.gaps > 0) faults.push(`${gaps} gaps, and ${healthy.gaps} at the other`);
    if (tookMs > MAX_RESUME_MS) faults.push(`it took ${tookMs} ms, at most ${MAX_RESUME_MS}`);
    if (!isShort && healthy.p99 > MAX_P99_MS) faults.push(`p99 of the other: ${healthy.p99} ms`);
    return { rows, faults };
  },
};

/** The text for a percentile, or "none" when no event arrived in that period. */
function shown(ms: number | null): string {
  return ms === null ? "unknown" : ms.toFixed(2);
}
