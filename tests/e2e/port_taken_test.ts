import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";

Deno.test("serve names the process that uses one of its ports, for each port", async () => {
  const [port, http] = [freePort(), freePort()];
  const ports = {
    "df.publisher_port": port,
    "df.http_address": `127.0.0.1:${http}`,
  };
  await using first = await Deployment.create(ports);
  await using service = await first.serve();
  const taken = `in use.* by \\S+ \\(process ${service.program.pid}\\)`;

  await using second = await Deployment.create({ ...ports, "df.http_address": "" });
  const network = await second.run(["serve"]);
  assert.match(
    network.stderr,
    new RegExp(`Cannot bind the publisher to "tcp://.*:${port}": .*${taken}`),
  );
  assert.equal(network.code, 3);

  await using third = await Deployment.create(ports);
  const pages = await third.run(["serve"]);
  assert.match(
    pages.stderr,
    new RegExp(`Cannot serve the health pages at "127.0.0.1:${http}": .*${taken}`),
  );
  assert.equal(pages.code, 3);
});

Deno.test("serve says what is wanted, when this host does not have an address", async () => {
  await using deployment = await Deployment.create();
  for (
    const [option, value, message] of [
      [
        "publisher_bind_address",
        "none0",
        /Cannot bind .*none0:\*": .*, wanted an address, an inter/,
      ],
      ["http_address", "192.0.2.77:8868", /pages at "192.0.2.77:8868": .*: set .* of this host$/m],
    ] as const
  ) {
    const page = { "df.http_page": false, [`df.${option}`]: value };
    const { code, stderr } = await deployment.run(["serve"], "", page);
    assert.match(stderr, message);
    assert.equal(code, 3);
  }
});

Deno.test({
  name: "serve says what is wanted, when its account may not use the port of the pages",
  ignore: Deno.uid() !== 0, // only root can give up the permission to use any port
  async fn() {
    await using deployment = await Deployment.create();
    const by = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"];
    const page = { "df.http_page": false, "df.http_address": "127.0.0.1:443" };
    await using serve = deployment.start(["serve"], page, { by });
    const { code, stderr } = await serve.result();
    assert.match(stderr, /pages at "127.0.0.1:443": Permission denied .*to a port from 1024 on/);
    assert.equal(code, 3);
  },
});
