import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { PublisherChoice } from "../../service/publishers/publisher_choice.ts";
import type { ReadablePublisherRow } from "../../service/publishers/publishers_table.ts";
import { probeDetail } from "./examine_publishers.ts";
import type { Examination, Finding } from "./finding.ts";
import { probePublishers } from "./publisher_probe.ts";

/** Connects to the named publishers that are not in the table. */
export async function examineNamed(
  uris: readonly string[],
  rows: readonly ReadablePublisherRow[],
  { driver, timeoutMs }: { readonly driver: PubSubDriver; readonly timeoutMs: number },
): Promise<Examination> {
  const choice = new PublisherChoice(rows, driver.traits.secures);
  const known = new Set([...rows.map(({ record }) => record.uri), ...choice.of(rows)]);
  const addresses = choice.ofFixed(uris).filter((address) => !known.has(address));
  if (addresses.length === 0) return { looks: [], findings: [] };
  const probes = [...await probePublishers(driver, addresses, timeoutMs)];
  return {
    looks: probes.map(([address, probe]) => ({
      subject: "publisher",
      detail: `${address}: ${probeDetail(probe)}`,
    })),
    findings: probes.flatMap(([address, { failure }]) =>
      failure === undefined ? [] : [unreachable(address, failure)]
    ),
  };
}

function unreachable(address: string, failure: string): Finding {
  return {
    severity: "critical",
    subject: address,
    what: `Cannot subscribe to "${address}", which [df] publishers_ips names: ${failure}`,
    why: "Subscribers on this host miss the events of that host.",
    advice:
      "Check that the service runs there, check the firewalls, and correct [df] publishers_ips.",
  };
}
