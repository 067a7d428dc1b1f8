import { type CertificateState, certificateStates } from "../bus/certificate_state.ts";
import type { Composition } from "../composition.ts";
import type { Io } from "../terminal/io.ts";
import { counted } from "../terminal/quantities.ts";
import type { Examination, Finding } from "./finding.ts";

const SOON_DAYS = 30;

/** Examines the certificates that the configuration names. */
export async function examineCertificates(
  { config, clock }: Composition,
  io: Pick<Io, "readFile" | "requireRegularFile">,
): Promise<Examination> {
  const states = await certificateStates(config, io, clock.now());
  return { looks: states.flatMap(lookOf), findings: states.flatMap(findingOf) };
}

function lookOf({ file: { option, path }, daysLeft }: CertificateState) {
  if (daysLeft === undefined) return [];
  return [{
    subject: option,
    detail: `${path}, ${daysLeft < 0 ? "expired" : `${counted(daysLeft, "day")} left`}`,
  }];
}

function findingOf({ file, daysLeft, problem }: CertificateState): Finding[] {
  const { option, path, kind } = file;
  const what = kind === "certificate" ? "certificate" : "certificate of the authority";
  if (daysLeft === undefined) {
    return [{
      severity: "critical",
      subject: path,
      what: `The file of ${option} cannot be used: ${problem}`,
      why: "Connections with TLS cannot be made with it.",
      advice:
        "Correct the path, its permissions or the file: `df-pubsub certs show` reads it again.",
    }];
  }
  if (daysLeft >= SOON_DAYS) return [];
  const isOver = daysLeft < 0;
  return [{
    severity: isOver ? "critical" : "warning",
    subject: path,
    what: isOver
      ? `The ${what} of ${option} has expired`
      : `The ${what} of ${option} expires in ${counted(daysLeft, "day")}`,
    why: isOver
      ? "The other ends of connections refuse it."
      : "From then on the other ends of connections refuse it.",
    advice:
      "Replace the file; a running service notices the new one. `df-pubsub certs show` prints " +
      "its issuer.",
  }];
}
