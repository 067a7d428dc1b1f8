import type { Command } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import { age, DURATION_HELP } from "../flags/duration.ts";
import { name } from "../flags/flag_values.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

const DIRECTORY = "Directory of certificates and keys (default: /etc/df-pubsub/tls for root, " +
  "otherwise ~/.config/df-pubsub/tls)";
const JSON_HELP = "Print one JSON object per line (default when output is not a terminal)";

/** Adds `certs` and its commands; the one that runs calls `end` with its exit code. */
export function addCerts(program: Command, io: Io, end: (code: ExitCode) => void): void {
  const certs = program.command("certs")
    .description("Make certificates for hosts without a PKI, and show those in use")
    .addHelpText(
      "after",
      "\nIf your site has a PKI, use it instead: it renews and revokes certificates.\n" +
        examples("certs init", "certs issue node-1.example.org 192.0.2.11", "certs show"),
    );
  certs.command("init")
    .description("Make an authority: ca.crt, which every host trusts, and ca.key, which signs")
    .option("--directory <directory>", DIRECTORY, name)
    .option(
      "--name <name>",
      'Name of the authority (default: "df-pubsub CA" and 8 random hexadecimal digits)',
      name,
    )
    .option("--valid <duration>", "Validity period (default: 3650d)", age)
    .option("-j, --json", JSON_HELP)
    .addHelpText(
      "after",
      DURATION_HELP + examples("certs init", "certs init --directory /srv/df-pubsub-ca"),
    )
    .action(async (flags) => end(await (await import("./certs.ts")).initAuthority(flags, io)));
  certs.command("issue")
    .argument("<name...>", "Host names, IP addresses and URIs that the certificate is for")
    .description(
      "Make a key and a certificate for a host, signed by the authority that certs init made",
    )
    .option("--directory <directory>", DIRECTORY, name)
    .option("--out <name>", "File name without .crt and .key (default: the first name)")
    .option("--valid <duration>", "Validity period (default: 365d)", age)
    .option("--replace", "Replace existing files; running services notice the new ones")
    .option("-j, --json", JSON_HELP)
    .addHelpText(
      "after",
      DURATION_HELP + examples(
        "certs issue node-1.example.org 192.0.2.11",
        "certs issue controller-1 10.0.0.5 --valid 90d --replace",
      ),
    )
    .action(async (names, flags) =>
      end(await (await import("./certs.ts")).issue(names, flags, io))
    );
  configured(certs.command("show"))
    .argument("[file...]", "PEM files (default: those that the configuration names)")
    .description("Show the names, issuer, validity and remaining days of certificates")
    .option("-j, --json", JSON_HELP)
    .addHelpText("after", examples("certs show", "certs show /etc/df-pubsub/tls/ca.crt"))
    .action(async (files, flags) =>
      end(await (await import("./show.ts")).showCertificates(files, flags, io))
    );
}
