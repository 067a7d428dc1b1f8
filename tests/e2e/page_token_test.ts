import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";
import { inTime } from "../support/in_time.ts";

const TOKEN = "4f1c6a8e2b7d4f1c6a8e2b7d";
const ANYWHERE = { "df.http_address": "0.0.0.0:0" };

async function status(url: string, authorization?: string): Promise<number> {
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(url, { headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("serve and config check refuse an address beyond loopback without a token, and name the option", async () => {
  await using deployment = await Deployment.create(ANYWHERE);
  for (const command of [["serve"], ["config", "check"]]) {
    const { code, stderr } = await deployment.runHere(command);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /--set: \[df\] http_address: "0\.0\.0\.0:0": .*: set \[df\] http_token_file or, for client .*; or set \[df\] http_page = false /,
    );
  }
});

Deno.test("serve beyond loopback shows the page and /peers only with the token, and never writes the token", async () => {
  await using deployment = await Deployment.create(ANYWHERE);
  const path = deployment.path("token");
  await Deno.writeTextFile(path, `${TOKEN}\n`);
  const args = { args: ["--verbose"] };
  await using service = await deployment.serve({ "df.http_token_file": path }, args);
  const { text } = service.program.stderr;
  const port = /^health at http:\/\/0\.0\.0\.0:(\d+)$/m.exec(text)?.[1];
  const url = `http://127.0.0.1:${port}`;
  for (const page of ["/", "/page/page.js", "/events", "/peers", "/applied?topic=D"]) {
    assert.equal(await status(url + page), 401, page);
    assert.equal(await status(url + page, `Bearer ${TOKEN}0`), 401, page);
    assert.equal(await status(url + page, `Bearer ${TOKEN}`), 200, page);
    assert.equal(await status(url + page, `Basic ${btoa(`operator:${TOKEN}`)}`), 200, page);
  }
  for (const page of ["/livez", "/readyz", "/metrics"]) assert.equal(await status(url + page), 200);
  assert(!service.program.stderr.text.includes(TOKEN));
});

Deno.test("serve uses a changed token after a reload, and keeps the old one if the new one is not valid", async () => {
  await using deployment = await Deployment.create();
  const path = deployment.path("token");
  await Deno.writeTextFile(path, TOKEN);
  const address = `127.0.0.1:${freePort()}`;
  const settings = { "df.http_token_file": path, "df.http_address": address };
  await using service = await deployment.serve(settings);
  const { program } = service;
  const url = `http://${address}/peers`;
  const reload = async (text: string, line: RegExp) => {
    await Deno.writeTextFile(path, text);
    program.kill("SIGHUP");
    await program.stderr.waitFor(line);
  };
  await reload("short", /The old token for the health pages stays in use: .*token": not a token/);
  assert.equal(await status(url, `Bearer ${TOKEN}`), 200);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const page = await fetch(`http://${address}/events`, { headers });
  const seen = inTime(page.text(), 10_000, () => "the old token still shows the page");
  await reload(`new-${TOKEN}`, /New token for the health pages/);
  assert.match(await seen, /^retry: /);
  assert.equal(await status(url, `Bearer ${TOKEN}`), 401);
  assert.equal(await status(url, `Bearer new-${TOKEN}`), 200);
});

Deno.test("check sees the subscribers of a service that wants a token, with the same configuration, by --url too", async () => {
  const address = `127.0.0.1:${freePort()}`;
  const settings = { "df.http_address": address };
  await using deployment = await Deployment.create(settings);
  const path = deployment.path("token");
  await Deno.writeTextFile(path, TOKEN);
  const withToken = { "df.http_token_file": path };
  await using _service = await deployment.serve(withToken);
  const nodes = async (overrides: Record<string, string>, ...more: string[]) => {
    const args = ["check", "--warn-nodes", "1", ...more];
    const { stdout } = await deployment.runHere(args, "", overrides);
    return /^.*"nodes".*$/m.exec(stdout)?.[0] ?? stdout;
  };
  assert.match(await nodes(withToken), /0 connected/);
  assert.match(await nodes(withToken, "--url", `http://${address}`), /0 connected/);
  assert.match(await nodes({}), /requires the token of \[df\] http_token_file/);
});

Deno.test("serve beyond loopback has only probes and metrics, when http_page is off", async () => {
  await using deployment = await Deployment.create({ ...ANYWHERE, "df.http_page": false });
  await using service = await deployment.serve();
  const port = /^health at .*:(\d+)$/m.exec(service.program.stderr.text)?.[1];
  const url = `http://127.0.0.1:${port}`;
  for (const page of ["/", "/events", "/peers", "/applied?topic=D"]) {
    assert.equal(await status(url + page), 404, page);
  }
  for (const page of ["/livez", "/readyz", "/metrics"]) assert.equal(await status(url + page), 200);
});
