import { messageOf } from "../../drivers/contract/errors.ts";
import { utcTime } from "../../drivers/contract/utc_time.ts";
import { certificatesIn, type CertificateSummary } from "../../drivers/tls.ts";
import {
  type CertificateFile,
  certificateFiles,
  daysUntil,
} from "../../service/config/certificate_files.ts";
import { type CommonFlags, compose } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { counted } from "../terminal/quantities.ts";

/** The flags of `certs show`. */
export interface ShowFlags extends CommonFlags {
  readonly json?: true | undefined;
}

type Place = Pick<CertificateFile, "path"> & Partial<CertificateFile>;

interface Shown {
  readonly place: Place;
  readonly certificates: readonly CertificateSummary[];
}

/** Shows the certificates of files; by default of those that the configuration names. */
export async function showCertificates(
  paths: readonly string[],
  flags: ShowFlags,
  io: Io,
): Promise<ExitCode> {
  const places: readonly Place[] = paths.length > 0
    ? paths.map((path) => ({ path }))
    : certificateFiles((await compose(flags, io, { level: "warn" })).config);
  if (places.length === 0 && !flags.quiet) {
    io.err.write("the configuration names no certificates\n");
  }
  const asJson = flags.json === true || !io.out.isTerminal;
  let code: ExitCode = EXIT.done;
  for (const place of places) {
    try {
      const certificates = await certificatesIn(await io.readTextFile(place.path, 2 ** 20));
      const shown = { place, certificates };
      io.out.write(asJson ? jsonLines(shown) : textLines(shown, io.out.columns));
    } catch (error) {
      io.err.write(`df-pubsub: "${oneLine(place.path)}": ${oneLine(messageOf(error))}\n`);
      code = EXIT.failed;
    }
  }
  return code;
}

function jsonLines({ place, certificates }: Shown): string {
  return certificates.map(({ subject, issuer, names, notBefore, notAfter, isAuthority }) => {
    const { path: file, option } = place;
    const times = { notBefore: utcTime(notBefore), notAfter: utcTime(notAfter) };
    const daysLeft = daysUntil(notAfter, Date.now());
    const about = { subject, issuer, names, isAuthority, ...times, daysLeft };
    return `${JSON.stringify({ file, ...(option !== undefined && { option }), ...about })}\n`;
  }).join("");
}

function textLines({ place, certificates }: Shown, columns: number): string {
  const title = place.option === undefined ? place.path : `${place.path} (${place.option})`;
  const lines = certificates.flatMap((certificate) => {
    const { subject, issuer, names, isAuthority } = certificate;
    return [
      ...row("subject", [isAuthority ? `${subject}, an authority` : subject], columns),
      ...row("names", names.length === 0 ? ["none"] : names, columns),
      ...row("issuer", [issuer === subject ? "itself" : issuer], columns),
      ...row("valid", [validity(certificate)], columns),
    ];
  });
  return [oneLine(title), ...lines, ""].join("\n");
}

function validity({ notBefore, notAfter }: CertificateSummary): string {
  const now = Date.now();
  const day = (time: number) => utcTime(time).slice(0, 10);
  const left = now < notBefore
    ? "not yet valid"
    : now > notAfter
    ? "EXPIRED"
    : `${counted(daysUntil(notAfter, now), "day")} left`;
  return `${day(notBefore)} to ${day(notAfter)}, ${left}`;
}

/** A name and its values, as many in a line as fit. */
function row(name: string, values: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const value of values.map(oneLine)) {
    const last = lines.at(-1);
    const joined = last === undefined ? `  ${name.padEnd(8)} ${value}` : `${last}, ${value}`;
    if (last === undefined) lines.push(joined);
    else if (joined.length <= columns) lines[lines.length - 1] = joined;
    else lines.push(`  ${"".padEnd(8)} ${value}`);
  }
  return lines;
}
