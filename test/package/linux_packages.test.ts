/** Tests the Debian and rpm packages: their contents, equal bytes, and that removing them leaves no files. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pluginEnvironment } from "../support/environment.js";
import { chunkOf } from "../support/event_chunk.js";
import { buildPortableHost, PLUGIN, ROOT } from "../support/host_program.js";
import { inOtherRoot, otherRootHost } from "../support/other_root.js";
import { useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 300_000 });

const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
const has = (program: string) => spawnSync("/bin/sh", ["-c", `command -v ${program}`]).status === 0;
const isRoot = process.getuid?.() === 0;
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: "utf8", env: { ...process.env, LC_ALL: "C" }, stdio: ["ignore", "pipe", "pipe"] });
const ours = ["/usr/bin/kinesis-check", "/usr/bin/kinesis-resend", "/usr/bin/kinesis-tail", "/usr/lib/fluent-bit/kinesis.so", "/usr/share/fluent-bit-kinesis/tools/check.mjs", "/usr/share/fluent-bit-kinesis/tools/resend.mjs", "/usr/share/fluent-bit-kinesis/tools/tail.mjs", "/usr/bin/kinesis-watch"];
const papers = ["LICENSE", "THIRD-PARTY", "README.md", "docs/LINUX.md", "examples/plugins.conf"].map((name) => `/usr/share/doc/fluent-bit-kinesis/${name}`);
/** 14 November 2023, 22:13:20. */
const epoch = "1700000000";

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), "linux-packages-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packs with a script; returns the package's path. */
function pack(script: string, into: string, seconds = epoch): string {
  const env = { ...process.env, SOURCE_DATE_EPOCH: seconds };
  return execFileSync(process.execPath, [`scripts/${script}`, PLUGIN, path.join(folder, into)], { cwd: ROOT, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Lists all files below a root, except those that programs write themselves. */
function listing(root: string): string[] {
  const own = /^\/(?:proc|dev|tmp|var\/lib\/(?:dpkg|rpm)|var\/log|var\/cache)(?:\/|$)/u;
  return run("find", root, "-xdev").trim().split("\n").map((file) => file.slice(root.length)).filter((file) => !own.test(file)).sort();
}

describe.skipIf(!has("dpkg-deb") || !existsSync(PLUGIN))("the Debian package", () => {
  let deb: string;
  beforeAll(() => (deb = pack("deb-package.mjs", "first")));

  it("has the library, the tools and the papers, owned by root, readable by all, dated SOURCE_DATE_EPOCH", () => {
    const lines = run("dpkg-deb", "--contents", deb).trim().split("\n");
    const files = lines.map((line) => line.replace(/^.* \.\//u, "/").replace(/ -> .*$/u, ""));
    expect(files).toEqual(expect.arrayContaining([...ours, ...papers, "/usr/share/doc/fluent-bit-kinesis/copyright"]));
    for (const line of lines) expect(line).toMatch(/^(?:drwxr-xr-x|-rw-r--r--|-rwxr-xr-x|lrwxrwxrwx) root\/root +\d+ 2023-11-14 \d\d:13 /u);
    expect(path.basename(deb)).toBe(`fluent-bit-kinesis_${version}_${run("dpkg", "--print-architecture").trim()}.deb`);
  });

  it("depends on a Node.js that the plugin can use, as a library or as a program", () => {
    const source = readFileSync(path.join(ROOT, "docs/NODEJS.md"), "utf8");
    const known = [...(/`libnode\.so\.147`.*/u.exec(source)?.[0] ?? "").matchAll(/`(?:libnode\.so)?\.(\d+)`/gu)].map(([, abi]) => `libnode${abi ?? ""}`);
    const depends = run("dpkg-deb", "--field", deb, "Depends").trim().split(", ");
    expect(known.length).toBeGreaterThan(5);
    expect(depends[1]?.split(" | ").sort()).toEqual([...known, "nodejs (>= 18)"].sort());
  });

  it("has the same bytes again, but not with another SOURCE_DATE_EPOCH", () => {
    expect(readFileSync(pack("deb-package.mjs", "second")).equals(readFileSync(deb))).toBe(true);
    expect(readFileSync(pack("deb-package.mjs", "third", "1700000001")).equals(readFileSync(deb))).toBe(false);
  });

  it("is not made from a file that is not a library, and the message says so", () => {
    const { status, stderr } = spawnSync(process.execPath, ["scripts/deb-package.mjs", path.join(ROOT, "LICENSE"), folder], { cwd: ROOT, encoding: "utf8" });
    expect(stderr).toContain("is not a library for x86-64 or arm64");
    expect(status).toBe(1);
  });

  const bookworm = (process.env["KINESIS_TEST_MATRIX"] ?? "").split(":").find((tree) => path.basename(tree) === "bookworm" && existsSync(tree));
  describe.skipIf(bookworm === undefined || !isRoot)("the Debian package in a Debian 12", () => {
    const inTree = (command: string, ...args: string[]) => {
      const other = inOtherRoot(tree, []);
      const env = pluginEnvironment({ ...other.environment, DEBIAN_FRONTEND: "noninteractive" });
      return spawnSync(other.command, [...other.args, command, ...args], { encoding: "utf8", env });
    };
    let tree: string;
    let before: string[];
    const streams = useStreams(async () => otherRootHost(tree, path.join(tree, "usr/lib/fluent-bit/kinesis.so"), {}, { program: await buildPortableHost() }));
    beforeAll(() => {
      tree = path.join(folder, "bookworm");
      run("cp", "-a", bookworm ?? "", tree);
      before = listing(tree);
      const { status, stderr } = inTree("dpkg", "-i", `/tmp/${path.relative(tmpdir(), deb)}`);
      expect(stderr).toBe("");
      expect(status).toBe(0);
    });

    it("is installed completely", () => {
      const { status, stdout } = inTree("dpkg", "--verify", "fluent-bit-kinesis");
      expect([status, stdout]).toEqual([0, ""]);
      expect(inTree("dpkg-query", "--show", "--showformat=${db:Status-Status}", "fluent-bit-kinesis").stdout).toBe("installed");
      expect(listing(tree)).toEqual(expect.arrayContaining(ours));
    });

    it("has the tools, which run on its Node.js", () => {
      const { status, stdout, stderr } = inTree("kinesis-check", "/usr/share/doc/fluent-bit-kinesis/examples/fluent-bit.conf");
      expect(stderr).toBe("");
      expect(stdout).toBe("1 kinesis output: 0 errors, 0 warnings, 0 hints.\n");
      expect(status).toBe(0);
      expect(inTree("kinesis-tail", "--help").stdout).toContain("\n  kinesis-tail STREAM [options]\n");
    });

    it("sends records by its own libnode", async () => {
      const stream = await streams.newStream();
      const host = await streams.host();
      const instance = await host.open(streams.options(stream));
      expect(await host.flush(instance, chunkOf([{ log: "installed" }]))).toBe(1);
      await host.waitForMessage(/Node\.js v18\S+ runs in Fluent Bit's process, from libnode\.so\.108/u);
      const received = await streams.kinesis.readAll(stream);
      expect(received.map(({ data }) => Buffer.from(data).toString())).toEqual(['{"log":"installed"}']);
    });

    it("leaves no files when it is removed", () => {
      const { status } = inTree("dpkg", "--purge", "fluent-bit-kinesis");
      expect(status).toBe(0);
      expect(listing(tree)).toEqual(before);
    });
  });
});

describe.skipIf(!has("rpmbuild") || !existsSync(PLUGIN))("the rpm package", () => {
  let rpm: string;
  beforeAll(() => (rpm = pack("rpm-package.mjs", "first")));

  it("has the library, the tools and the papers", () => {
    expect(run("rpm", "-qlp", rpm).trim().split("\n")).toEqual(expect.arrayContaining([...ours, ...papers]));
    expect(path.basename(rpm)).toMatch(new RegExp(`^fluent-bit-kinesis-${version.replaceAll(".", "\\.")}-1\\.(?:x86_64|aarch64)\\.rpm$`, "u"));
  });

  it("requires a Node.js and glibc 2.17, and provides nothing to other packages", () => {
    const needs = run("rpm", "-qp", "--requires", rpm).trim().split("\n");
    expect(needs[0]).toBe("(nodejs-libs >= 1:18 or nodejs20-libs or nodejs22-libs or nodejs24-libs or nodejs(engine) >= 18)");
    const versions = needs.flatMap((need) => /^libc\.so\.6\(GLIBC_2\.(\d+)\)/u.exec(need)?.[1] ?? []).map(Number);
    expect(Math.max(...versions)).toBe(17);
    expect(needs.join("\n")).not.toMatch(/env|libstdc\+\+/u);
    expect(run("rpm", "-qp", "--provides", rpm)).not.toContain(".so");
  });

  it("has the same bytes again, and records nothing of the build machine", () => {
    expect(readFileSync(pack("rpm-package.mjs", "second")).equals(readFileSync(rpm))).toBe(true);
    expect(run("rpm", "-qp", "--queryformat", "%{BUILDHOST} %{BUILDTIME}", rpm)).toBe(`localhost ${epoch}`);
  });

  it("can be installed into an empty root, and leaves no files when it is removed", () => {
    const root = path.join(folder, "rpm-root");
    mkdirSync(root);
    const inRoot = (...args: string[]) => run("rpm", "--root", root, "--dbpath", "/var/lib/rpm", ...args);
    inRoot("--install", "--nodeps", rpm);
    expect(listing(root)).toEqual(expect.arrayContaining([...ours, ...papers]));
    expect(readFileSync(path.join(root, "usr/lib/fluent-bit/kinesis.so")).equals(readFileSync(PLUGIN))).toBe(true);
    expect(readlinkSync(path.join(root, "usr/bin/kinesis-check"))).toBe("../share/fluent-bit-kinesis/tools/check.mjs");
    expect(statSync(path.join(root, "usr/share/fluent-bit-kinesis/tools/check.mjs")).mode & 0o777).toBe(0o755);
    expect(inRoot("--verify", "--nodeps", "fluent-bit-kinesis")).toBe("");
    inRoot("--erase", "--nodeps", "fluent-bit-kinesis");
    const folders = new Set(["", "/usr", "/usr/bin", "/usr/lib", "/usr/share", "/usr/share/doc", "/var", "/var/lib"]);
    expect(listing(root).filter((file) => !folders.has(file))).toEqual([]);
  });
});

describe("the sums of packages", () => {
  it("are signed by the named key, and by no other", async () => {
    const script = "../../scripts/sums.mjs";
    const { signSums, writeSums } = (await import(script)) as { writeSums: (folder: string, files: string[]) => string; signSums: (sums: string, key: string) => string };
    const home = path.join(folder, "gpg");
    mkdirSync(home, { mode: 0o700 });
    vi.stubEnv("GNUPGHOME", home);
    try {
      run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "packages@example.com", "ed25519", "sign");
      const place = path.join(folder, "sums");
      mkdirSync(place);
      run("cp", path.join(ROOT, "LICENSE"), path.join(ROOT, "THIRD-PARTY"), place);
      const sums = writeSums(place, [path.join(place, "THIRD-PARTY"), path.join(place, "LICENSE")]);
      expect(execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: place, encoding: "utf8" })).toBe("LICENSE: OK\nTHIRD-PARTY: OK\n");
      const signature = signSums(sums, "packages@example.com");
      expect(readFileSync(signature, "utf8")).toMatch(/^-----BEGIN PGP SIGNATURE-----/u);
      run("gpg", "--batch", "--verify", signature, sums);
      expect(() => signSums(sums, "nobody@example.com")).toThrow(/nobody@example\.com/u);
      writeSums(place, [path.join(place, "LICENSE")]);
      expect(readdirSync(place), "a signature of other sums goes away").toEqual(["LICENSE", "SHA256SUMS", "THIRD-PARTY"]);
    } finally {
      spawnSync("gpgconf", ["--kill", "all"]);
      vi.unstubAllEnvs();
    }
  });
});

describe.skipIf(!existsSync(PLUGIN))("all packages", () => {
  it("are made if the machine has the tools for them; the others are reported with the missing tool", () => {
    // Only the tools for the Linux archive and the npm package.
    const tools = path.join(folder, "tools");
    mkdirSync(tools);
    for (const name of ["node", "npm", "tar", "gzip", "sh", "git"]) run("ln", "-s", run("sh", "-c", `readlink -f $(command -v ${name})`).trim(), path.join(tools, name));
    const target = path.join(folder, "all");
    const { status, stdout } = spawnSync(process.execPath, ["scripts/packages.mjs", target], { cwd: ROOT, encoding: "utf8", env: { PATH: tools, HOME: folder, SOURCE_DATE_EPOCH: epoch } });
    expect(stdout).toMatch(/^made: .*\.tar\.gz$/mu);
    expect(stdout).toMatch(/^made: .*\.tgz$/mu);
    expect(stdout).toMatch(/^left out: Debian package \(dpkg-deb is missing; install it with 'apt-get install dpkg'/mu);
    expect(stdout).toMatch(/^left out: rpm package \(rpmbuild is missing; install it with 'apt-get install rpm'/mu);
    if (!existsSync(path.join(ROOT, "bin/kinesis.dll"))) expect(stdout).toMatch(/^left out: archive for Windows \(x86_64-w64-mingw32-g\+\+-posix is missing/mu);
    expect(stdout).toMatch(/^not signed: SIGN_KEY names no key$/mu);
    const listed = readFileSync(path.join(target, "SHA256SUMS"), "utf8").trim().split("\n").map((line) => line.slice(66));
    expect([...listed, "SHA256SUMS"].sort()).toEqual(readdirSync(target).sort());
    expect(status).toBe(0);
  });
});
