import type { EffectiveConfig } from "./effective_config.ts";

/** A file of certificates that the configuration names. */
export interface CertificateFile {
  /** What it serves: `http`, `zmq`, `redis`, `etcd`. */
  readonly use: string;
  /** Whether it has a certificate to show, or authorities to trust. */
  readonly kind: "certificate" | "authority";
  /** As `[df] http_tls_cert_file`. */
  readonly option: string;
  readonly path: string;
}

const NAME = /^(?:(\w+)_)?tls_(cert|ca)_file$/;

/** The files of certificates that the configuration names, in the order of its options. */
export function certificateFiles(config: Pick<EffectiveConfig, "entries">): CertificateFile[] {
  return config.entries().flatMap(({ option: { group, name }, value: path }) => {
    const [, prefix, kind] = NAME.exec(name) ?? [];
    if (kind === undefined || path === "") return [];
    return [{
      use: prefix ?? group.replace(/^df_/, ""),
      kind: kind === "cert" ? "certificate" as const : "authority" as const,
      option: `[${group}] ${name}`,
      path,
    }];
  });
}

/** Milliseconds since 1970 when a file stops to be of use. */
export function expiryOf(
  { kind }: Pick<CertificateFile, "kind">,
  certificates: readonly { readonly notAfter: number }[],
): number {
  const ends = certificates.map(({ notAfter }) => notAfter);
  // A chain is as good as its weakest part; of several authorities, one is enough.
  return kind === "certificate" ? Math.min(...ends) : Math.max(...ends);
}

const DAY_MS = 86_400_000;

/** The days until then, rounded down; negative after that. */
export function daysUntil(time: number, now: number): number {
  return Math.floor((time - now) / DAY_MS);
}
