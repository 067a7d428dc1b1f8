import type { Service } from "./service.ts";

/** The HTTP address of a service, or undefined when it has none. */
export function httpAddress(service: Service): string | undefined {
  return /http:\/\/([\w.:]+)/.exec(service.child.stderr.text)?.[1];
}

/**
 * The counters of a service, each summed over its labels, except for the labels that `only` leaves
 * out.
 */
export async function metricsOf(
  service: Service,
  only: (line: string) => boolean = () => true,
): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  const response = await fetch(`http://${httpAddress(service)}/metrics`);
  for (const line of (await response.text()).split("\n")) {
    const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined || !only(line)) continue;
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}
