// Tests hostile XML responses of STS: entities, depth, and excess of every kind.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CredentialSettings } from "../../support/credential_settings.js";
import { ScriptedService } from "../../support/scripted_service.js";
import { cpuMs } from "../../support/cpu_time.js";

const role = "arn:aws:iam::123456789012:role/logs";
const most = 64 * 1024;
const good = "<Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>";
const result = (inside: string, before = "") => `<?xml version="1.0"?>${before}<AssumeRoleResponse><AssumeRoleResult>${inside}</AssumeRoleResult></AssumeRoleResponse>`;

/** Returns a document type in which each entity has ten of the previous one: the last one expands to 10^levels. */
function nestedEntities(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`);
  return `<!DOCTYPE x [<!ENTITY e0 "${"lol".repeat(50)}">${lines.join("")}]>`;
}

const filled = (part: string, room = most - 400) => part.repeat(Math.floor(room / part.length));
const elements = (depth: number) => "<a>".repeat(depth) + "</a>".repeat(depth);

const responses: readonly [string, string][] = [
  ["entities inside entities", result(`<SessionToken>${filled("&e9;", 50_000)}</SessionToken>`, nestedEntities(9))],
  ["an entity of 30 KB that is named thousands of times", result(`<SessionToken>${filled("&b;", 30_000)}</SessionToken>`, `<!DOCTYPE x [<!ENTITY b "${"x".repeat(30_000)}">]>`)],
  ["an entity that contains itself", result("<SessionToken>&c;</SessionToken>", `<!DOCTYPE x [<!ENTITY c "&c;&c;">]>`)],
  ["an entity of a file", result("<SessionToken>&f;</SessionToken>", `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>`)],
  ["a document type without an end", `<!DOCTYPE ${filled("[")}`],
  ["thousands of comments", `${filled("<!---->")}${result("")}`],
  ["comments without an end", filled("<!--")],
  ["elements inside elements", result(elements(9000))],
  ["elements inside elements without an end", filled("<a>")],
  ["elements of the same name", result(filled("<Credentials/>"))],
  ["thousands of attributes", `<AssumeRoleResponse ${filled('a="b" ')}/>`],
  ["an attribute without an end", `<AssumeRoleResponse a="${filled("x")}`],
  ["references to characters", result(`<SessionToken>${filled("&#x10FFFF;&#9999999;&#0;")}</SessionToken>`)],
  ["thousands of blanks", `${filled(" ")}${result("")}`],
  ["line breaks of other systems", `${filled("\r")}${result("")}`],
  ["names of prototypes", result("<__proto__><AccessKeyId>x</AccessKeyId></__proto__><constructor>x</constructor>")],
  ["sections of text without an end", result(filled("<![CDATA["))],
];

let settings: CredentialSettings;
let service: ScriptedService | undefined;

beforeEach(() => {
  settings = new CredentialSettings();
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "s");
});
afterEach(async () => {
  await service?.stop();
  settings.remove();
});

async function failureOf(body: string, status = 200): Promise<string> {
  service = await ScriptedService.start(() => ({ status, headers: { "content-type": "text/xml" }, body }));
  const provider = settings.credentials({ roleArn: role, stsEndpoint: service.endpoint });
  const failure: unknown = await provider.provide().then(() => "there was none", (error: unknown) => error);
  provider.close();
  if (!(failure instanceof Error)) return String(failure);
  expect(failure.name).not.toMatch(/^(?:TypeError|RangeError|SyntaxError|ReferenceError|Error)$/u);
  return failure.message;
}

describe.each([200, 403])("a response with status %i", (status) => {
  it.each(responses)("with %s fails within 3 s of CPU and 100 MiB, and the error names the role", async (_, body) => {
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(most);
    await failureOf(result(""), status);
    await service?.stop();
    const [startMs, startBytes] = [cpuMs(), process.memoryUsage().rss];
    const failure = await failureOf(body, status);
    expect(cpuMs() - startMs).toBeLessThan(3000);
    expect(process.memoryUsage().rss - startBytes).toBeLessThan(100 * 1024 * 1024);
    expect(failure).toMatch(/^AssumeRole of arn:aws:iam::123456789012:role\/logs failed: /);
    expect(failure.length).toBeLessThan(70_000);
    expect(failure).not.toMatch(/root:|undefined|\[object/);
  });
});

it("a valid response provides credentials, also after a document type", async () => {
  for (const before of ["", nestedEntities(9)]) expect(await failureOf(result(good, before))).toBe("there was none");
});
