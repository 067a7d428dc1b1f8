import type { PageFiles } from "../../service/fleet/page_access.ts";
import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { silentLogger } from "../../drivers/contract/logger.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import { publisherTimeout } from "../../service/config/options/publishers.ts";
import { publisherRows } from "../../service/publishers/publishers_table.ts";
import { namedPublishers } from "../bus/event_source.ts";
import { type CommonFlags, compose, type Composition } from "../composition.ts";
import { VERSION } from "../flags/version.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { ignoringClosed } from "../terminal/ignoring_errors.ts";
import { comparePublishers } from "./compare_publishers.ts";
import { jsonReport, textReport } from "./doctor_report.ts";
import { examineCertificates } from "./examine_certificates.ts";
import { examineConfiguration, importantValues } from "./examine_configuration.ts";
import { type DatabaseExamination, examineDatabase, examineDisk } from "./examine_database.ts";
import { examineLocal } from "./examine_local.ts";
import { examineNamed } from "./examine_named.ts";
import { examinePublishers, type PublishersExamination } from "./examine_publishers.ts";
import { type Examination, type Finding, millis, together } from "./finding.ts";
import { probeBroker } from "./publisher_probe.ts";

/** The flags of `doctor`; times are in seconds. */
export interface DoctorFlags extends CommonFlags {
  readonly json?: true | undefined;
  readonly timeout?: number | undefined;
}

const TIMEOUT_S = 5;

/** Examines a deployment from this host, and reports what is wrong and what to do. */
export async function doctor(flags: DoctorFlags, io: Io): Promise<ExitCode> {
  // The warnings of the configuration are part of the findings.
  const composition = await compose(flags, io, { level: "error" });
  const timeoutMs = (flags.timeout ?? TIMEOUT_S) * 1000;
  const examination = await examine(composition, { io, timeoutMs });
  const now = new Date(composition.clock.now()).toISOString();
  const report = {
    title: `df-pubsub ${VERSION} on ${await io.hostName()}, ${now}`,
    configSource: composition.configSource,
    values: importantValues(composition.config),
    ...examination,
  };
  const asJson = flags.json === true || !io.out.isTerminal;
  ignoringClosed(io.out).write(asJson ? jsonReport(report) : textReport(report, io.out.columns));
  return exitCodeFor(examination.findings);
}

/** 0 without findings, 1 with warnings, 3 if a required part does not work. */
function exitCodeFor(findings: readonly Finding[]): ExitCode {
  if (findings.some(({ severity }) => severity === "critical")) return EXIT.unreachable;
  return findings.length > 0 ? EXIT.failed : EXIT.done;
}

interface Tools {
  readonly io: PageFiles & Pick<Io, "exists">;
  readonly timeoutMs: number;
}

async function examine(composition: Composition, { io, timeoutMs }: Tools): Promise<Examination> {
  const { config, drivers } = composition;
  // The errors of the driver are part of the findings.
  const driver = await drivers.loadPubSubDriver(config.get(pubSubDriver), {
    settings: config,
    log: silentLogger,
  });
  const hasPort = driver.traits.listensToAddresses;
  const named = hasPort ? namedPublishers(config) : [];
  const [configuration, certificates, database, local] = await Promise.all([
    examineConfiguration(config),
    examineCertificates(composition, io),
    examineDatabase(composition, timeoutMs).catch((error) => noDatabase(error, named)),
    examineLocal(composition, { io, timeoutMs, hasPort }),
  ]);
  const { rows, isShared } = database;
  const [publishers, others, broker] = await Promise.all([
    rows === undefined
      ? NO_PUBLISHERS
      : examinePublishers(rows, { driver, timeoutMs, isShared, hasNamed: named.length > 0 }),
    examineNamed(named, publisherRows(rows ?? []), { driver, timeoutMs }),
    hasPort ? NOTHING : examineBroker(driver, timeoutMs),
  ]);
  const findings = comparePublishers(publishers.probed, {
    version: VERSION,
    timeoutMs: config.get(publisherTimeout) * 1000,
    nodeVersions: local.nodeVersions,
  });
  const disk = examineDisk(config);
  const parts = [configuration, certificates, database, disk, broker, publishers, others, {
    looks: [],
    findings,
  }];
  return together([...parts, withoutRepetition(local, together(parts))]);
}

const NOTHING: Examination = { looks: [], findings: [] };
const NO_PUBLISHERS: PublishersExamination = { ...NOTHING, probed: [] };

/** Leaves out warnings of the service that findings about the publishers table repeat. */
function withoutRepetition(local: Examination, { findings }: Examination): Examination {
  const known = new Set(findings.map(({ subject }) => subject));
  const isNews = ({ severity, subject }: Finding) => severity === "critical" || !known.has(subject);
  return { ...local, findings: local.findings.filter(isNews) };
}

function noDatabase(error: unknown, named: readonly string[]): DatabaseExamination {
  const hasNamed = named.length > 0;
  return {
    rows: undefined,
    isShared: false,
    looks: [],
    findings: [{
      severity: hasNamed ? "warning" : "critical",
      subject: "database",
      what: `Cannot read the publishers table: ${messageOf(error)}`,
      why: hasNamed
        ? "Subscribers follow only the publishers of [df] publishers_ips, and cannot read rows."
        : "Without it no subscriber finds the publishers, and no service can register.",
      advice:
        "Check that the database runs, and check its options above: nb_db_class and its address.",
    }],
  };
}

async function examineBroker(driver: PubSubDriver, timeoutMs: number): Promise<Examination> {
  try {
    const detail = `${driver.name}: subscribed in ${millis(await probeBroker(driver, timeoutMs))}`;
    return { looks: [{ subject: "broker", detail }], findings: [] };
  } catch (error) {
    if (isDenied(error) && await mayPublish(driver)) {
      const detail = `${driver.name}: this account may publish, but not subscribe, as that of a ` +
        "controller: run doctor with the account of a node to check that a node gets events";
      return { looks: [{ subject: "broker", detail }], findings: [] };
    }
    return {
      looks: [],
      findings: [{
        severity: "critical",
        subject: driver.name,
        what: `Cannot subscribe at the broker: ${messageOf(error)}`,
        why: "No subscriber with this configuration gets events.",
        advice:
          "Check that the broker runs, and check its address and login in the configuration and " +
          "the permissions of its account.",
      }],
    };
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof DriverError && error.code === "PERMISSION_DENIED";
}

async function mayPublish(driver: PubSubDriver): Promise<boolean> {
  try {
    await using _publisher = await driver.openPublisher();
    return true;
  } catch {
    return false;
  }
}
