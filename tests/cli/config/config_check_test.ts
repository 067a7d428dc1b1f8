import assert from "node:assert/strict";
import { run } from "../../../cli/program.ts";
import { FakeIo, type FakeIoOptions } from "../../support/fakes/fake_io.ts";

const SYSTEM = "/etc/df-pubsub/df-pubsub.ini";

async function checked(options: FakeIoOptions, ...args: readonly string[]) {
  const io = new FakeIo(options);
  const code = await run(["config", "check", ...args], io);
  return { code, out: io.out.text, err: io.err.text };
}

Deno.test("run config check lists every file, when the configuration is valid", async () => {
  const part = "/etc/df-pubsub/conf.d/10-port.conf";
  const files = { [SYSTEM]: "[df]\nlocal_ip = h\n", [part]: "[df]\npublisher_port = 1\n" };
  assert.deepEqual(await checked({ files }), {
    code: 0,
    out: `configuration OK: ${SYSTEM}, ${part}\n`,
    err: "",
  });
  const quiet = await checked({ files }, "--quiet");
  assert.deepEqual(quiet, { code: 0, out: "", err: "" });
});

Deno.test("run config check reads a directory instead of the default files, and refuses an empty path", async () => {
  const files = { [SYSTEM]: "[df]\n", "/d/a.conf": "[df]\n" };
  const { out } = await checked({ files }, "--config-dir", "/d");
  assert.equal(out, "configuration OK: /d/a.conf\n");
  for (const flag of ["--config-dir", "--config-file"]) {
    const { code, err } = await checked({ files }, flag, "");
    assert.deepEqual([code, err.split("\n")[0]], [
      2,
      `df-pubsub: ${flag} "": empty, wanted a name`,
    ]);
  }
});

