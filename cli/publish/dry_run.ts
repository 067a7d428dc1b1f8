import { pubSubMaxEventBytes } from "../../drivers/contract/options.ts";
import { messageOf } from "../../drivers/contract/errors.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import { WIRE_FORMATS, type WireFormat } from "../../service/event/codec/wire_fields.ts";
import { pubSubWireFormat } from "../../service/config/options/pub_sub.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import { compose } from "../composition.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine, safeOnTerminal } from "../terminal/log.ts";
import { counted } from "../terminal/quantities.ts";
import { checkEventFlags, type EventFlags, readEvents, readValue } from "./event_input.ts";

/** The flags of `publish --dry-run`. */
export interface DryRunFlags extends EventFlags {
  readonly json?: true | undefined;
}

/** Prints the events that `publish` would send, and their bytes in each wire format. */
export async function publishNothing(flags: DryRunFlags, io: Io): Promise<ExitCode> {
  checkEventFlags(flags);
  const { config } = await compose(flags, io);
  const maxBytes = config.get(pubSubMaxEventBytes);
  const value = await readValue(flags, io, maxBytes);
  const configured = config.get(pubSubWireFormat);
  const asJson = flags.json ?? !io.out.isTerminal;
  let shown = 0;
  let refused = 0;
  const refuse = (line: number, problem: string) => {
    refused++;
    io.err.write(`Line ${line} of standard input: ${oneLine(problem)}\n`);
  };
  for await (const batch of readEvents({ ...flags, value }, io, maxBytes)) {
    for (const item of batch) {
      if (io.interrupted.aborted) return EXIT.failed;
      if ("problem" in item) {
        refuse(item.line, item.problem);
        continue;
      }
      const { update, line = 0, warning } = item;
      if (warning !== undefined) io.err.write(`Line ${line} of standard input: ${warning}\n`);
      try {
        const payloads = encodings(update, maxBytes);
        io.out.write(asJson ? jsonOf(update, payloads) : textOf(update, payloads, configured));
        shown++;
      } catch (error) {
        if (!flags.stdin) throw error;
        refuse(line, messageOf(error));
      }
    }
  }
  if (!flags.quiet) {
    io.err.write(`dry run: would publish ${counted(shown, "event")}, refused ${refused}\n`);
  }
  return refused === 0 ? EXIT.done : EXIT.failed;
}

type Payloads = readonly (readonly [WireFormat, Uint8Array])[];

function encodings(update: DbUpdate, maxBytes: number): Payloads {
  return WIRE_FORMATS.map((format) => [format, encodeUpdate(update, format, { maxBytes })]);
}

function eventOf({ topic, table, key, action, value }: DbUpdate): Record<string, unknown> {
  return { topic, table, key, action, value };
}

function jsonOf(update: DbUpdate, payloads: Payloads): string {
  const wire = payloads.map(([format, bytes]) => [
    format,
    { bytes: bytes.length, hex: hexOf(bytes, "") },
  ]);
  return `${stringifyJson({ event: eventOf(update), ...Object.fromEntries(wire) })}\n`;
}

function textOf(update: DbUpdate, payloads: Payloads, configured: WireFormat): string {
  const dumps = payloads.map(([format, bytes]) => {
    const mark = format === configured ? " (configured)" : "";
    return `${format}${mark}, ${bytes.length} bytes:\n${hexDump(bytes)}`;
  });
  return `${safeOnTerminal(stringifyJson(eventOf(update)))}\n${dumps.join("")}`;
}

const ROW_BYTES = 16;
/** Maximum number of bytes in a dump: a value may have a million. */
const MAX_DUMP_BYTES = 512;

/** Bytes as `hexdump -C` shows them: offset, hexadecimal digits, and text of the ASCII characters. */
function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, MAX_DUMP_BYTES); at += ROW_BYTES) {
    const row = bytes.subarray(at, at + ROW_BYTES);
    const text = String.fromCharCode(...row).replace(/[^ -~]/g, ".");
    const offset = at.toString(16).padStart(8, "0");
    lines.push(`  ${offset}  ${hexOf(row, " ").padEnd(3 * ROW_BYTES)} |${text}|\n`);
  }
  const more = bytes.length - MAX_DUMP_BYTES;
  if (more > 0) lines.push(`  … ${more} more bytes; --json prints all of them\n`);
  return lines.join("");
}

function hexOf(bytes: Uint8Array, separator: string): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}
