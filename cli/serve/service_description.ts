import { utcTime } from "../../drivers/contract/utc_time.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { checkText } from "../../service/controller/observability/readiness.ts";
import type { MetricFamily, Sample } from "../../service/controller/observability/metric.ts";
import type { ServiceView } from "../../service/controller/observability/service_view.ts";
import type { PublisherService } from "../../service/controller/publisher_service.ts";
import { VERSION } from "../flags/version.ts";

/** Maximum number of names to list; further ones are only counted. */
const MAX_NAMES = 20;

/** The parts of a running service. */
export interface DescribedService {
  readonly service: Pick<PublisherService, "registration" | "topics"> & {
    readonly observation: Pick<ServiceView, "known" | "metrics">;
  };
  /** The metrics of the process. */
  readonly process: readonly MetricFamily[];
  readonly config: EffectiveConfig;
}

/** Describes a running service in a few lines, without asking the database. */
export function describeService({ service, process, config }: DescribedService): string[] {
  const { ready, checks } = service.observation.known;
  const uptime = Math.round(performance.now() / 1000);
  return [
    `df-pubsub ${VERSION}, up ${uptime} s, ${ready ? "ready" : "not ready"}`,
    ...checks.map(checkText),
    `last refresh of the row in the publishers table: ${refreshText(service.registration.state)}`,
    `topics: ${namesText(service.topics)}`,
    ...[...service.observation.metrics(), ...process].flatMap(numbersOf),
    `configuration: ${namesText(filesOf(config))}`,
  ].map((line) => `state: ${line}`);
}

function refreshText({ lastRefreshAt }: PublisherService["registration"]["state"]): string {
  return lastRefreshAt === null ? "none" : utcTime(lastRefreshAt);
}

function namesText(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
}

function filesOf(config: EffectiveConfig): string[] {
  const files = config.entries().map(({ origin }) => /^(.*):\d+$/.exec(origin)?.[1]);
  return [...new Set(files)].filter((file) => file !== undefined);
}

/** One line per family with a value; a counter that is 0 has no line. */
function numbersOf({ name, type, samples }: MetricFamily): string[] {
  const suffix = type === "histogram" ? "_count" : undefined;
  const told = samples.filter((each) =>
    each.suffix === suffix && (type === "gauge" || each.value !== 0)
  );
  if (told.length === 0) return [];
  return [`${name}${suffix ?? ""}: ${told.map(sampleText).join(", ")}`];
}

function sampleText({ labels = {}, value }: Sample): string {
  const names = Object.values(labels).join(" ");
  return names === "" ? String(value) : `${names} ${value}`;
}
