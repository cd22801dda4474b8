/** Tests that the bill of materials is a CycloneDX document, lists all bundled packages, and is the same text each time. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Component {
  readonly type: string;
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[];
  readonly purl: string;
}
interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}
interface BillModule {
  readonly hashesOf: (integrity?: string) => readonly { readonly alg: string; readonly content: string }[];
  readonly licencesOf: (expression: string) => readonly unknown[];
  readonly purlOf: (name: string, version: string) => string;
}

const project = fileURLToPath(new URL("../../../", import.meta.url));
const { hashesOf, licencesOf, purlOf } = (await import(`${project}scripts/bill-of-materials.mjs`)) as BillModule;

let folder: string;
function write(name: string, library: string, additions?: readonly unknown[]): string {
  writeFileSync(join(folder, "kinesis.so"), library);
  writeFileSync(join(folder, "additions.json"), JSON.stringify(additions ?? []));
  const bill = join(folder, name);
  execFileSync(process.execPath, ["scripts/sbom.mjs", join(folder, "kinesis.so"), bill, join(folder, "additions.json")], { cwd: project });
  return readFileSync(bill, "utf8");
}

const library = "GCC: (Debian 12.2.0-14) 12.2.0\0";
let text: string;
let bill: Bill;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sbom-"));
  text = write("one", library);
  bill = JSON.parse(text) as Bill;
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the bill of materials", () => {
  it("has what CycloneDX 1.6 requires", () => {
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const component of [bill.metadata.component, ...bill.components]) {
      expect(component).toMatchObject({ type: "library", name: expect.stringMatching(/^[^@/]+$/) as unknown });
      expect(component.purl).toMatch(/^pkg:(npm|generic)\/\S+@\d+\.\d+\.\d+$/);
      // Either a single expression, or only ids.
      expect(component.licenses.length, component.name).toBe(1);
      expect(component.licenses[0]?.license?.id ?? component.licenses[0]?.expression).toMatch(/^[A-Za-z0-9.+ ()-]+$/);
      for (const { alg, content } of component.hashes ?? []) {
        expect(alg).toMatch(/^SHA-(256|512)$/);
        expect(content).toMatch(alg === "SHA-256" ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{128}$/);
      }
    }
  });

  it("has each component once, and a graph of only these that reaches all of them", () => {
    const references = [bill.metadata.component, ...bill.components].map((component) => component["bom-ref"]);
    expect(new Set(references).size).toBe(references.length);
    expect(bill.dependencies.map(({ ref }) => ref).sort()).toEqual([...references].sort());
    const reached = new Set([bill.metadata.component["bom-ref"]]);
    for (const ref of reached) for (const next of bill.dependencies.find((entry) => entry.ref === ref)?.dependsOn ?? []) reached.add(next);
    expect(references.filter((reference) => !reached.has(reference))).toEqual([]);
    for (const { dependsOn = [] } of bill.dependencies) expect(dependsOn.filter((ref) => !references.includes(ref))).toEqual([]);
  });

  it("lists exactly the packages of THIRD-PARTY, and the compiler's libraries with their version", () => {
    const listed = [...readFileSync(`${project}THIRD-PARTY`, "utf8").matchAll(/^(\S+) (\d+\.\d+\.\S+) \(.+\)$/gm)];
    const named = bill.components.filter(({ purl }) => purl.startsWith("pkg:npm/"));
    expect(named.map(({ purl }) => purl).sort()).toEqual(listed.map(([, name = "", version = ""]) => purlOf(name, version)).sort());
    expect(bill.components.map(({ purl }) => purl)).toContain("pkg:generic/libstdc%2B%2B@12.2.0");
  });

  it("has the registry's hash of each npm package's archive", () => {
    for (const { name, purl, hashes } of bill.components) {
      if (purl.startsWith("pkg:npm/")) expect(hashes?.map(({ alg }) => alg), name).toEqual(["SHA-512"]);
    }
  });

  it("is the same text again, but differs, with its serial number, for another library or with additions", () => {
    expect(write("two", library)).toBe(text);
    const numbers = [bill.serialNumber];
    numbers.push((JSON.parse(write("three", `${library}!`)) as Bill).serialNumber);
    const addition = { type: "library", "bom-ref": "pkg:deb/debian/x@1", name: "x", version: "1", purl: "pkg:deb/debian/x@1" };
    const added = JSON.parse(write("four", library, [addition])) as Bill;
    expect(added.components).toContainEqual(addition);
    numbers.push(added.serialNumber);
    expect(new Set(numbers).size).toBe(3);
  });
});

describe("the bill's functions", () => {
  it("escape a scope in a package URL", () => expect(purlOf("@aws-sdk/core", "3.9.1")).toBe("pkg:npm/%40aws-sdk/core@3.9.1"));

  it("return only hashes that CycloneDX knows", () => {
    expect(hashesOf(`sha512-${Buffer.alloc(64, 255).toString("base64")} md5-AAAA`)).toEqual([{ alg: "SHA-512", content: "ff".repeat(64) }]);
    expect(hashesOf()).toEqual([]);
  });

  it("distinguish a licence id from an expression", () => {
    expect(licencesOf("MIT")).toEqual([{ license: { id: "MIT" } }]);
    expect(licencesOf("(MIT OR Apache-2.0)")).toEqual([{ expression: "(MIT OR Apache-2.0)" }]);
  });
});
