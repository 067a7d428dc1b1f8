import assert from "node:assert/strict";
import { optionTable } from "../../../cli/composition.ts";
import { run } from "../../../cli/program.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";

const SEEN = "/home/user/.cache/df-pubsub/names.json";
const NAMES = { tables: ["lport", "lswitch"], topics: ["D", "tenant-1"] };

async function completed(words: readonly string[], shell = "fish", seen = JSON.stringify(NAMES)) {
  const io = new FakeIo({ files: { [SEEN]: seen } });
  assert.equal(await run(["complete", shell, "--", ...words], io), 0);
  assert.equal(io.err.text, "");
  return io.out.text.trimEnd().split("\n");
}

async function values(...words: readonly string[]) {
  return (await completed(words)).map((line) => line.split("\t")[0]);
}

Deno.test("complete offers commands, and the commands below one and after help", async () => {
  assert((await values("")).includes("subscribe"));
  assert(!(await values("")).includes("complete"));
  assert.deepEqual(await values("publishers", "pr"), ["prune"]);
  assert.deepEqual(await values("help", "subs"), ["subscribe"]);
  assert.deepEqual(await values("completion", ""), ["bash", "zsh", "fish"]);
});

Deno.test("complete offers flags, except those that were given and are not repeatable", async () => {
  assert.deepEqual(await values("publish", "--te"), ["--template"]);
  assert.deepEqual(await values("publish", "--template", "--te"), [""]);
  for (const flag of ["--table", "--topic", "--uri", "--where", "--config-file", "--set"]) {
    assert((await values("subscribe", flag, "t", "-")).includes(flag), flag);
  }
  assert((await values("wait", "--topic", "t", "-")).includes("--topic"));
  assert((await values("--")).includes("--help"));
  assert.deepEqual(await values("publish", "--", "--te"), [""]);
});

Deno.test("complete offers the values of a flag, after a blank and after =", async () => {
  const cases: readonly (readonly [words: string[], values: string[]])[] = [
    [["publish", "--action", "sync_"], ["sync_started", "sync_finished"]],
    [["publish", "--action=delete"], ["--action=delete"]],
    [["subscribe", "--table", ""], NAMES.tables],
    [["subscribe", "--table", "lport", "--topic", "t"], ["tenant-1"]],
    [["subscribe", "--exclude-topic", "t"], ["tenant-1"]],
    [["peers", "--sort", "back"], ["backlog"]],
    [["publish", "--value-file", "x"], [":files"]],
    [["publish", "--config-file=x"], [":files"]],
    [["serve", "--config-dir", ""], [":directories"]],
    [["publish", "--value", ""], [""]],
    [["publish", "--nonsense", ""], [""]],
  ];
  for (const [words, wanted] of cases) {
    assert.deepEqual(await values(...words), wanted, words.join(" "));
  }
});

Deno.test("complete offers flags and their values after a flag whose value is optional", async () => {
  assert.deepEqual(await values("subscribe", "--json", ""), ["nested"]);
  assert.deepEqual(await values("subscribe", "--json", "--tab"), ["--table"]);
  assert.deepEqual(await values("subscribe", "-j", "--table", ""), NAMES.tables);
  assert.deepEqual(await values("record", "--from-recorder", "--since", "2h", ""), [":files"]);
  assert.deepEqual(await values("record", "--from-recorder", "--", ""), [":files"]);
});

Deno.test("complete offers the values of each argument at its place", async () => {
  assert.deepEqual(await values("why", ""), NAMES.tables);
  assert.deepEqual(await values("why", "lport", ""), [""]);
  assert.deepEqual(await completed(["", "sudo df-pubsub why "], "bash"), NAMES.tables);
  assert.deepEqual(await values("record", "events.jsonl", ""), [""]);
});

Deno.test("complete offers every option after --set, with its help", async () => {
  const lines = await completed(["serve", "--set", ""]);
  assert.equal(lines.length, optionTable.length);
  for (const { group, name, help } of optionTable) {
    assert(lines.includes(`${group}.${name}=\t${help}`), name);
  }
  assert.deepEqual(await values("serve", "--set", "df_zmq.hi"), ["df_zmq.high_water_mark="]);
});

Deno.test("complete divides a line as bash does, and prints the part that bash replaces", async () => {
  const cases: readonly (readonly [line: string, breaks: string, values: string[]])[] = [
    ["df-pubsub publ", "=:", ["publish", "publishers"]],
    ["df-pubsub publish --value 'a b' --action sync_s", "=:", ["sync_started"]],
    ['df-pubsub publish --value a\\" --action sync_s', "=:", ["sync_started"]],
    ["df-pubsub publish --action=dele", "=:", ["delete"]],
    ["df-pubsub publish --action=dele", ":", ["--action=delete"]],
    ['df-pubsub publish "--action=dele', "=:", ["--action=delete"]],
    ["df-pubsub publish --set=df_zmq.hi", "=:", ["df_zmq.high_water_mark="]],
  ];
  for (const [line, breaks, wanted] of cases) {
    assert.deepEqual(await completed([breaks, line], "bash"), wanted, line);
  }
});

Deno.test("complete offers no name that a shell might execute, and none of an unreadable file", async () => {
  const names = ["$(reboot)", "a b", "`x`", "a;b", "-x", ":files", "x\u0007", "ok"];
  const seen = JSON.stringify({ tables: names, topics: 7 });
  assert.deepEqual(await completed(["subscribe", "--table", ""], "fish", seen), ["ok"]);
  assert.deepEqual(await completed(["subscribe", "--topic", ""], "fish", seen), [""]);
  assert.deepEqual(await completed(["subscribe", "--table", ""], "fish", "{"), [""]);
});
