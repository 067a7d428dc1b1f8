import assert from "node:assert/strict";
import { load } from "./config_fixture.ts";

async function notice(text: string, env: Record<string, string> = {}): Promise<string> {
  return (await load({ on: { "neutron.conf": `[DEFAULT]\n${text}` }, env })).logNotice ?? "";
}

Deno.test("loadConfig states in one sentence where logs go, when options of oslo.log redirect them", async () => {
  assert.equal(
    await notice("log_dir = /var/log/neutron\nlog_file = a.log\nuse_syslog = True\n"),
    "Logs go to standard error: redirect it, or use journald. Not used: [DEFAULT] " +
      "log_file (neutron.conf:3), log_dir (neutron.conf:2), use_syslog (neutron.conf:4)",
  );
  const each = [
    "logfile = a",
    "logdir = a",
    "log_config_append = a",
    "log_config = a",
    "use_journal = 1",
    "use_eventlog = yes",
    "use_stderr = false",
    "syslog_log_facility = LOG_LOCAL0",
  ];
  for (const line of each) {
    assert.match(
      await notice(line),
      new RegExp(`Not used: .DEFAULT. ${line.split(" ")[0]} `),
      line,
    );
  }
  assert.match(await notice("", { OS_DEFAULT__LOG_FILE: "a" }), /variable OS_DEFAULT__LOG_FILE/);
});

Deno.test("loadConfig gives no warning about logs, when no option redirects them", async () => {
  assert.equal(
    await notice("log_file =\nuse_syslog = false\nuse_stderr = true\nverbose = 1\n"),
    "",
  );
  assert.equal(await notice("use_syslog = true\nuse_syslog = false\n"), "");
  assert.equal(await notice("[ml2]\nlog_file = a\n"), "");
});
