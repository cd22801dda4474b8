// Tests the images of examples/docker without Docker: the plugin can send with the files that their Dockerfiles collect.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stagesOf } from "../support/dockerfile.js";
import { isCoreInProcess, pluginEnvironment } from "../support/environment.js";
import { EXAMPLES, exampleText } from "../support/example_files.js";
import { chunkOf } from "../support/event_chunk.js";
import { buildHost, type HostProgram } from "../support/host_program.js";
import { FLB_OK, PLUGIN, PluginHost, ROOT } from "../support/plugin_host.js";
import { jsonOf, useStreams } from "../support/stream_fixture.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

/** This machine, and the trees (of debootstrap, with libnode) that KINESIS_TEST_DEBIAN_TREES names, separated by colons. */
const trees = ["/", ...(process.env["KINESIS_TEST_DEBIAN_TREES"] ?? "").split(":").filter((tree) => tree !== "")];

const releaseOf = (tree: string): string => {
  const file = path.join(tree, "etc", "os-release");
  return existsSync(file) ? (/^PRETTY_NAME="(.*)"$/m.exec(readFileSync(file, "utf8"))?.[1] ?? "") : "";
};
const canMount = spawnSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs none /mnt"]).status === 0;
const isDebian = (tree: string): boolean => releaseOf(tree).startsWith("Debian");
const candidates = canMount && !isCoreInProcess ? trees.filter(isDebian) : [];

/** Returns the collecting command of the Dockerfile for the tree's release, or for the newest one. */
function collectingCommand(tree: string): string {
  const number = releaseOf(tree).includes("Linux 12") ? "12" : "13";
  const stages = stagesOf(exampleText(`docker/debian${number}.Dockerfile`));
  const runs = stages.flatMap(({ instructions }) => instructions).filter(({ name }) => name === "RUN");
  const command = runs.find(({ text }) => text.includes("collect-libnode.sh"))?.text;
  if (command === undefined) throw new Error("the Dockerfile does not collect libnode");
  return command;
}

/** Makes the host program the only program of an image that is assembled when it starts. */
async function imageHost(tree: string, folder: string): Promise<HostProgram> {
  const script = path.join(ROOT, "test", "support", "image_tree.sh");
  const collect = path.join(EXAMPLES, "docker", "collect-libnode.sh");
  const host = await buildHost();
  const found = pluginEnvironment();
  // This machine's loader may not find the tests' libnode.
  const own = tree === "/" ? { COLLECT_LIBNODE: found["KINESIS_LIBNODE"], COLLECT_LIBRARY_PATH: found["LD_LIBRARY_PATH"] } : {};
  return {
    command: "unshare",
    args: ["--mount", "sh", script, folder, tree, collect, collectingCommand(tree), PLUGIN, host, tmpdir()],
    plugin: "/fluent-bit/kinesis.so",
    environment: (extra) =>
      pluginEnvironment({ ...own, ...extra, KINESIS_LIBNODE: undefined, LD_LIBRARY_PATH: undefined, KINESIS_RUNTIME: "embedded" }),
    pathOf: (file) => file,
  };
}

describe.skipIf(candidates.length === 0)("an image with the collected files", () => {
  const streams = useStreams();
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "image-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(candidates.map((tree) => [releaseOf(tree), tree] as const))("%s: the plugin starts and sends", async (_, tree) => {
    const stream = await streams.newStream();
    const host = await PluginHost.withPlugin({}, undefined, await imageHost(tree, folder));
    try {
      const instance = await host.open(streams.options(stream));
      expect(host.stderr).toMatch(/runs in Fluent Bit's process, from libnode\.so\.\d+/);
      expect(host.stderr).toMatch(/collect-libnode: libuv\.so\.1\n/);
      expect(host.stderr).toMatch(/collect-libnode: libcrypto\.so\.3 is in the image/);
      expect(await host.flush(instance, chunkOf([{ a: 1 }]))).toBe(FLB_OK);
    } finally {
      await host.end();
    }
    expect((await streams.kinesis.readAll(stream)).map(jsonOf)).toEqual([{ a: 1 }]);
  });
});
