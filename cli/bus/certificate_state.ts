import { messageOf } from "../../drivers/contract/errors.ts";
import { certificatesIn } from "../../drivers/tls.ts";
import {
  type CertificateFile,
  certificateFiles,
  daysUntil,
  expiryOf,
} from "../../service/config/certificate_files.ts";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import type { Io } from "../terminal/io.ts";

/** A file of certificates, and when it expires. */
export interface CertificateState {
  readonly file: CertificateFile;
  /** Milliseconds since 1970; undefined if the file cannot be used. */
  readonly expiry: number | undefined;
  /** The days until then, rounded down; negative if it has expired. */
  readonly daysLeft: number | undefined;
  /** Why the file cannot be used. */
  readonly problem: string | undefined;
}

const MAX_FILE_BYTES = 1024 * 1024;

/** What reads the files. */
export type CertificateIo = Pick<Io, "readFile" | "requireRegularFile">;

/** Reads the files of certificates that the configuration names. */
export async function certificateStates(
  config: Pick<EffectiveConfig, "entries">,
  io: CertificateIo,
  now: number,
): Promise<CertificateState[]> {
  return await Promise.all(
    certificateFiles(config).map(async (file) => {
      try {
        await io.requireRegularFile(file.path);
        const text = new TextDecoder().decode(await io.readFile(file.path, MAX_FILE_BYTES));
        const expiry = expiryOf(file, await certificatesIn(text));
        return { file, expiry, daysLeft: daysUntil(expiry, now), problem: undefined };
      } catch (error) {
        return { file, expiry: undefined, daysLeft: undefined, problem: messageOf(error) };
      }
    }),
  );
}
