import { type KeyPair, makeCertificate } from "./openssl.ts";
import type { TempDir } from "./temp_dir.ts";
import type { Overrides } from "./test_settings.ts";
import { tlsOverrides } from "./zmq/zmq_tls.ts";

/** Clocks of tests go back by an hour. */
const DAY_MS = 86_400_000;
const NAMES = "IP:127.0.0.1, DNS:end.example";

/** The files of both ends, and the certificates that they get one after another. */
export class RotatedFiles {
  readonly #dir: TempDir;
  readonly used: KeyPair;
  readonly authorities: Pick<KeyPair, "cert">;
  #count = 0;

  constructor(dir: TempDir) {
    this.#dir = dir;
    this.used = { cert: dir.join("used.crt"), key: dir.join("used.key") };
    this.authorities = { cert: dir.join("used-authorities.crt") };
  }

  /** The settings of an end that uses the files, and does without TLS nowhere. */
  get overrides(): Overrides {
    return tlsOverrides("required", this.authorities, this.used);
  }

  /** Makes an authority, which no end trusts yet. */
  authority(): Promise<KeyPair> {
    return makeCertificate(this.#dir, {
      name: `authority-${++this.#count}`,
      from: Date.now() - DAY_MS,
    });
  }

  /** Makes both ends trust these authorities and no others. */
  async trust(...authorities: readonly KeyPair[]): Promise<void> {
    const texts = await Promise.all(authorities.map(({ cert }) => Deno.readTextFile(cert)));
    await Deno.writeTextFile(this.authorities.cert, texts.join(""));
  }

  /** Gives both ends a new certificate. */
  async issue(issuer: KeyPair): Promise<void> {
    const name = `end-${++this.#count}`;
    const pair = await makeCertificate(this.#dir, {
      name,
      issuer,
      names: NAMES,
      from: Date.now() - DAY_MS,
    });
    await Deno.copyFile(pair.key, this.used.key);
    await Deno.copyFile(pair.cert, this.used.cert);
  }
}