Deno.test("run config check reports that there is no file, when none is found", async () => {
  const { code, out } = await checked({});
  assert.equal(code, 0);
  assert.match(
    out,
    /^configuration OK: none \(no file at ".*" or "\/etc\/df-pubsub\/df-pubsub.ini"/,
  );
});

Deno.test("run config check prints every problem with its place, and then the warnings", async () => {
  const text = "[DEFAULT]\nuse_syslog = true\n[df]\npublisher_port = x\nnb_db_class = mysql\n" +
    "publisher_prot = 1\nlocal_ip = $nowhere\nno value\n";
  const { code, out, err } = await checked({ files: { [SYSTEM]: text } });
  assert.deepEqual([code, out], [2, ""]);
  const lines = err.trimEnd().split("\n");
  const starts = lines.map((line) => /^(?:error|warning): \S+:\d+:|^\S+ \S+/.exec(line)?.[0]);
  assert.deepEqual(starts, [
    `error: ${SYSTEM}:8:`,
    `error: ${SYSTEM}:7:`,
    `error: ${SYSTEM}:5:`,
    `error: ${SYSTEM}:4:`,
    `warning: ${SYSTEM}:6:`,
    "warning: Logs",
    "configuration has",
  ]);
  assert.match(
    err,
    /nb_db_class is "mysql", wanted one of sqlite_nb_db_driver, redis_nb_db_driver/,
  );
  assert.match(err, /^configuration has 4 errors: /m);
});

Deno.test("run config check reports drivers in the wrong option and conflicting options", async () => {
  const text = "[df]\npub_sub_driver = zmq_pubsub_multiproc_driver\n" +
    "pub_sub_multiproc_driver = redis_db_pubsub_driver\nnb_db_class = redis\n" +
    "[df_redis]\npassword_file = /nonexistent/password\n";
  const { code, err } = await checked({ files: { [SYSTEM]: text } });
  assert.equal(code, 2);
  assert.match(err, new RegExp(`^error: ${SYSTEM}:2: \\[df\\] pub_sub_driver: "zmq_`, "m"));
  assert.match(err, new RegExp(`^error: ${SYSTEM}:3: \\[df\\] pub_sub_multiproc_driver: "r`, "m"));
  assert.match(
    err,
    new RegExp(`^error: ${SYSTEM}:6: \\[df_redis\\] password_file: cannot read`, "m"),
  );
  assert.match(err, /^configuration has 3 errors: /m);
});

Deno.test("run config check reports the file that TLS between hosts lacks", async () => {
  for (const tls of ["on", "required"]) {
    const { code, err } = await checked({ files: { [SYSTEM]: `[df_zmq]\ntls = ${tls}\n` } });
    assert.equal(code, 2);
    assert.match(
      err,
      /^error: .*:2: \[df_zmq\] tls: "\w+", but tls_ca_file is empty, wanted a file in PEM$/m,
    );
  }
});

Deno.test("run config check names file, line and group, when a driver refuses an option", async () => {
  const redis = "[df]\nnb_db_class = redis\n";
  const cases = [
    [
      "[df_zmq]\nipc_socket_group = nobodies\n",
      '2: [df_zmq] ipc_socket_group: "nobodies", wanted a group in /etc/group, or the number of a group',
    ],
    ["[df]\npublisher_transport = epgm\n", '2: [df] publisher_transport: "epgm", wanted tcp'],
    [
      "[df]\npub_sub_driver = libzmq_pubsub_driver\n[df_zmq]\ntls = required\n",
      '4: [df_zmq] tls: "required", which libzmq does not support, wanted off, or zmq_pubsub_driver',
    ],
    [`${redis}remote_db_hosts = a:b\n`, '3: [df] remote_db_hosts: "a:b", wanted host:port or '],
    [`${redis}remote_db_hosts =\n`, "3: [df] remote_db_hosts: empty, wanted host:port"],
    [
      `${redis}[df_redis]\nmode = sentinel\n`,
      '4: [df_redis] mode: "sentinel", but sentinels is empty, wanted host:port of each',
    ],
    [
      `${redis}[df_redis]\nsentinels = a:0\n`,
      '4: [df_redis] sentinels: "a:0", wanted host:port or rediss://host:port',
    ],
    [
      `${redis}[df_redis]\ntls = true\ntls_ca_file = /nonexistent\n`,
      '5: [df_redis] tls_ca_file: cannot read "/nonexistent": ',
    ],
  ] as const;
  for (const [text, error] of cases) {
    const { code, err } = await checked({ files: { [SYSTEM]: text } });
    assert.equal(code, 2, text);
    assert(err.startsWith(`error: ${SYSTEM}:${error}`), err);
    assert.match(err, /^configuration has 1 error: /m);
  }
});

Deno.test("run config check warns and ends with 0, when the configuration is usable", async () => {
  const text = "[df]\npublisher_multiproc_socket = /a\n[df_zmq]\nipc_socket = /b\n";
  const { code, out, err } = await checked({ files: { [SYSTEM]: text } });
  assert.deepEqual([code, out], [0, `configuration OK: ${SYSTEM}\n`]);
  assert.match(err, /^warning: .*"\/b".*"\/a" is used\n$/);
});

Deno.test("run reports the variable, when its file is missing", async () => {
  const { err } = await checked({ env: { DF_PUBSUB_CONFIG: "/gone.ini" } });
  assert.match(
    err,
    /^error: Configuration file "\/gone\.ini" \(named by DF_PUBSUB_CONFIG\) cannot be read: no such file/,
  );
});

Deno.test("run reports permission denied, when the system's file is not readable", async () => {
  const io = new FakeIo({ files: { [SYSTEM]: "" } });
  io.readFile = () => Promise.reject(new Deno.errors.PermissionDenied("os error 13"));
  assert.equal(await run(["publishers", "list"], io), 2);
  const wanted = `df-pubsub: Configuration file "${SYSTEM}" cannot be read: permission denied\n`;
  assert.equal(io.err.text, wanted);
});

Deno.test("run warns about redirected logs, only when a service runs or is checked", async () => {
  const files = { [SYSTEM]: "[DEFAULT]\nlog_file = /var/log/a\n" };
  assert.match((await checked({ files })).err, /^warning: Logs go to standard error: /);
  const io = new FakeIo({ files });
  await run(["config", "show", "--only-set"], io);
  assert.equal(io.err.text, `Configuration: ${SYSTEM}\n`);
});
