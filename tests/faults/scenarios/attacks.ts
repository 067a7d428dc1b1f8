import type { LedgerRow } from "../harness/ledger.ts";
import { AttackedPair, type AttackReport } from "../harness/attacked_pair.ts";
import { attacks as known } from "../harness/attacks.ts";
import type { HealthyReport } from "../harness/attack_protocol.ts";
import type { Scenario } from "../harness/scenario.ts";

const MAX_GROWN_MB = 100;
const MAX_KEPT_MB = 30;
const MAX_ANSWER_MS = 1_000;
const MAX_JOINED_MS = 5_000;
const MAX_P99_MS = 50;
const HEAVY = { count: 50_000, bytes: 10_000 };
/** How long the pair is measured without an attack, for comparison. */
const BUSY_MS = 10_000;
/** Attacks that require the publisher's log to be full. */
const FILL = { count: 2_000, bytes: 10_000 };

/** Raw connections violate the protocol at full speed, one attack after the other. */
export const attacks: Scenario = {
  name: "attacks",
  summary:
    "one process attacks the publisher's port in every known way; a healthy pair is unaffected",
  hasShortForm: true,
  needsPlain: "the attacks speak plain ZMTP",
  async run({ isShort, say }) {
    await using pair = await AttackedPair.create();
    await pair.publisher.ask(FILL);
    // An attack takes processor time from the pair, whatever the publisher does about it.
    const busy = await pair.watchBusy(isShort ? 0 : BUSY_MS);
    if (!isShort) say(`p99 ${busy.p99.toFixed(2)} ms while loops keep the processors busy`);
    const rows: LedgerRow[] = [];
    const faults: string[] = [];
    for (const name of Object.keys(known)) {
      const isHeavy = name.startsWith("no reading");
      const report = await pair.attack({
        name,
        seconds: isShort ? 0.5 : 10,
        restMs: isShort ? 10_000 : 30_000,
        // The short form does not wait until V8 wants memory.
        collects: isShort,
        ...(isHeavy ? { heavy: isShort ? FILL : HEAVY } : {}),
      });
      say(textOf(report));
      rows.push(rowOf(report));
      // Latencies mean nothing while the machine runs the whole test suite.
      const limits = isShort
        ? { p99: 10 * MAX_P99_MS, answerMs: 10 * MAX_ANSWER_MS, joinedMs: 10 * MAX_JOINED_MS }
        : {
          p99: Math.min(MAX_P99_MS, 3 * busy.p99),
          answerMs: MAX_ANSWER_MS,
          // All connections that one address may have are then the attacker's.
          joinedMs: name.startsWith("silent") ? Infinity : MAX_JOINED_MS,
        };
      faults.push(...faultsOf(report, limits));
    }
    return { rows, faults };
  },
};

function rowOf({ name, healthy }: AttackReport): LedgerRow {
  const { received, missing, gaps } = healthy;
  const sums = { published: received + missing, delivered: received, replayed: 0, announced: 0 };
  const row = { ...sums, silent: missing, duplicates: 0, disordered: 0 };
  const notes = [...(gaps === 0 ? [] : [`${gaps} gaps`]), ...healthy.disconnected];
  return { subscriber: name, ...row, note: notes.join("; ") };
}

function faultsOf(
  report: AttackReport,
  limits: Pick<AttackReport, "answerMs" | "joinedMs"> & Pick<HealthyReport, "p99">,
): string[] {
  const { name, healthy, grown, kept, answerMs, joinedMs, publisher } = report;
  const found: string[] = [];
  const check = (what: string, value: number, most: number) => {
    if (value > most) {
      found.push(`${name}: ${what} ${value.toFixed(1)}, at most ${most.toFixed(1)}`);
    }
  };
  check("p99 in ms", healthy.p99, limits.p99);
  check("gaps", healthy.gaps, 0);
  check("reconnects", healthy.disconnected.length, 0);
  check("MB more", grown, MAX_GROWN_MB);
  check("MB more when it was over", kept, MAX_KEPT_MB);
  check("ms to answer", answerMs, limits.answerMs);
  check("ms until a new subscriber is live", joinedMs, limits.joinedMs);
  // In each of two windows of 10 s five slow subscribers and one that is refused, or the others.
  check("warnings", publisher.warnings.length, 12);
  return found;
}

function textOf(report: AttackReport): string {
  const { name, healthy, publisher, done, grown, kept, answerMs, joinedMs } = report;
  const { p50, p99, max, missing } = healthy;
  const times = `p50 ${p50.toFixed(2)} p99 ${p99.toFixed(2)} max ${max.toFixed(1)} ms`;
  const memory = `+${grown.toFixed(0)} MB, then +${kept.toFixed(0)} MB`;
  const what =
    `${done.connections} connections, ${done.ended} ended, ${
      (done.sent / 1e6).toFixed(1)
    } MB sent, ` +
    `${(done.received / 1e6).toFixed(1)} MB received`;
  return `${name}: ${times}, ${missing} lost, ${memory} (heap ${publisher.heap} MB), answers in ${
    answerMs.toFixed(0)
  } ms, joined in ${joinedMs.toFixed(0)} ms; ${what}; ` +
    `${
      JSON.stringify(publisher.refused)
    }; ${publisher.peers} peers; ${publisher.warnings.length} warnings: ${
      publisher.warnings[0] ?? ""
    }`;
}
