/** What is done to an example while it runs. */
export interface Input {
  /** Output after which it is done: the example has begun its work. */
  readonly after: RegExp;
  /** Keys for its terminal. @default none: SIGINT, without a terminal */
  readonly keys?: string;
}

/** The configuration of an example. */
export type Settings = "service" | "new service" | "Redis" | "certificates";

/** What holds for the examples that a pattern matches. */
export interface Rule {
  readonly of: RegExp;
  /** @default nothing: the example ends by itself */
  readonly input?: Input;
  /** @default 0 */
  readonly code?: number;
  /** Why the code is not 0. */
  readonly reason?: string;
  /** The configuration. @default "service", which is part of the deployment of the test */
  readonly settings?: Settings;
  /** A command that runs at the same time: the load whose end ends `bench sub`. */
  readonly beside?: string;
}

const LISTENING = /listening on (?:tcp|redis)/;
const LOAD = "df-pubsub bench pub --rate 100 --duration 6s";

/** The first rule that matches an example holds. Without one, it ends by itself with exit code 0. */
export const RULES: readonly Rule[] = [
  { of: /^df-pubsub serve/, input: { after: /READY/ }, settings: "new service" },
  { of: /\| df-pubsub publish/ },
  { of: /^df-pubsub subscribe .*--exec/ },
  { of: /^df-pubsub subscribe (?:.* > |.*mtu)/, input: { after: LISTENING } },
  { of: /^df-pubsub subscribe .*(?:--count|-n|--end|--until)/ },
  { of: /^df-pubsub subscribe -f/, input: { after: /lport\/port-1/ } },
  { of: /^df-pubsub subscribe --snapshot/, input: { after: /synced/ } },
  { of: /^df-pubsub subscribe/, input: { after: /lport.*port-1/ } },
  { of: /^df-pubsub record .*--from-recorder/ },
  { of: /^df-pubsub record/, input: { after: LISTENING } },
  { of: /^df-pubsub replay .*(?:--dry-run|--yes)/ },
  { of: /^df-pubsub replay/, input: { after: /\[y\/N\]/, keys: "y\r" } },
  { of: /^df-pubsub [\w ]+--watch/, input: { after: /"/ } },
  { of: /^df-pubsub top --once/ },
  { of: /^df-pubsub top/, input: { after: /READY/, keys: "q" } },
  { of: /--crit-nodes 40/, code: 1, reason: "critical: fewer than 40 nodes are connected" },
  { of: /^df-pubsub bench sub/, beside: LOAD },
  { of: /^df-pubsub config acl/, settings: "Redis" },
  { of: /^df-pubsub certs show$/, settings: "certificates" },
];

/** What examples name and one machine does not have, and what stands for it in the test. */
export const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  // Directories of the system become directories of the example.
  [/(?<=[ '"])~?\/(?=(?:etc|srv|usr|var|\.config)\/)/g, "./"],
  // `record` writes a file that the directory does not have yet.
  [/(?<=record )events(?=\.jsonl\.gz --timeout)/, "recorded-for-1h"],
  [/(?<=record )events/, "recorded"],
  // The default directory of root.
  [/^(df-pubsub certs (?:init|issue)(?!.*--directory).*)$/, "$1 --directory etc/df-pubsub/tls"],
  [/http:\/\/192\.0\.2\.10:8868/, "$HEALTH_URL"],
  [/tcp:\/\/192\.0\.2\.11:8866/, "$PUBLISHER_URI"],
  [/management_ip=192\.0\.2\.10/, "management_ip=127.0.0.1"],
  // Any free port.
  [/publisher_port=9866/, "publisher_port=0"],
  // An end for an example that goes on.
  [/(?<=subscribe --json)(?= \|)/, " --count 3"],
  [/(?<=subscribe )(?=.*--exec)/, "--count 1 "],
  // A load, its duration and limits are those of hosts that do nothing else.
  [/(?<!bench sub .*)--duration (?:1m|60)/, "--duration 200ms"],
  [/^(df-pubsub bench (?!sub|.*--(?:duration|events)).*)$/, "$1 --duration 200ms"],
  [/--rate 20000/, "--rate 200"],
  [/--min-rate 19900/, "--min-rate 1"],
  [/--max-p99 \dms/, "--max-p99 10s"],
  // Many subscribers of one process miss some events of a faster load.
  [/--events 1000000/, "--events 2000 --rate 20000"],
  [/--warn-lag 1000 --crit-lag 20000/, "--warn-lag 1000000 --crit-lag 2000000"],
];

/** The rule of an example. */
export function ruleOf(example: string): Rule {
  return RULES.find(({ of }) => of.test(example)) ?? { of: /^/ };
}

/** An example as it runs on one machine. */
export function onOneMachine(example: string): string {
  return REPLACEMENTS.reduce((text, [site, here]) => text.replace(site, here), example);
}

/** Examples that run one after another: each uses what those before it left. */
export function sequencesOf(examples: readonly string[]): string[][] {
  const sequences = Map.groupBy(examples, (example) => {
    return /^df-pubsub (?:record|certs|bench)\b/.exec(example)?.[0] ?? example;
  });
  // The long ones first, so that short ones fill up the end.
  return [...sequences.values()].sort((one, other) => other.length - one.length);
}
