import assert from "node:assert/strict";
import {
  createLogger,
  createMessages,
  type LogLevel,
  oneLine,
  safeOnTerminal,
} from "../../../cli/terminal/log.ts";
import { FakeOutput } from "../../support/fakes/fake_io.ts";

function logged(level: LogLevel, colour: boolean): string {
  const output = new FakeOutput();
  const log = createLogger(output, { level, colour });
  log.debug("d");
  log.info("i");
  log.warn("w", { n: 1, text: "a b" });
  log.error("e");
  return output.text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "TIME");
}

Deno.test("createLogger writes one line per message from its level on, with the fields", () => {
  assert.equal(logged("warn", false), 'TIME warn w n=1 text="a b"\nTIME error e\n');
  assert.equal(
    logged("debug", false),
    'TIME debug d\nTIME info i\nTIME warn w n=1 text="a b"\nTIME error e\n',
  );
});

Deno.test("createLogger colours warnings and errors, with colours on", () => {
  assert.equal(
    logged("info", true),
    'TIME info i\n\x1b[33mTIME warn w n=1 text="a b"\x1b[0m\n\x1b[31mTIME error e\x1b[0m\n',
  );
});

Deno.test("createLogger escapes control characters in messages and fields", () => {
  const output = new FakeOutput();
  createLogger(output, { level: "info", colour: false }).info("a\nb", { c: "\x9bm\x1b" });
  assert.match(output.text, /info a\\x0ab c="\\x9bm\\u001b"\n$/);
});

Deno.test("oneLine escapes every control character and nothing else", () => {
  assert.equal(oneLine("\x00\t\n\x1b\x7f\x80\x9f ü€"), "\\x00\\x09\\x0a\\x1b\\x7f\\x80\\x9f ü€");
});

Deno.test("createLogger writes JSON lines with json on, and no field overrides the standard ones", () => {
  const output = new FakeOutput();
  const log = createLogger(output, { level: "info", format: "json", colour: true });
  log.debug("d");
  log.info("i", { n: 1, level: "x", big: 7n, error: new Error("why") });
  log.warn('a\n"b"\x9b', { list: [1] });
  const [first = "", second = "", ...rest] = output.text.split("\n");
  assert.deepEqual(rest, [""]);
  const { time, ...info } = JSON.parse(first);
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(info, {
    ...{ level: "info", message: "i" },
    ...{ n: 1, level_: "x", big: "7", error: "why" },
  });
  assert.match(second, /"level":"warn","message":"a\\n\\"b\\"\\u009b","list":\[1\]\}$/);
});

Deno.test("safeOnTerminal escapes characters that JSON does not, and keeps the meaning", () => {
  const json = JSON.stringify({ value: "a\u009b31m\u2028\x7f" });
  const safe = safeOnTerminal(json);
  assert.equal(safe, '{"value":"a\\u009b31m\\u2028\\u007f"}');
  assert.equal(JSON.parse(safe).value, JSON.parse(json).value);
});

Deno.test("createLogger begins lines with their priority and omits the time, for the journal", () => {
  const output = new FakeOutput();
  const log = createLogger(output, { level: "debug", colour: false, isJournal: true });
  log.debug("d");
  log.info("i", { n: 1 });
  log.warn("w");
  log.error("e");
  assert.equal(output.text, "<7>debug d\n<6>info i n=1\n<4>warn w\n<3>error e\n");
});

Deno.test("createLogger reads its options at each line", () => {
  const output = new FakeOutput();
  const options: { level: LogLevel; format: "text" | "json"; colour: boolean } = {
    level: "warn",
    format: "text",
    colour: false,
  };
  const log = createLogger(output, options);
  log.info("not yet");
  options.level = "info";
  options.format = "json";
  log.info("now");
  assert.equal(JSON.parse(output.text).message, "now");
});

Deno.test("createMessages writes plain lines as text, and objects with a level as JSON", () => {
  const said = (format: "text" | "json", isJournal: boolean) => {
    const output = new FakeOutput();
    const messages = createMessages(output, { level: "error", format, colour: true, isJournal });
    messages.say("READY");
    messages.warn("wa\x1brn");
    messages.fail("failed");
    return output.text.trim().split("\n");
  };
  assert.deepEqual(said("text", false), ["READY", "wa\\x1brn", "df-pubsub: failed"]);
  assert.deepEqual(said("text", true), ["<6>READY", "<4>wa\\x1brn", "<3>df-pubsub: failed"]);
  const lines = said("json", false).map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ level, message }) => [level, message]), [
    ["info", "READY"],
    ["warn", "wa\x1brn"],
    ["error", "failed"],
  ]);
  assert(said("json", true).every((line, index) => line.startsWith(`<${[6, 4, 3][index]}>{`)));
});
