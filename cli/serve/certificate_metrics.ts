import { pause } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../../service/base/clock.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { gauge, type MetricFamily, type Sample } from "../../service/publish/metric.ts";
import { type CertificateIo, certificateStates } from "../bus/certificate_state.ts";

const INTERVAL_MS = 60_000;

/** The metric of the certificates' expiry. */
export function expiryMetric(samples: readonly Sample[]): MetricFamily {
  return gauge({
    name: "df_pubsub_tls_certificate_expiry_timestamp_seconds",
    help: "When the certificate, or the last authority, in a file of the configuration expires, " +
      "by use (http, zmq, redis, etcd) and kind (certificate, authority)",
  }, samples);
}

/** Reads the certificates that the configuration names again and again, for a metric. */
export class CertificateMetrics implements AsyncDisposable {
  readonly #ended = new AbortController();
  readonly #reading: Promise<void>;
  #samples: readonly Sample[] = [];

  constructor(
    config: Pick<EffectiveConfig, "entries">,
    io: CertificateIo,
    clock: Pick<Clock, "now" | "sleep">,
  ) {
    this.#reading = this.#read(config, io, clock);
  }

  /** A file that cannot be used has no sample. */
  get metric(): MetricFamily {
    return expiryMetric(this.#samples);
  }

  async #read(
    config: Pick<EffectiveConfig, "entries">,
    io: CertificateIo,
    clock: Pick<Clock, "now" | "sleep">,
  ): Promise<void> {
    do {
      const states = await certificateStates(config, io, clock.now());
      this.#samples = states.flatMap(({ file: { use, kind }, expiry }) =>
        expiry === undefined ? [] : [{ labels: { use, kind }, value: expiry / 1000 }]
      );
    } while (await pause(INTERVAL_MS, this.#ended.signal, clock));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#reading;
  }
}
