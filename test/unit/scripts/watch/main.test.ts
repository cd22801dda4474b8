/** Tests the watching tool as a program, with a Fluent Bit that responds or fails, and with another server. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import { Child } from "../../../support/child.js";

vi.setConfig({ testTimeout: 60_000 });

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function serve(answer: () => { status?: number; body: string }): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, body } = answer();
    response.writeHead(request.url === "/api/v2/metrics/prometheus" ? status : 404).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function run(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = new Child(process.execPath, ["scripts/watch.mjs", ...args], { env: { PATH: process.env["PATH"] } });
  const { status } = await child.ended;
  return { status, stdout: child.stdout, stderr: child.stderr };
}

it("the tool prints one reading after another into a pipe, without terminal codes, and ends after --count", async () => {
  let records = 0;
  const url = await serve(() => ({ body: `fluentbit_kinesis_sent_records_total{name="kinesis.0",stream="logs"} ${(records += 10)}\n` }));
  const { status, stdout } = await run(url, "--interval", "1", "--count", "2");
  expect(stdout).toMatch(/records {4}-\/s.*10 in all[^]*records {4}\d+(?:\.\d)?\/s.*20 in all/u);
  expect(stdout).not.toContain("\u001b");
  expect(status).toBe(0);
});

it.each([
  ["responds with 404", () => ({ status: 404, body: "" }), /responded with status 404; is Fluent Bit running there/u],
  ["is not a Fluent Bit", () => ({ body: "x".repeat(17 << 20) }), /these are not metrics of Fluent Bit/u],
])("the tool reports the reason and ends with status 1 when the server %s", async (_, answer, message) => {
  const { status, stdout, stderr } = await run(await serve(answer));
  expect(stderr).toMatch(message);
  expect([status, stdout]).toEqual([1, ""]);
});

it("the tool says what to do if no server listens, and for an invalid command line", async () => {
  expect(await run("http://127.0.0.1:9")).toMatchObject({ status: 1, stderr: expect.stringMatching(/cannot be read \(.*'http_server on'/u) as string });
  expect(await run("--nothing")).toMatchObject({ status: 2, stderr: expect.stringContaining("npm run watch -- --help lists all options") as string });
});
