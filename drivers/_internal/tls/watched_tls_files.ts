import { messageOf } from "../../contract/errors.ts";
import type { Logger } from "../../contract/logger.ts";
import type { Settings } from "../../contract/option.ts";
import type { TlsFileOptions } from "../../contract/tls_options.ts";
import { utcMinute } from "../../contract/utc_time.ts";
import { type MonotonicClock, monotonicClock, pause } from "../../contract/waiting.ts";
import {
  checkTls,
  readTlsFiles,
  readTlsTexts,
  type TlsMaterial,
  type TlsTexts,
} from "./tls_files.ts";

/** Options of {@linkcode WatchedTlsFiles}. */
export interface WatchedTlsFilesOptions {
  readonly settings: Settings;
  readonly files: TlsFileOptions;
  /** Whose files they are, in messages: `the health pages`. */
  readonly use: string;
  readonly log: Logger;
  /** Called with new, valid files. If it throws, the old ones stay in use. @default nothing */
  readonly onChange?: (material: TlsMaterial) => void;
  /** @default the clock of this process */
  readonly clock?: MonotonicClock;
  /** Time between two looks at the files, in milliseconds. @default 2,000 */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 2_000;
/** While files cannot be used, the reason is repeated at this interval. */
const REMINDER_MS = 600_000;
/** Within this time a new certificate is worth a warning. */
const SOON_MS = 7 * 86_400_000;

/**
 * The TLS files of a running service. Changed files are noticed: they are used as soon as they
 * are valid together, and until then the old ones stay in use and a warning states the reason.
 */
export class WatchedTlsFiles implements AsyncDisposable {
  readonly #options: WatchedTlsFilesOptions;
  readonly #clock: MonotonicClock;
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;
  readonly #reloads: Disposable | undefined;
  #material: TlsMaterial;
  /** The texts at the last look: a change that goes on is not judged yet. */
  #seen: string;
  #problem: { readonly reason: string; readonly since: number } | undefined;
  #checking: Promise<void> = Promise.resolve();

  /** Reads the files. @throws as {@linkcode readTlsFiles} */
  static async open(options: WatchedTlsFilesOptions): Promise<WatchedTlsFiles> {
    return new WatchedTlsFiles(options, await readTlsFiles(options.settings, options.files));
  }

  private constructor(options: WatchedTlsFilesOptions, material: TlsMaterial) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#material = material;
    this.#seen = JSON.stringify(material.texts);
    this.#warnOfExpiry();
    this.#watching = this.#watch();
    this.#reloads = options.settings.onReload?.(() => this.check());
  }

  /** The files in use: read it for each new connection. */
  get current(): TlsMaterial {
    return this.#material;
  }

  /** Reads the files now, as a reload of the service does. It never rejects. */
  check(): Promise<void> {
    return this.#checking = this.#checking.then(() => this.#look(true));
  }

  /** Resolves when no look at the files is under way. */
  async idle(): Promise<void> {
    await this.#checking;
  }

  async #watch(): Promise<void> {
    const { intervalMs = INTERVAL_MS } = this.#options;
    while (await pause(intervalMs, this.#ended.signal, this.#clock)) {
      await (this.#checking = this.#checking.then(() => this.#look(false)));
    }
  }

  /** @param isNow whether files that have just changed are judged, too */
  async #look(isNow: boolean): Promise<void> {
    const { settings, files } = this.#options;
    try {
      const texts = await readTlsTexts(settings, files);
      const content = JSON.stringify(texts);
      const isSettled = content === this.#seen;
      this.#seen = content;
      if (isSettled || isNow) await this.#adopt(texts, content);
    } catch (error) {
      this.#report(messageOf(error));
    }
  }

  async #adopt(texts: TlsTexts, content: string): Promise<void> {
    const { settings, files, use, log, onChange } = this.#options;
    if (content === JSON.stringify(this.#material.texts)) {
      if (this.#problem !== undefined) log.info(`The TLS files for ${use} are valid again`);
      this.#problem = undefined;
      return;
    }
    const material = await checkTls(settings, files, texts);
    onChange?.(material);
    this.#material = material;
    this.#problem = undefined;
    const { certificate } = this.#material;
    const until = certificate &&
      `: the certificate is valid until ${utcMinute(certificate.notAfter)}`;
    log.info(`New TLS files for ${use}${until ?? ""}`);
    this.#warnOfExpiry();
  }

  #warnOfExpiry(): void {
    const { certificate } = this.#material;
    const leftMs = (certificate?.notAfter ?? Infinity) - Date.now();
    if (certificate === undefined || leftMs >= SOON_MS) return;
    const { use, log } = this.#options;
    const verb = leftMs < 0 ? "expired" : "expires";
    log.warn(`The certificate for ${use} ${verb} on ${utcMinute(certificate.notAfter)}`);
  }

  #report(reason: string): void {
    const now = this.#clock.monotonic();
    const known = this.#problem;
    if (known?.reason === reason && now - known.since < REMINDER_MS) return;
    this.#problem = { reason, since: now };
    const { use, log } = this.#options;
    log.warn(`The TLS files for ${use} have changed, but the old ones stay in use: ${reason}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reloads?.[Symbol.dispose]();
    this.#ended.abort();
    await this.#watching;
    await this.#checking;
  }
}
