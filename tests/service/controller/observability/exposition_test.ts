import assert from "node:assert/strict";
import { exposition } from "../../../../service/controller/observability/exposition.ts";
import { Histogram } from "../../../../service/controller/observability/histogram.ts";
import {
  counter,
  gauge,
  histogram,
  samplesBy,
} from "../../../../service/controller/observability/metric.ts";
import { parseExposition } from "../../../support/exposition_parser.ts";

Deno.test("exposition writes HELP, TYPE and samples exactly as specified", () => {
  const families = [
    counter("a_total", { help: "What", value: samplesBy("reason", { x: 1 }, { end: "local" }) }),
    gauge("b", { help: "No samples", value: [] }),
    gauge("c_seconds", { help: "Plain", value: 0.25 }),
  ];
  assert.equal(
    exposition(families),
    "# HELP a_total What\n# TYPE a_total counter\n" +
      'a_total{end="local",reason="x"} 1\n' +
      "# HELP b No samples\n# TYPE b gauge\n" +
      "# HELP c_seconds Plain\n# TYPE c_seconds gauge\nc_seconds 0.25\n",
  );
});

Deno.test("exposition escapes characters that would end a help text or a label, and writes infinity as +Inf", () => {
  const text = exposition([
    gauge("a", {
      help: "back\\slash\nline",
      value: [
        { labels: { table: 'a"b\\c\nd' }, value: Infinity },
        { labels: { table: "ü" }, value: -Infinity },
        { labels: { table: "n" }, value: NaN },
        { labels: { table: "big" }, value: 1e21 },
      ],
    }),
  ]);
  assert.match(text, /^# HELP a back\\\\slash\\nline$/m);
  const samples = parseExposition(text).get("a")?.samples ?? [];
  assert.deepEqual(samples.map(({ labels, value }) => [labels["table"], value]), [
    ['a"b\\c\nd', Infinity],
    ["ü", -Infinity],
    ["n", NaN],
    ["big", 1e21],
  ]);
});

Deno.test("exposition writes a histogram that adds up, with inclusive upper bounds", () => {
  const seconds = new Histogram();
  for (const value of [0.00001, 0.5, 1, 20]) seconds.observe(value);
  const family = histogram("d_seconds", {
    help: "Time",
    samples: seconds.samples({ table: "t" }),
  });
  const samples = parseExposition(exposition([family])).get("d_seconds")?.samples ?? [];
  const values = samples.map(({ labels, value }) => [labels["le"] ?? "-", value]);
  assert.deepEqual(values[0], ["0.0001", 1]);
  assert.deepEqual(values.slice(-8), [
    ["0.5", 2],
    ["1", 3],
    ["2.5", 3],
    ["5", 3],
    ["10", 3],
    ["+Inf", 4],
    ["-", 21.50001],
    ["-", 4],
  ]);
});

Deno.test("parseExposition, the parser of the tests, refuses every rule violation", () => {
  const head = (name: string, type: string) => `# HELP ${name} x\n# TYPE ${name} ${type}\n`;
  const faults = [
    "a 1",
    "a 1\n",
    `# TYPE a gauge\n# HELP a x\na 1\n`,
    `${head("a", "gauge")}a one\n`,
    `${head("a", "gauge")}b 1\n`,
    `${head("a", "gauge")}a 1\na 1\n`,
    `${head("a", "gauge")}a{x="1",x="2"} 1\n`,
    `${head("a", "gauge")}a{x="1" 1\n`,
    `${head("a", "gauge")}${head("a", "gauge")}`,
    `${head("a", "counter")}a 1\n`,
    `${head("a_total", "counter")}a_total -1\n`,
    `${head("a", "histogram")}a_bucket{le="1"} 1\na_sum 1\na_count 1\n`,
    `${head("a", "histogram")}a_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n`,
  ];
  for (const fault of faults) assert.throws(() => parseExposition(fault), fault);
});
