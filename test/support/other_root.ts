// The host program under another root: a folder that holds another Linux, of which it sees the files and nothing else.
import { tmpdir } from "node:os";
import path from "node:path";
import { type Environment, pluginEnvironment } from "./environment.js";
import { buildHost, type HostProgram } from "./host_program.js";

// In a mount namespace of its own, so that nothing stays mounted, however it ends; `exec` all the way, so that signals
// reach the host itself. $1 is the root, $2 the program, and behind that are pairs of folders: outside, inside.
const enter = `set -e
root=$1 program=$2; shift 2
mkdir -p "$root/proc"; mount -t proc proc "$root/proc"
while [ $# -gt 0 ]; do mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2; done
exec chroot "$root" "$program"`;

const temporary = tmpdir();
const PLUGIN_FOLDER = "/opt/kinesis";

/**
 * The host program of this machine, whose glibc must be no newer than the other root's, with that root's libraries.
 * Only root can start it.
 * @param root folder of the other Linux
 * @param plugin path of a kinesis.so on this machine; its folder is seen too
 * @param environment what the other Linux has, on top of what every host gets
 */
export async function otherRootHost(root: string, plugin: string, environment: Environment = {}): Promise<HostProgram> {
  const host = await buildHost();
  const folders = [
    [path.dirname(plugin), PLUGIN_FOLDER],
    [path.dirname(host), "/opt/host"],
    [temporary, "/tmp"],
  ] as const;
  const inside = (file: string): string => {
    for (const [outer, inner] of folders) if (file.startsWith(`${outer}/`)) return inner + file.slice(outer.length);
    throw new Error(`${file} cannot be seen under ${root}`);
  };
  return {
    command: "/usr/bin/unshare",
    args: ["--mount", "sh", "-c", enter, "sh", root, inside(host), ...folders.flat()],
    plugin,
    environment: (extra) =>
      pluginEnvironment({
        PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
        HOME: "/",
        TMPDIR: undefined,
        KINESIS_RUNTIME: undefined,
        KINESIS_NODE: undefined,
        KINESIS_LIBNODE: undefined,
        LD_LIBRARY_PATH: undefined,
        ...environment,
        ...extra,
      }),
    pathOf: inside,
  };
}
