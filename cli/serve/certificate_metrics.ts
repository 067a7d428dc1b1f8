import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../../service/base/clock.ts";
import type { ReloadableSettings } from "../../service/config/reloadable_settings.ts";
import {
  gauge,
  type MetricFamily,
  type Sample,
} from "../../service/controller/observability/metric.ts";
import { type CertificateIo, certificateStates } from "../bus/certificate_state.ts";

const INTERVAL_MS = 60_000;

/** The metric of the certificates' expiry. */
export function expiryMetric(samples: readonly Sample[]): MetricFamily {
  return gauge("df_pubsub_tls_certificate_expiry_timestamp_seconds", {
    help: "When the certificate, or the last authority, in a file of the configuration expires, " +
      "by use (http, zmq, redis, etcd) and kind (certificate, authority)",
    value: samples,
  });
}

/** Reads the certificates that the settings name, periodically and after each reload. */
export class CertificateMetrics implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #reading: Promise<void>;
  readonly #reloads: Disposable;
  #samples: readonly Sample[] = [];

  constructor(
    settings: Pick<ReloadableSettings, "entries" | "onReload">,
    io: CertificateIo,
    clock: Pick<Clock, "now" | "sleep">,
  ) {
    const read = async () => {
      const states = await certificateStates(settings, io, clock.now());
      this.#samples = states.flatMap(({ file: { use, kind }, expiry }) => {
        const value = expiry === undefined ? this.#valueOf(use, kind) : expiry / 1000;
        return value === undefined ? [] : [{ labels: { use, kind }, value }];
      });
    };
    this.#reloads = settings.onReload(read);
    this.#reading = this.#repeat(read, clock);
  }

  #valueOf(use: string, kind: string): number | undefined {
    return this.#samples.find(({ labels }) => labels?.["use"] === use && labels["kind"] === kind)
      ?.value;
  }

  /** A file that can no longer be used keeps its sample, because its last content stays in use. */
  get metric(): MetricFamily {
    return expiryMetric(this.#samples);
  }

  async #repeat(read: () => Promise<void>, clock: Pick<Clock, "sleep">): Promise<void> {
    do await read(); while (await pause(INTERVAL_MS, this.#ended.signal, clock));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reloads[Symbol.dispose]();
    this.#ended.abort();
    await this.#reading;
  }
}
